// SPDX-License-Identifier: Apache-2.0
// What is the next character of these bytes, and is it one at all? UTF-8 as in Unicode 15, table
// 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace greylag {

enum class Utf8State {
  Whole,   // a character
  Cut,     // the text ends inside what may still become a character
  Broken,  // bytes that can never become one
};

struct Utf8Unit {
  Utf8State state = Utf8State::Broken;
  size_t length = 1;  // bytes; of Broken: as many as one U+FFFD stands for
  char32_t code = 0;  // of Whole
};

// The first unit of a text that is not empty.
Utf8Unit next_utf8(std::string_view text);

// Offset of the first byte that is not part of a whole character; npos when all is well.
size_t find_bad_utf8(std::string_view text);

// Text of a file as a message shows it: in quotes, at most 40 bytes, '?' for control characters.
std::string in_quotes(std::string_view text);

// code: a Unicode scalar value.
void append_utf8(std::string& text, char32_t code);

}  // namespace greylag
