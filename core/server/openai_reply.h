// SPDX-License-Identifier: Apache-2.0
// How do answers look on /v1? Struct -> JSON text of OpenAI's shapes: chat.completion(.chunk),
// text_completion, model list. The rules that break clients when missed: facts inference 5.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace greylag {

// What stays the same in all chunks of one answer.
struct ReplyHead {
  bool is_chat = true;
  std::string id;  // "chatcmpl-…", "cmpl-…"
  int64_t created = 0;
  std::string model;
};

struct Usage {
  int64_t prompt_tokens = 0, completion_tokens = 0;
  double prefill_seconds = 0, decode_seconds = 0;  // of the slowest choice; become "timings"
  double roof_share = 0;                           // as in RequestStatus; 0 = not in "timings"
};

struct TokenLogProbability {
  std::string bytes;  // of the token; may be no whole UTF-8
  double log_probability = 0;
};
struct TokenChoice {
  TokenLogProbability drawn;
  std::vector<TokenLogProbability> top;
};

struct ReplyChoice {
  int64_t index = 0;
  std::string text;
  std::string finish_reason;  // empty = null
  bool has_log_probabilities = false;
  std::vector<TokenChoice> tokens;  // when has_log_probabilities
};

std::string full_reply(const ReplyHead& head, const std::vector<ReplyChoice>& choices,
                       const Usage& usage);
// The first chunk of a chat choice: role, empty content.
std::string role_chunk(const ReplyHead& head, int64_t index, bool includes_usage);
// A piece of text, or the end (finish_reason set). includes_usage adds "usage": null.
std::string text_chunk(const ReplyHead& head, const ReplyChoice& choice, bool includes_usage);
// choices [] and usage.
std::string usage_chunk(const ReplyHead& head, const Usage& usage);

struct ModelObject {
  std::string id;
  int64_t created = 0;
};
std::string model_object(const ModelObject& model);
std::string model_list(const std::vector<ModelObject>& models);

}  // namespace greylag
