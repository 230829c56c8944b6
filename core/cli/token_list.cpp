// SPDX-License-Identifier: Apache-2.0
// Strict: no sign but minus, no hexadecimal, no empty place.
#include "core/cli/token_list.h"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace greylag {

std::optional<std::vector<int64_t>> parse_token_list(std::string_view text) {
  std::vector<int64_t> tokens;
  while (true) {
    const size_t comma = text.find(',');
    std::string_view word = text.substr(0, comma);
    while (!word.empty() && word.front() == ' ') word.remove_prefix(1);
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    int64_t token = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), token);
    if (word.empty() || problem == std::errc::invalid_argument ||
        end != word.data() + word.size()) {
      return std::nullopt;
    }
    if (problem == std::errc::result_out_of_range) token = std::numeric_limits<int64_t>::max();
    tokens.push_back(token);
    if (comma == std::string_view::npos) return tokens;
    text.remove_prefix(comma + 1);
  }
}

Result<std::vector<int32_t>> tokens_below(std::string_view text, int64_t limit,
                                          std::string_view owner) {
  const std::optional<std::vector<int64_t>> ids = parse_token_list(text);
  if (!ids) return Error{ErrorCode::InvalidArgument, check_token_list(std::string(text))};
  std::vector<int32_t> tokens;
  for (const int64_t id : *ids) {
    if (id < 0 || id >= limit) {
      return Error{ErrorCode::InvalidArgument,
                   fmt::format("token {} is out of range: {} knows 0 to {}", id, owner, limit - 1)};
    }
    tokens.push_back(static_cast<int32_t>(id));
  }
  return tokens;
}

std::string check_token_list(const std::string& text) {
  return parse_token_list(text) ? "" : "expected token ids separated by commas, as in 34,105,110";
}

}  // namespace greylag
