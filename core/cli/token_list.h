// SPDX-License-Identifier: Apache-2.0
// --tokens 34,105,110: a CLI11 validator (garbage is usage) and the parser.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace greylag {

// Decimal integers separated by commas; at least one. nullopt when it is anything else. Numbers
// beyond int64 are clamped: they are out of range of every vocabulary.
std::optional<std::vector<int64_t>> parse_token_list(std::string_view text);

// The ids of a list that check_token_list accepts. InvalidArgument when one is not in [0, limit);
// `owner` (a model or a vocabulary) is named in the message.
Result<std::vector<int32_t>> tokens_below(std::string_view text, int64_t limit,
                                          std::string_view owner);

// CLI11 check: empty when fine, else what is wrong.
std::string check_token_list(const std::string& text);

}  // namespace greylag
