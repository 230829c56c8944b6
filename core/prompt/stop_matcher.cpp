// SPDX-License-Identifier: Apache-2.0
// The stop that is complete first wins (of two that end at one place, the longer), so that the
// answer does not depend on how the text was cut into tokens.
#include "core/prompt/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace greylag {
namespace {

// How many of the last bytes of `text` may still become `stop`.
size_t open_length(std::string_view text, std::string_view stop) {
  for (size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length) {
    if (stop.starts_with(text.substr(text.size() - length))) return length;
  }
  return 0;
}

}  // namespace

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase(stops_, std::string());
}

std::string StopMatcher::push(std::string_view text) {
  if (is_stopped_) return {};
  held_.append(text);
  size_t best_end = std::string::npos, best_start = std::string::npos;
  for (const std::string& stop : stops_) {
    const size_t start = held_.find(stop);
    if (start == std::string::npos) continue;
    is_stopped_ = true;
    const size_t end = start + stop.size();
    if (end < best_end || (end == best_end && start < best_start)) {
      best_end = end;
      best_start = start;
    }
  }
  if (is_stopped_) return std::exchange(held_, {}).substr(0, best_start);
  size_t open = 0;
  for (const std::string& stop : stops_) open = std::max(open, open_length(held_, stop));
  std::string shown = held_.substr(0, held_.size() - open);
  held_.erase(0, held_.size() - open);
  return shown;
}

std::string StopMatcher::finish() { return std::exchange(held_, {}); }

}  // namespace greylag
