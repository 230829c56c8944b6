// SPDX-License-Identifier: Apache-2.0
#include "core/cli/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace greylag {
namespace {

constexpr std::chrono::milliseconds kOnTerminal{200};
constexpr std::chrono::seconds kInLog{5};
constexpr double kSecondsForSpeed = 0.5;  // before that, a speed says nothing

std::string describe_seconds(double seconds) {
  const auto whole = static_cast<int64_t>(std::max(seconds, 0.0) + 0.5);
  if (whole < 120) return fmt::format("{} s", whole);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

}  // namespace

std::string describe_progress(const WorkDone& work) {
  const uint64_t total = std::max<uint64_t>(work.total_bytes, 1);
  const bool is_large = total >= 1'000'000'000;
  const double unit = is_large ? 1e9 : 1e6;
  std::string line = fmt::format("{} %  {:.1f} of {:.1f} {}", work.done_bytes * 100 / total,
                                 static_cast<double>(work.done_bytes) / unit,
                                 static_cast<double>(total) / unit, is_large ? "GB" : "MB");
  const uint64_t now = work.done_bytes - std::min(work.kept_bytes, work.done_bytes);
  if (work.seconds < kSecondsForSpeed || now == 0) return line;
  const double speed = static_cast<double>(now) / work.seconds;
  const uint64_t left = total - std::min(total, work.done_bytes);
  return line + fmt::format("  {:.0f} MB/s  {} left", speed / 1e6,
                            describe_seconds(static_cast<double>(left) / speed));
}

void ProgressLine::show(const WorkDone& work) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ <
      (is_terminal_ ? std::chrono::nanoseconds(kOnTerminal) : std::chrono::nanoseconds(kInLog))) {
    return;
  }
  last_ = now;
  if (is_terminal_) {
    out_ << "\r\x1b[K" << describe_progress(work) << std::flush;
    is_shown_ = true;
  } else {
    out_ << describe_progress(work) << std::endl;
  }
}

void ProgressLine::clear() {
  if (is_shown_) out_ << "\r\x1b[K" << std::flush;
  is_shown_ = false;
}

}  // namespace greylag
