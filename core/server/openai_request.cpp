// SPDX-License-Identifier: Apache-2.0
#include "core/server/openai_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/server/chat_messages.h"
#include "core/server/json_input.h"
#include "core/server/unsupported_fields.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr size_t kStops = 64;
constexpr size_t kStopBytes = 1'024;
constexpr size_t kBiases = 1'024;
constexpr size_t kNameBytes = 512;
constexpr size_t kSuffixBytes = size_t{1} << 20;
constexpr int64_t kMaxTokenId = INT32_MAX;
constexpr int64_t kMaxTopTokens = 20;  // top_logprobs, as OpenAI
constexpr double kMaxTemperature = 5;  // top-p is cut before it: hotter is hardly different

void read_stops(FieldReader& fields, CompletionRequest& request) {
  const json* stop = fields.find("stop");
  if (stop == nullptr) return;
  const std::string rule = fmt::format(
      "stop must be a string or at most {} strings of at most {} bytes", kStops, kStopBytes);
  const auto add = [&](const json& item) {
    if (item.is_null() || item == "") return;
    if (!item.is_string() || item.get_ref<const std::string&>().size() > kStopBytes ||
        request.stops.size() == kStops) {
      return fields.refuse("stop", rule);
    }
    request.stops.push_back(item.get<std::string>());
  };
  if (!stop->is_array()) return add(*stop);
  for (const json& item : *stop) add(item);
}

void read_stop_tokens(FieldReader& fields, CompletionRequest& request) {
  const json* list = fields.find("stop_token_ids");
  if (list == nullptr) return;
  const std::string rule =
      fmt::format("stop_token_ids must be a list of at most {} token ids", kStops);
  if (!list->is_array() || list->size() > kStops) return fields.refuse("stop_token_ids", rule);
  for (const json& item : *list) {
    const auto token = whole_number(item);
    if (!token) return fields.refuse("stop_token_ids", rule);
    if (*token < 0 || *token > kMaxTokenId) continue;  // never drawn
    request.stop_tokens.push_back(static_cast<int32_t>(*token));
  }
}

