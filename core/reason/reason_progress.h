// SPDX-License-Identifier: Apache-2.0
// What does a person see while a reasoner trains? In a terminal one line that is rewritten; in a
// log file a line every ten seconds; a line for each evaluation and save. All on stderr.
#pragma once

#include <chrono>
#include <string>

#include "core/reason/puzzle_trainer.h"

namespace greylag::reason {

class ReasonProgress {
 public:
  ReasonProgress();
  void show(const TrainingReport& report);
  // Ends the rewritten line.
  void finish();

 private:
  bool is_terminal_;
  bool is_open_ = false;
  std::chrono::steady_clock::time_point last_{};
};

// Several lines: accuracy by segments, halting, calibration, speed.
std::string evaluation_text(const Evaluation& evaluation);

}  // namespace greylag::reason
