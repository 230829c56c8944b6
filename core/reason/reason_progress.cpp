// SPDX-License-Identifier: Apache-2.0
#include "core/reason/reason_progress.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/base/platform.h"
#include "core/train/progress_line.h"
#include "core/train/say.h"

namespace greylag::reason {

namespace {

constexpr int kStderr = 2;
constexpr std::chrono::seconds kLogInterval{10};

std::string line_of(const TrainingReport& r) {
  std::string line = fmt::format("step {}/{}", r.step, r.steps);
  if (r.last.loss > 0) line += fmt::format("  loss {:.4f}", r.last.loss);
  line += fmt::format("  solved {:.1f} %  {:.0f} puzzles/s", 100 * r.recent_accuracy,
                      r.puzzles_per_second);
  if (r.event == "saved") return line + "  saved";
  return line + "  " + train::duration_text(r.seconds_left) + " left";
}

}  // namespace

ReasonProgress::ReasonProgress() : is_terminal_(platform::is_terminal(kStderr)) {}

void ReasonProgress::show(const TrainingReport& report) {
  if (report.evaluation != nullptr) {
    finish();
    train::say(fmt::format("step {}: {}", report.step, evaluation_text(*report.evaluation)));
    return;
  }
  const bool is_step = report.event == "step";
  if (is_terminal_) {
    train::say(fmt::format("\r\x1b[K{}", line_of(report)));
    is_open_ = true;
    if (!is_step) finish();
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (is_step && now - last_ < kLogInterval) return;
  last_ = now;
  train::say(fmt::format("{}\n", line_of(report)));
}

void ReasonProgress::finish() {
  if (is_open_) train::say("\n");
  is_open_ = false;
}

std::string evaluation_text(const Evaluation& e) {
  std::string text = fmt::format("{} puzzles\n  segments   solved    cells\n", e.puzzles);
  for (const EvaluationRow& row : e.rows) {
    text += fmt::format("  {:8}  {:6.2f} %  {:6.2f} %\n", row.segments, 100 * row.exact,
                        100 * row.cells);
  }
  text += fmt::format(
      "  halts after {:.2f} segments ({:.1f} % do); sure of {:.1f} %, of which "
      "{:.2f} % are right; {:.1f} puzzles/s\n",
      e.mean_halt, 100 * e.halted_share, 100 * e.confident_share, 100 * e.confident_right,
      e.puzzles_per_second);
  return text;
}

}  // namespace greylag::reason
