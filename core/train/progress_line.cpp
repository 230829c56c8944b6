// SPDX-License-Identifier: Apache-2.0
#include "core/train/progress_line.h"

#include <fmt/format.h>

#include <cstdio>

#include "core/base/platform.h"
#include "core/train/say.h"

namespace greylag::train {

namespace {

constexpr int kStderr = 2;
constexpr std::chrono::seconds kLogInterval{10};

std::string line_of(const StepReport& report) {
  std::string line =
      fmt::format("step {}/{}  loss {:.4f}", report.metric.step, report.steps, report.metric.loss);
  if (report.metric.has_val_loss) line += fmt::format("  val {:.4f}", report.metric.val_loss);
  line += fmt::format("  {:.0f} tok/s", report.timing.tokens_per_second);
  if (report.event == "step") {
    line += "  " + duration_text(report.timing.seconds_left) + " left";
  } else {
    line += "  " + report.event;
  }
  return line;
}

}  // namespace

std::string duration_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole / 60 % 60);
}

ProgressLine::ProgressLine() : is_terminal_(platform::is_terminal(kStderr)) {}

void ProgressLine::show(const StepReport& report) {
  const auto now = std::chrono::steady_clock::now();
  const bool is_step = report.event == "step";
  if (is_terminal_) {
    say(fmt::format("\r\x1b[K{}", line_of(report)));
    is_open_ = true;
    if (!is_step || report.metric.has_val_loss) finish();
    return;
  }
  if (is_step && !report.metric.has_val_loss && now - last_ < kLogInterval) return;
  last_ = now;
  say(fmt::format("{}\n", line_of(report)));
}

void ProgressLine::finish() {
  if (is_open_) say("\n");
  is_open_ = false;
}

}  // namespace greylag::train
