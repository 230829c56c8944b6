// SPDX-License-Identifier: Apache-2.0
// How does World text become tokens? 65529 byte strings, the longest match from the left. The
// vocabulary file has one line per token: id, space, Python literal ('…', "…" or b'…'), space,
// length in bytes. Facts: inference 4.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {

inline constexpr int32_t kWorldTokens = 65529;  // ids 1..65529

// The byte strings of ids 1, 2, … in order. BadFile names the line and the rule it breaks.
Result<std::vector<std::string>> parse_world_vocabulary(std::string_view text);

// tokens as parse_world_vocabulary gives them.
std::shared_ptr<const Tokenizer> make_world_tokenizer(std::vector<std::string> tokens);

}  // namespace greylag