// A number, also one in quotation marks: keys of JSON objects are strings, and some clients write
// the values so too.
std::optional<double> number_in(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole_text = failed == std::errc() && end == text.data() + text.size();
  return is_whole_text && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

// {"id": bias} as OpenAI has it, or [[id, bias]] as llama.cpp has it too; false bans the token.
void read_logit_bias(FieldReader& fields, CompletionRequest& request) {
  const json* biases = fields.find("logit_bias");
  if (biases == nullptr) return;
  const std::string rule =
      fmt::format("logit_bias must map at most {} token ids to numbers", kBiases);
  if (!(biases->is_object() || biases->is_array()) || biases->size() > kBiases) {
    return fields.refuse("logit_bias", rule);
  }
  const auto add = [&](const json& key, const json& value) {
    const auto token = number_in(key);
    const auto bias = value == false ? std::optional(-100.0) : number_in(value);
    if (!token || *token != std::floor(*token) || !bias) return fields.refuse("logit_bias", rule);
    if (*token < 0 || *token > static_cast<double>(kMaxTokenId)) return;  // never drawn
    request.logit_bias[static_cast<int32_t>(*token)] = std::clamp(*bias, -100.0, 100.0);
  };
  if (biases->is_object()) {
    for (const auto& [key, value] : biases->items()) add(key, value);
    return;
  }
  for (const json& pair : *biases) {
    if (!pair.is_array() || pair.size() != 2) return fields.refuse("logit_bias", rule);
    add(pair[0], pair[1]);
  }
}

// Any whole number is a seed but -1, which asks llama.cpp and vLLM for a random one.
void read_seed(FieldReader& fields, CompletionRequest& request) {
  const json* seed = fields.find("seed");
  if (seed == nullptr) return;
  const auto number = whole_number(*seed);
  if (!number) return fields.refuse("seed", "seed must be a whole number");
  if (*number == -1) return;
  request.seed =
      seed->is_number_unsigned() ? seed->get<uint64_t>() : static_cast<uint64_t>(*number);
}

void read_sampler(FieldReader& fields, CompletionRequest& request) {
  request.temperature = fields.clamped_number("temperature", 0, kMaxTemperature);
  request.top_p = fields.clamped_number("top_p", 0, 1);
  request.min_p = fields.clamped_number("min_p", 0, 1);
  request.top_k = fields.clamped_integer("top_k", 0, 1'000'000);
  request.presence_penalty = fields.clamped_number("presence_penalty", -2, 2);
  request.frequency_penalty = fields.clamped_number("frequency_penalty", -2, 2);
  request.penalty_decay = fields.clamped_number("penalty_decay", 0, 1);
  read_seed(fields, request);
}

void read_reasoning(FieldReader& fields, CompletionRequest& request) {
  request.hrm = fields.string("hrm", kNameBytes).value_or("");
  request.hrm_strength = fields.clamped_number("hrm_strength", 0, 1);
  request.hrm_effort = fields.clamped_integer("hrm_effort", 1, 64);
  request.reasoning_effort = fields.string("reasoning_effort", kNameBytes);
}

// Negative: until the answer ends, as far as the engine goes.
std::optional<int64_t> read_limit(FieldReader& fields, const char* name) {
  const auto limit = fields.clamped_integer(name, -1, kMaxTokens);
  return limit && *limit < 0 ? kMaxTokens : limit;
}

void read_stream(FieldReader& fields, CompletionRequest& request) {
  request.is_stream = fields.boolean("stream").value_or(false);
  const json* options = fields.find("stream_options");
  if (options == nullptr) return;
  if (!options->is_object()) {
    return fields.refuse("stream_options", "stream_options must be an object");
  }
  FieldReader inner(*options);
  request.includes_usage = inner.boolean("include_usage").value_or(false);
  if (!inner.ok()) fields.refuse("stream_options.include_usage", inner.error().message);
}

// Fields that both routes have.
void read_common(FieldReader& fields, CompletionRequest& request) {
  request.model = fields.string("model", kNameBytes).value_or("");
  request.adapter = fields.string("adapter", kNameBytes).value_or("");
  request.state = fields.string("state", kNameBytes).value_or("");
  request.choices = fields.integer("n", 1, kMaxChoices).value_or(1);
  request.best_of = request.choices;
  request.max_tokens = read_limit(fields, "max_tokens");
  if (const auto alias = read_limit(fields, "max_completion_tokens")) request.max_tokens = alias;
  read_stream(fields, request);
  read_sampler(fields, request);
  read_reasoning(fields, request);
  read_stops(fields, request);
  read_stop_tokens(fields, request);
  read_logit_bias(fields, request);
  refuse_unsupported(fields);
}

std::vector<int32_t> read_tokens(FieldReader& fields, const json& list) {
  std::vector<int32_t> tokens;
  tokens.reserve(list.size());
  for (const json& item : list) {
    const auto token = whole_number(item);
    if (!token || *token < 0 || *token > kMaxTokenId) {
      fields.refuse("prompt", "a prompt of tokens must be a list of token ids");
      return {};
    }
    tokens.push_back(static_cast<int32_t>(*token));
  }
  return tokens;
}

void read_prompts(FieldReader& fields, CompletionRequest& request) {
  const std::string rule =
      fmt::format("prompt must be a string, at most {} strings, or token ids", kMaxPrompts);
  const json* prompt = fields.find("prompt");
  if (prompt == nullptr && fields.has("prompt")) {
    request.prompts.emplace_back(std::string());  // OpenAI's null: the start of a document
  } else if (prompt == nullptr) {
    fields.refuse("prompt", rule);
  } else if (prompt->is_string()) {
    request.prompts.emplace_back(prompt->get<std::string>());
  } else if (!prompt->is_array() || prompt->empty()) {
    fields.refuse("prompt", rule);
  } else if (prompt->front().is_number()) {
    request.prompts.emplace_back(read_tokens(fields, *prompt));
  } else if (prompt->size() > kMaxPrompts) {
    fields.refuse("prompt", rule);
  } else {
    for (const json& item : *prompt) {
      if (item.is_string())
        request.prompts.emplace_back(item.get<std::string>());
      else if (item.is_array())
        request.prompts.emplace_back(read_tokens(fields, item));
      else
        fields.refuse("prompt", rule);
    }
  }
}

// true or false with top_logprobs beside it.
void read_chat_log_probabilities(FieldReader& fields, CompletionRequest& request) {
  const int64_t top = fields.integer("top_logprobs", 0, kMaxTopTokens).value_or(0);
  const auto is_asked = fields.boolean("logprobs");
  if (is_asked.value_or(false)) {
    request.top_log_probabilities = static_cast<int>(top);
  } else if (top > 0 && !is_asked) {
    fields.refuse("top_logprobs", "top_logprobs needs logprobs true");
  }
}

// How many tokens beside the drawn one; true and false as in a chat are understood too.
void read_legacy_log_probabilities(FieldReader& fields, CompletionRequest& request) {
  const json* value = fields.find("logprobs");
  if (value == nullptr || *value == false) return;
  const char* name = *value == true ? "top_logprobs" : "logprobs";
  request.top_log_probabilities =
      static_cast<int>(fields.integer(name, 0, kMaxTopTokens).value_or(0));
  if (request.echoes_prompt) fields.refuse("echo", "echo cannot be combined with logprobs");
}

// OpenAI's rules: at least n, and no stream while it is open which one is best.
void read_best_of(FieldReader& fields, CompletionRequest& request) {
  const auto best_of = fields.integer("best_of", 1, kMaxBestOf);
  if (!best_of) return;
  if (*best_of < request.choices) fields.refuse("best_of", "best_of must be at least n");
  if (*best_of > request.choices && request.is_stream) {
    fields.refuse("best_of", "best_of above n cannot be streamed");
  }
  request.best_of = *best_of;
}

Result<CompletionRequest> finished(const FieldReader& fields, CompletionRequest request,
                                   std::string* param) {
  if (fields.ok()) return request;
  *param = fields.param();
  return fields.error();
}

}  // namespace

Result<CompletionRequest> parse_chat_request(std::string_view body, std::string* param) {
  const auto object = parse_json_object(body);
  if (!object) return object.error();
  FieldReader fields(*object);
  CompletionRequest request;
  read_common(fields, request);
  request.messages = read_messages(fields);
  read_chat_log_probabilities(fields, request);
  return finished(fields, std::move(request), param);
}

Result<CompletionRequest> parse_completion_request(std::string_view body, std::string* param) {
  const auto object = parse_json_object(body);
  if (!object) return object.error();
  FieldReader fields(*object);
  CompletionRequest request;
  request.is_chat = false;
  read_common(fields, request);
  read_prompts(fields, request);
  request.echoes_prompt = fields.boolean("echo").value_or(false);
  request.suffix = fields.string("suffix", kSuffixBytes).value_or("");
  read_legacy_log_probabilities(fields, request);
  read_best_of(fields, request);
  return finished(fields, std::move(request), param);
}

}  // namespace greylag
