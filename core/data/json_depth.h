// SPDX-License-Identifier: Apache-2.0
// How deep is a line of JSON nested? Counted without a parser, so that nothing can be made to
// recurse.
#pragma once

#include <algorithm>
#include <string_view>

namespace greylag {

inline constexpr int kDeepestRow = 32;

// Deepest nesting of { and [ outside strings.
inline int nesting_depth(std::string_view text) {
  int depth = 0, deepest = 0;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string && c == '\\') {
      ++i;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (!is_in_string && (c == '{' || c == '[')) {
      deepest = std::max(deepest, ++depth);
    } else if (!is_in_string && (c == '}' || c == ']')) {
      --depth;
    }
  }
  return deepest;
}

}  // namespace greylag
