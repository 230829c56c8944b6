// SPDX-License-Identifier: Apache-2.0
#include "core/server/chat_messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace greylag {
namespace {

using nlohmann::json;

// A member that is a string; empty when it is absent, null or something else.
std::string text_member(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

// The text of one part of a content list, empty for thoughts; nullopt for what is no text.
std::optional<std::string> part_text(const json& part) {
  constexpr std::array<std::string_view, 3> kThoughts{"thinking", "redacted_thinking", "reasoning"};
  constexpr std::array<std::string_view, 4> kTexts{"", "text", "input_text", "output_text"};
  if (part.is_string()) return part.get<std::string>();
  if (!part.is_object()) return std::nullopt;
  const std::string type = text_member(part, "type");
  if (is_one_of(type, kThoughts)) return "";
  if (type != "refusal" && !is_one_of(type, kTexts)) return std::nullopt;
  const auto text = part.find(type == "refusal" ? "refusal" : "text");
  if (text == part.end() || !(text->is_string() || text->is_null())) return std::nullopt;
  return text->is_null() ? "" : text->get<std::string>();
}

// A string, null, absent, or a list of parts.
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
    const auto piece = part_text(part);
    if (!piece) {
      fields.refuse(param + ".content",
                    "only text parts are supported; images, audio and files are not");
      return {};
    }
    text += *piece;
  }
  return text;
}

std::string call_text(const json& function) {
  const auto arguments = function.find("arguments");
  const bool is_text = arguments != function.end() && arguments->is_string();
  const bool is_object = arguments != function.end() && arguments->is_object();
  return fmt::format("\nFunction call: {}({})", text_member(function, "name"),
                     is_text     ? arguments->get<std::string>()
                     : is_object ? arguments->dump()
                                 : "");
}

// An assistant turn that called tools, as text that the model can read.
std::string calls_text(const json& message) {
  std::string text;
  const auto calls = message.find("tool_calls");
  if (calls != message.end() && calls->is_array()) {
    for (const json& call : *calls) {
      const auto function = call.find("function");
      if (call.is_object() && function != call.end() && function->is_object()) {
        text += call_text(*function);
      }
    }
  }
  const auto call = message.find("function_call");
  if (call != message.end() && call->is_object()) text += call_text(*call);
  return text;
}

void read_message(FieldReader& fields, const json& item, const std::string& param,
                  std::vector<ChatMessage>& messages) {
  if (!item.is_object() || !item.contains("role") || !item["role"].is_string()) {
    return fields.refuse(param, "a message must be an object with a role");
  }
  const auto& word = item["role"].get_ref<const std::string&>();
  std::string text = content_text(fields, item, param);
  if (word == "tool" || word == "function") {
    messages.push_back({Role::User, "Function output: " + text});
    return;
  }
  const auto role = parse_role(word);
  if (!role) {
    return fields.refuse(param + ".role",
                         "role must be system, developer, user, assistant, tool or function");
  }
  if (*role == Role::Assistant) {
    if (text.empty()) text = text_member(item, "refusal");
    text += calls_text(item);
  }
  messages.push_back({*role, std::move(text)});
}

}  // namespace

std::vector<ChatMessage> read_messages(FieldReader& fields) {
  std::vector<ChatMessage> messages;
  const json* list = fields.find("messages");
  if (list == nullptr || !list->is_array() || list->empty() || list->size() > kMaxMessages) {
    fields.refuse("messages",
                  fmt::format("messages must be a list of 1 to {} messages", kMaxMessages));
    return messages;
  }
  for (size_t i = 0; i < list->size(); ++i) {
    read_message(fields, (*list)[i], fmt::format("messages[{}]", i), messages);
  }
  return messages;
}

}  // namespace greylag
