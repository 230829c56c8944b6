// SPDX-License-Identifier: Apache-2.0
// A small tokenizer.json of the GPT-NeoX kind, for tests that change it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/tokenizer/utf8.h"

namespace greylag::testing_data {

// The letters of GPT-2's byte alphabet are these code points, in the order of their ids.
inline std::vector<std::string> neox_letters() {
  std::vector<std::string> letters;
  const auto add = [&](char32_t first, char32_t last) {
    for (char32_t code = first; code <= last; ++code) append_utf8(letters.emplace_back(), code);
  };
  add(33, 126);
  add(161, 172);
  add(174, 255);
  add(256, 323);
  return letters;
}

// Ids: 0 <|endoftext|>, 1..256 the letters, 257 "th", 258 "the", 259 " the", 260 four spaces,
// 261 two spaces.
inline nlohmann::json small_neox_json() {
  nlohmann::json vocabulary{{"<|endoftext|>", 0}, {"th", 257}, {"the", 258}, {"\u0120the", 259}};
  int32_t id = 1;
  for (const std::string& letter : neox_letters()) vocabulary[letter] = id++;
  nlohmann::json added = nlohmann::json::array();
  added.push_back({{"id", 0}, {"content", "<|endoftext|>"}, {"special", true}});
  added.push_back({{"id", 260}, {"content", "    "}, {"special", false}});
  added.push_back({{"id", 261}, {"content", "  "}, {"special", false}});
  return {{"version", "1.0"},
          {"added_tokens", added},
          {"normalizer", {{"type", "NFC"}}},
          {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}}},
          {"model",
           {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", {"t h", "th e", "\u0120 the"}}}}};
}

}  // namespace greylag::testing_data
