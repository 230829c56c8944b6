// SPDX-License-Identifier: Apache-2.0
// Where does an answer end? Stop strings are matched on text, across token borders; text that may
// still become a stop is held back. One generation each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace greylag {

class StopMatcher {
 public:
  explicit StopMatcher(std::vector<std::string> stops);  // empty strings are ignored
  // Adds text; returns what can safely be shown. After is_stopped() nothing more comes out; the
  // stop string itself is never shown.
  std::string push(std::string_view text);
  // What was held back when the generation ends without a stop.
  std::string finish();
  bool is_stopped() const { return is_stopped_; }

 private:
  std::vector<std::string> stops_;
  std::string held_;
  bool is_stopped_ = false;
};

}  // namespace greylag
