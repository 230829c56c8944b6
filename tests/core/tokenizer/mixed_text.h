// SPDX-License-Identifier: Apache-2.0
// What can a text hold? Pieces of everything a tokenizer meets, mixed at random, the same for the
// same arguments on every system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace greylag::testing_data {

enum class MixedBytes {
  Utf8,  // whole characters only
  Any,   // also every byte at random, and UTF-8 that is broken or cut
};

// size_bytes long (of Utf8: up to 4 bytes shorter): prose (cut from `prose`, or built-in sentences
// when it is empty), Cyrillic, Greek, Han, kana, Hangul, Arabic, Hebrew, Devanagari and Thai
// sentences, random characters of these and other blocks, emoji joined by ZWJ, letters with
// combining marks, program code, numbers, long runs of spaces and of line ends. prose is ASCII.
std::string mixed_text(size_t size_bytes, MixedBytes bytes, uint64_t seed, std::string_view prose);

}  // namespace greylag::testing_data
