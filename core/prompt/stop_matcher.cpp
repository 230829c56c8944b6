// SPDX-License-Identifier: Apache-2.0
// The stop that is complete first wins (of two that end at one place, the longer), so that the
// answer does not depend on how the text was cut into tokens. Knuth, Morris and Pratt's automaton
// for each stop: clients send dozens of them, and one like "aaa…b" must not slow the device thread.
#include "core/prompt/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace greylag {

StopMatcher::StopMatcher(const std::vector<std::string>& stops) {
  for (const std::string& text : stops) {
    if (text.empty()) continue;
    Stop stop{text, {0}, 0};
    for (size_t i = 1; i < text.size(); ++i) {
      advance(stop, text[i]);
      stop.border.push_back(stop.matched);
    }
    stop.matched = 0;
    stops_.push_back(std::move(stop));
  }
}

// Never called with a stop that is matched whole.
void StopMatcher::advance(Stop& stop, char c) {
  while (stop.matched > 0 && stop.text[stop.matched] != c) {
    stop.matched = stop.border[stop.matched - 1];
  }
  if (stop.text[stop.matched] == c) ++stop.matched;
}

std::string StopMatcher::push(std::string_view text) {
  if (is_stopped_ || text.empty()) return {};
  size_t open = 0;  // so many of the last bytes may still become a stop
  for (const char c : text) {
    held_ += c;
    open = 0;
    size_t complete = 0;  // length of the longest stop that ends here
    for (Stop& stop : stops_) {
      advance(stop, c);
      open = std::max<size_t>(open, stop.matched);
      if (stop.matched == stop.text.size()) complete = std::max(complete, stop.text.size());
    }
    if (complete == 0) continue;
    is_stopped_ = true;
    held_.resize(held_.size() - complete);
    return std::exchange(held_, {});
  }
  std::string shown = held_.substr(0, held_.size() - open);
  held_.erase(0, held_.size() - open);
  return shown;
}

std::string StopMatcher::finish() { return std::exchange(held_, {}); }

}  // namespace greylag
