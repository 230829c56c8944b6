// SPDX-License-Identifier: Apache-2.0
// The letters of keys, column names and file endings: ASCII alone, whatever the locale.
#pragma once

#include <string>
#include <string_view>

namespace greylag {

inline std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace greylag
