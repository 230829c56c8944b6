// SPDX-License-Identifier: Apache-2.0
// How deep is a line of JSON nested? Counted without a parser, so that nothing can be made to
// recurse.
#pragma once

#include <algorithm>
#include <string_view>

namespace greylag {

inline constexpr int kDeepestRow = 32;

// The brackets of a text, outside its strings.
struct Brackets {
  int deepest = 0;
  int open = 0;                         // at the end
  size_t end = std::string_view::npos;  // behind the value that the text begins with
};

inline Brackets count_brackets(std::string_view text) {
  Brackets brackets;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string && c == '\\') {
      ++i;
      continue;
    }
    if (c == '"') is_in_string = !is_in_string;
    if (!is_in_string && (c == '{' || c == '[')) {
      brackets.deepest = std::max(brackets.deepest, ++brackets.open);
    }
    if (!is_in_string && (c == '}' || c == ']')) --brackets.open;
    const bool is_closed =
        !is_in_string && brackets.open <= 0 && (c == '"' || c == '}' || c == ']');
    if (is_closed && brackets.end == std::string_view::npos) brackets.end = i + 1;
  }
  return brackets;
}

// Deepest nesting of { and [.
inline int nesting_depth(std::string_view text) { return count_brackets(text).deepest; }

}  // namespace greylag
