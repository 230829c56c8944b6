// SPDX-License-Identifier: Apache-2.0
// What does a person see while a run works? In a terminal one line that is rewritten; in a log file
// a line every ten seconds and at every validation and save. All on stderr.
#pragma once

#include <chrono>
#include <string>

#include "core/train/trainer.h"

namespace greylag::train {

// "12 s", "3 min 05 s", "2 h 10 min".
std::string duration_text(double seconds);

class ProgressLine {
 public:
  ProgressLine();
  void show(const StepReport& report);
  // Ends the rewritten line.
  void finish();

 private:
  bool is_terminal_;
  bool is_open_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace greylag::train
