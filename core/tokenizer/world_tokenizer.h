// SPDX-License-Identifier: Apache-2.0
// How does World text become tokens? 65529 byte strings, the longest match from the left. The
// vocabulary file has one line per token: id, space, Python literal ('…', "…" or b'…'), space,
// length in bytes. Facts: inference 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {

inline constexpr int32_t kWorldTokens = 65529;  // ids 1..65529
inline constexpr size_t kWorldRows = 65536;     // of a World model
inline constexpr size_t kLongestWorldToken = 128;

// The byte strings of ids 1, 2, … in order. Lines may end in CR LF; a byte order mark is refused.
// BadFile names the line and the rule it breaks.
Result<std::vector<std::string>> parse_world_vocabulary(std::string_view text);

// The rules that any World vocabulary keeps, whatever it was read from: 65529 tokens of 1 to 128
// bytes, all different, ids 1 to 256 the bytes 0 to 255. BadFile names the token as "UNIT id",
// where unit is "line" or "id".
Status check_world_tokens(std::span<const std::string> tokens, std::string_view unit);

// tokens as check_world_tokens accepts them.
std::shared_ptr<const Tokenizer> make_world_tokenizer(std::vector<std::string> tokens);

}  // namespace greylag
