// SPDX-License-Identifier: Apache-2.0
// Where does an answer end? Stop strings are matched on text, across token borders; text that may
// still become a stop is held back. One generation each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace greylag {

class StopMatcher {
 public:
  explicit StopMatcher(const std::vector<std::string>& stops);  // empty strings are ignored
  // Adds text; returns what can safely be shown. After is_stopped() nothing more comes out; the
  // stop string itself is never shown. Time: bytes of text x number of stops, whatever they say.
  std::string push(std::string_view text);
  // What was held back when the generation ends without a stop.
  std::string finish();
  bool is_stopped() const { return is_stopped_; }

 private:
  struct Stop {
    std::string text;
    std::vector<uint32_t> border;  // [bytes] of text[0..i]: its longest proper suffix that is also
                                   // its prefix
    uint32_t matched = 0;          // so many of the last bytes seen are the beginning of text
  };

  static void advance(Stop& stop, char c);

  std::vector<Stop> stops_;
  std::string held_;
  bool is_stopped_ = false;
};

}  // namespace greylag
