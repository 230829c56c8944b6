// SPDX-License-Identifier: Apache-2.0
// What does a client of /v1/chat/completions or /v1/completions ask for? Bytes -> struct, every
// bound kept, nothing else. The rules, field by field: docs/openai-api.md. In short: null is
// absent, numbers beyond a range are clamped where that is safe, unknown fields are ignored, and
// what Greylag cannot do is refused by name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.h"
#include "core/prompt/chat_prompt.h"

namespace greylag {

inline constexpr int64_t kMaxTokens = 32'768;
inline constexpr size_t kMaxPrompts = 64;
inline constexpr int64_t kMaxChoices = 8;
inline constexpr int64_t kMaxBestOf = 20;

struct CompletionRequest {
  bool is_chat = true;
  std::string model, adapter, state, hrm;  // ids; empty = the default, none, none, none
  std::vector<ChatMessage> messages;       // chat
  std::vector<std::variant<std::string, std::vector<int32_t>>> prompts;  // legacy
  bool is_stream = false;
  bool includes_usage = false;
  bool echoes_prompt = false;         // legacy
  std::string suffix;                 // legacy: the text after the gap to fill
  int64_t choices = 1;                // n
  int64_t best_of = 1;                // legacy: so many are made, the best n given; >= choices
  std::optional<int64_t> max_tokens;  // 0..kMaxTokens
  std::vector<std::string> stops;     // none is empty
  std::vector<int32_t> stop_tokens;
  std::optional<uint64_t> seed;  // empty = a random one
  std::optional<double> temperature, top_p, min_p;
  std::optional<int64_t> top_k;  // 0 = off
  std::optional<double> presence_penalty, frequency_penalty, penalty_decay;
  // Of a reasoning core, where one is named or configured.
  std::optional<double> hrm_strength;           // 0 = off
  std::optional<int64_t> hrm_effort;            // H-cycles
  std::optional<std::string> reasoning_effort;  // none to xhigh; other words: as if absent
  std::map<int32_t, double> logit_bias;
  int top_log_probabilities = -1;  // -1: none asked for
};

// InvalidArgument with the field at fault in *param.
Result<CompletionRequest> parse_chat_request(std::string_view body, std::string* param);
Result<CompletionRequest> parse_completion_request(std::string_view body, std::string* param);

}  // namespace greylag
