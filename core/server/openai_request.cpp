// SPDX-License-Identifier: Apache-2.0
#include "core/server/openai_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/server/json_input.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr size_t kStops = 16;
constexpr size_t kStopBytes = 256;
constexpr size_t kBiases = 1'024;
constexpr size_t kNameBytes = 512;
constexpr int64_t kMaxTokenId = INT32_MAX;

void read_stops(FieldReader& fields, CompletionRequest& request) {
  const json* stop = fields.find("stop");
  if (stop == nullptr) return;
  const json list = stop->is_array() ? *stop : json::array({*stop});
  const char* rule = "stop must be a string or at most 16 strings of 1 to 256 bytes";
  if (list.size() > kStops) return fields.refuse("stop", rule);
  for (const json& item : list) {
    if (!item.is_string()) return fields.refuse("stop", rule);
    const auto& text = item.get_ref<const std::string&>();
    if (text.empty() || text.size() > kStopBytes) return fields.refuse("stop", rule);
    request.stops.push_back(text);
  }
}

void read_stop_tokens(FieldReader& fields, CompletionRequest& request) {
  const json* list = fields.find("stop_token_ids");
  if (list == nullptr) return;
  const char* rule = "stop_token_ids must be a list of at most 16 token ids";
  if (!list->is_array() || list->size() > kStops) return fields.refuse("stop_token_ids", rule);
  for (const json& item : *list) {
    if (!item.is_number_unsigned() || item.get<uint64_t>() > kMaxTokenId) {
      return fields.refuse("stop_token_ids", rule);
    }
    request.stop_tokens.push_back(item.get<int32_t>());
  }
}

void read_logit_bias(FieldReader& fields, CompletionRequest& request) {
  const json* map = fields.find("logit_bias");
  if (map == nullptr) return;
  const char* rule = "logit_bias must map at most 1024 token ids to numbers between -100 and 100";
  if (!map->is_object() || map->size() > kBiases) return fields.refuse("logit_bias", rule);
  for (const auto& [key, value] : map->items()) {
    int32_t token = 0;
    const auto [end, failed] = std::from_chars(key.data(), key.data() + key.size(), token);
    if (failed != std::errc() || end != key.data() + key.size() || token < 0 ||
        !value.is_number() || !(std::abs(value.get<double>()) <= 100)) {
      return fields.refuse("logit_bias", rule);
    }
    request.logit_bias[token] = value.get<double>();
  }
}

void read_sampler(FieldReader& fields, CompletionRequest& request) {
  request.temperature = fields.number("temperature", 0, 2);
  request.top_p = fields.number("top_p", 0, 1);
  request.min_p = fields.number("min_p", 0, 1);
  request.top_k = fields.integer("top_k", 0, 1'000'000);
  request.presence_penalty = fields.number("presence_penalty", -2, 2);
  request.frequency_penalty = fields.number("frequency_penalty", -2, 2);
  request.penalty_decay = fields.number("penalty_decay", 0, 1);
  if (const auto seed = fields.integer("seed", INT64_MIN, INT64_MAX)) {
    request.seed = static_cast<uint64_t>(*seed);
  }
}

void read_reasoning(FieldReader& fields, CompletionRequest& request) {
  request.hrm = fields.string("hrm", kNameBytes).value_or("");
  request.hrm_strength = fields.number("hrm_strength", 0, 1);
  request.hrm_effort = fields.integer("hrm_effort", 1, 64);
  request.reasoning_effort = fields.string("reasoning_effort", kNameBytes);
  if (!request.reasoning_effort) return;
  static constexpr std::array kWords{"none", "minimal", "low", "medium", "high", "xhigh"};
  if (std::ranges::find(kWords, *request.reasoning_effort) == kWords.end()) {
    fields.refuse("reasoning_effort",
                  "reasoning_effort must be none, minimal, low, medium, high or xhigh");
  }
}

// Fields that both routes have.
void read_common(FieldReader& fields, CompletionRequest& request) {
  request.model = fields.string("model", kNameBytes).value_or("");
  request.adapter = fields.string("adapter", kNameBytes).value_or("");
  request.state = fields.string("state", kNameBytes).value_or("");
  request.is_stream = fields.boolean("stream").value_or(false);
  request.choices = fields.integer("n", 1, kMaxChoices).value_or(1);
  request.max_tokens = fields.integer("max_tokens", 1, kMaxTokens);
  if (const auto alias = fields.integer("max_completion_tokens", 1, kMaxTokens)) {
    request.max_tokens = alias;
  }
  read_sampler(fields, request);
  read_reasoning(fields, request);
  read_stops(fields, request);
  read_stop_tokens(fields, request);
  read_logit_bias(fields, request);
  if (const json* options = fields.find("stream_options")) {
    if (!options->is_object())
      return fields.refuse("stream_options", "stream_options must be an object");
    FieldReader inner(*options);
    request.includes_usage = inner.boolean("include_usage").value_or(false);
    if (!inner.ok()) fields.refuse("stream_options.include_usage", inner.error().message);
  }
}

