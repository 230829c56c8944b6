// SPDX-License-Identifier: Apache-2.0
#include "core/server/openai_reply.h"

#include <nlohmann/json.hpp>

namespace greylag {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json nullable(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json head_json(const ReplyHead& head, const char* chat_object) {
  return {{"id", head.id},
          {"object", head.is_chat ? chat_object : "text_completion"},
          {"created", head.created},
          {"model", head.model}};
}

Json byte_list(const std::string& bytes) {
  Json list = Json::array();
  for (const char c : bytes) list.push_back(static_cast<unsigned char>(c));
  return list;
}

Json token_json(const TokenLogProbability& token) {
  return {{"token", token.bytes},
          {"logprob", token.log_probability},
          {"bytes", byte_list(token.bytes)}};
}

Json chat_log_probabilities(const ReplyChoice& choice) {
  if (!choice.has_log_probabilities) return nullptr;
  Json content = Json::array();
  for (const TokenChoice& token : choice.tokens) {
    Json entry = token_json(token.drawn);
    entry["top_logprobs"] = Json::array();
    for (const auto& other : token.top) entry["top_logprobs"].push_back(token_json(other));
    content.push_back(std::move(entry));
  }
  return {{"content", std::move(content)}, {"refusal", nullptr}};
}

Json legacy_log_probabilities(const ReplyChoice& choice) {
  if (!choice.has_log_probabilities) return nullptr;
  Json tokens = Json::array(), values = Json::array(), tops = Json::array(),
       offsets = Json::array();
  size_t offset = 0;
  for (const TokenChoice& token : choice.tokens) {
    tokens.push_back(token.drawn.bytes);
    values.push_back(token.drawn.log_probability);
    Json top = Json::object();
    for (const auto& other : token.top) top[other.bytes] = other.log_probability;
    tops.push_back(std::move(top));
    offsets.push_back(offset);
    offset += token.drawn.bytes.size();
  }
  return {{"tokens", std::move(tokens)},
          {"token_logprobs", std::move(values)},
          {"top_logprobs", std::move(tops)},
          {"text_offset", std::move(offsets)}};
}

Json legacy_choice(const ReplyChoice& choice) {
  return {{"text", choice.text},
          {"index", choice.index},
          {"logprobs", legacy_log_probabilities(choice)},
          {"finish_reason", nullable(choice.finish_reason)}};
}

Json usage_json(const Usage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens}};
}

// llama-server's field names, which clients that show speed already read, and roof_share of ours.
Json timings_json(const Usage& usage) {
  const auto rate = [](int64_t tokens, double seconds) {
    return seconds > 0 ? static_cast<double>(tokens) / seconds : 0.0;
  };
  Json json = {{"prompt_n", usage.prompt_tokens},
               {"prompt_ms", usage.prefill_seconds * 1e3},
               {"prompt_per_second", rate(usage.prompt_tokens, usage.prefill_seconds)},
               {"predicted_n", usage.completion_tokens},
               {"predicted_ms", usage.decode_seconds * 1e3},
               {"predicted_per_second", rate(usage.completion_tokens, usage.decode_seconds)}};
  if (usage.roof_share > 0) json["roof_share"] = usage.roof_share;
  return json;
}

std::string chunk(const ReplyHead& head, Json choice, bool includes_usage) {
  Json json = head_json(head, "chat.completion.chunk");
  json["choices"] = Json::array({std::move(choice)});
  if (includes_usage) json["usage"] = nullptr;
  return dump(json);
}

}  // namespace

std::string full_reply(const ReplyHead& head, const std::vector<ReplyChoice>& choices,
                       const Usage& usage) {
  Json json = head_json(head, "chat.completion");
  json["choices"] = Json::array();
  for (const ReplyChoice& choice : choices) {
    if (!head.is_chat) {
      json["choices"].push_back(legacy_choice(choice));
      continue;
    }
    json["choices"].push_back(
        {{"index", choice.index},
         {"message", {{"role", "assistant"}, {"content", choice.text}, {"refusal", nullptr}}},
         {"logprobs", chat_log_probabilities(choice)},
         {"finish_reason", nullable(choice.finish_reason)}});
  }
  json["usage"] = usage_json(usage);
  json["timings"] = timings_json(usage);
  return dump(json);
}

std::string role_chunk(const ReplyHead& head, int64_t index, bool includes_usage) {
  return chunk(head,
               {{"index", index},
                {"delta", {{"role", "assistant"}, {"content", ""}}},
                {"logprobs", nullptr},
                {"finish_reason", nullptr}},
               includes_usage);
}

std::string text_chunk(const ReplyHead& head, const ReplyChoice& choice, bool includes_usage) {
  if (!head.is_chat) return chunk(head, legacy_choice(choice), includes_usage);
  Json delta = Json::object();
  if (choice.finish_reason.empty()) delta["content"] = choice.text;
  return chunk(head,
               {{"index", choice.index},
                {"delta", std::move(delta)},
                {"logprobs", chat_log_probabilities(choice)},
                {"finish_reason", nullable(choice.finish_reason)}},
               includes_usage);
}

std::string usage_chunk(const ReplyHead& head, const Usage& usage) {
  Json json = head_json(head, "chat.completion.chunk");
  json["choices"] = Json::array();
  json["usage"] = usage_json(usage);
  json["timings"] = timings_json(usage);
  return dump(json);
}

namespace {
Json model_json(const ModelObject& model) {
  return {
      {"id", model.id}, {"object", "model"}, {"created", model.created}, {"owned_by", "greylag"}};
}
}  // namespace

std::string model_object(const ModelObject& model) { return dump(model_json(model)); }

std::string model_list(const std::vector<ModelObject>& models) {
  Json data = Json::array();
  for (const ModelObject& model : models) data.push_back(model_json(model));
  return dump({{"object", "list"}, {"data", std::move(data)}});
}

}  // namespace greylag
