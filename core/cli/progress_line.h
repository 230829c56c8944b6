// SPDX-License-Identifier: Apache-2.0
// How does a command show how far a long piece of work on a file is? On a terminal one line that
// changes; elsewhere (a log) a line every few seconds, none for short work.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace greylag {

struct WorkDone {
  uint64_t done_bytes = 0, total_bytes = 0;
  uint64_t kept_bytes = 0;  // of done_bytes, that were there before; not counted in the speed
  double seconds = 0;
};

// "42 %  1.3 of 3.1 GB  250 MB/s  7 s left"; without speed and time while they are unknown.
std::string describe_progress(const WorkDone& work);

// Writes to `out`, which outlives it. One thread.
class ProgressLine {
 public:
  ProgressLine(std::ostream& out, bool is_terminal) : out_(out), is_terminal_(is_terminal) {}
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }
  // May be called at any rate.
  void show(const WorkDone& work);
  // Takes the changing line away, so that another text can stand there.
  void clear();

 private:
  std::ostream& out_;
  bool is_terminal_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace greylag