// Text of a message's content: a string, null, or a list of text parts.
std::string content_text(FieldReader& fields, const json& message, const std::string& param) {
  const auto content = message.find("content");
  if (content == message.end() || content->is_null()) return {};
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) {
    fields.refuse(param + ".content", "content must be a string or a list of text parts");
    return {};
  }
  std::string text;
  for (const json& part : *content) {
    const std::string type = part.is_object() ? part.value("type", json("")).dump() : "\"\"";
    if ((type == "\"text\"" || type == "\"input_text\"") && part.contains("text") &&
        part["text"].is_string()) {
      text += part["text"].get_ref<const std::string&>();
    } else {
      fields.refuse(param + ".content",
                    "only text parts are supported; images, audio and files are not");
    }
  }
  return text;
}

// An assistant turn that called tools, as text that the model can read.
std::string tool_calls_text(const json& message) {
  const auto calls = message.find("tool_calls");
  if (calls == message.end() || !calls->is_array()) return {};
  std::string text;
  for (const json& call : *calls) {
    if (!call.is_object() || !call.contains("function") || !call["function"].is_object()) continue;
    const json& function = call["function"];
    const json name = function.value("name", json("")),
               arguments = function.value("arguments", json(""));
    if (name.is_string() && arguments.is_string()) {
      text += fmt::format("\nFunction call: {}({})", name.get<std::string>(),
                          arguments.get<std::string>());
    }
  }
  return text;
}

void read_message(FieldReader& fields, const json& item, size_t index, CompletionRequest& request) {
  const std::string param = fmt::format("messages[{}]", index);
  if (!item.is_object() || !item.contains("role") || !item["role"].is_string()) {
    return fields.refuse(param, "a message must be an object with role and content");
  }
  const auto& word = item["role"].get_ref<const std::string&>();
  std::string text = content_text(fields, item, param);
  if (word == "tool" || word == "function") {
    request.messages.push_back({Role::User, "Function output: " + text});
    return;
  }
  const auto role = parse_role(word);
  if (!role) {
    return fields.refuse(param + ".role",
                         "role must be system, developer, user, assistant or tool");
  }
  if (*role == Role::Assistant) text += tool_calls_text(item);
  request.messages.push_back({*role, std::move(text)});
}

void read_messages(FieldReader& fields, CompletionRequest& request) {
  const json* messages = fields.find("messages");
  if (messages == nullptr || !messages->is_array() || messages->empty() ||
      messages->size() > kMaxMessages) {
    return fields.refuse("messages", "messages must be a list of 1 to 4096 messages");
  }
  for (size_t i = 0; i < messages->size(); ++i) {
    read_message(fields, (*messages)[i], i, request);
  }
}

// What a local model of this kind cannot promise is refused, so that nobody relies on it.
void refuse_unsupported(FieldReader& fields) {
  if (const json* format = fields.find("response_format")) {
    const json type = format->is_object() ? format->value("type", json()) : json();
    if (type != "text") {
      fields.refuse("response_format", "only response_format {\"type\":\"text\"} is supported");
    }
  }
  if (const json* choice = fields.find("tool_choice")) {
    if (*choice != "none" && *choice != "auto") {
      fields.refuse("tool_choice", "forcing a tool call is not supported; use auto or none");
    }
  }
  if (const json* modalities = fields.find("modalities")) {
    if (*modalities != json::array({"text"})) {
      fields.refuse("modalities", "only text answers are supported");
    }
  }
}

void read_prompts(FieldReader& fields, CompletionRequest& request) {
  const char* rule = "prompt must be a string, at most 64 strings, or token ids";
  const json* prompt = fields.find("prompt");
  if (prompt == nullptr) return fields.refuse("prompt", rule);
  const auto read_tokens = [&](const json& list) {
    std::vector<int32_t> tokens;
    for (const json& item : list) {
      if (!item.is_number_unsigned() || item.get<uint64_t>() > kMaxTokenId) {
        return fields.refuse("prompt", rule);
      }
      tokens.push_back(item.get<int32_t>());
    }
    request.prompts.emplace_back(std::move(tokens));
  };
  if (prompt->is_string()) {
    request.prompts.emplace_back(prompt->get<std::string>());
  } else if (!prompt->is_array() || prompt->empty()) {
    fields.refuse("prompt", rule);
  } else if (prompt->front().is_number()) {
    read_tokens(*prompt);
  } else if (prompt->size() > kMaxPrompts) {
    fields.refuse("prompt", rule);
  } else {
    for (const json& item : *prompt) {
      if (item.is_string())
        request.prompts.emplace_back(item.get<std::string>());
      else if (item.is_array())
        read_tokens(item);
      else
        fields.refuse("prompt", rule);
    }
  }
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
  read_messages(fields, request);
  refuse_unsupported(fields);
  const auto top = fields.integer("top_logprobs", 0, 20);
  if (fields.boolean("logprobs").value_or(false)) {
    request.top_log_probabilities = static_cast<int>(top.value_or(0));
  } else if (top.value_or(0) > 0) {
    fields.refuse("top_logprobs", "top_logprobs needs logprobs true");
  }
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
  if (const auto count = fields.integer("logprobs", 0, 20)) {
    request.top_log_probabilities = static_cast<int>(*count);
    if (request.echoes_prompt) fields.refuse("echo", "echo cannot be combined with logprobs");
  }
  if (!fields.string("suffix", kNameBytes).value_or("").empty()) {
    fields.refuse("suffix", "suffix is not supported");
  }
  if (fields.integer("best_of", 1, 20).value_or(1) > request.choices) {
    fields.refuse("best_of", "best_of above n is not supported");
  }
  return finished(fields, std::move(request), param);
}

}  // namespace greylag
