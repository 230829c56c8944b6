// SPDX-License-Identifier: Apache-2.0
// One JSONL row: {"messages"} first, then {"instruction"}, then {"text"} (Alpaca files carry a
// "text" beside their instruction). Each rule has one sentence that says what is expected.
#include <nlohmann/json.hpp>
#include <variant>

#include "core/data/dataset.h"
#include "core/data/json_depth.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;

// A problem and its sentence.
struct Refusal {
  RowProblem problem;
  std::string message;
};
using Spans = std::variant<std::vector<PromptSpan>, Refusal>;

const std::string* string_member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

Spans text_spans(const json& row) {
  const std::string* text = string_member(row, "text");
  if (text == nullptr) return Refusal{RowProblem::NoKnownKey, "\"text\" must hold a string"};
  if (text->find_first_not_of(std::string_view(" \t\r\n\v\f\0", 7)) == std::string::npos) {
    return Refusal{RowProblem::EmptyText, "\"text\" is empty"};
  }
  return std::vector<PromptSpan>{{*text, true}};
}

// "Name: text\n\n", or nothing for an empty text.
std::string field(const char* name, const std::string* text) {
  const std::string clean = text == nullptr ? std::string() : clean_message(*text);
  return clean.empty() ? clean : std::string(name).append(": ").append(clean).append("\n\n");
}

Spans instruction_spans(const json& row) {
  for (const char* key : {"instruction", "input", "output"}) {
    const auto found = row.find(key);
    if (found != row.end() && !found->is_string() && !found->is_null()) {
      return Refusal{RowProblem::NoKnownKey, std::string("\"") + key + "\" must hold a string"};
    }
  }
  const std::string given = field("Instruction", string_member(row, "instruction")) +
                            field("Input", string_member(row, "input"));
  if (given.empty()) {
    return Refusal{RowProblem::EmptyText, "\"instruction\" and \"input\" are both empty"};
  }
  const std::string* output = string_member(row, "output");
  const std::string answer = output == nullptr ? std::string() : clean_answer(*output);
  if (answer.empty()) {
    return Refusal{RowProblem::EmptyAnswer, "\"output\" is missing or empty: nothing to learn"};
  }
  return std::vector<PromptSpan>{{given + "Response:", false}, {" " + answer, true}};
}

// One entry of "messages"; the refusal's message goes behind "message N".
std::variant<ChatMessage, Refusal> parse_message(const json& entry) {
  if (!entry.is_object()) return Refusal{RowProblem::WrongRoles, "is not an object"};
  const std::string* word = string_member(entry, "role");
  const auto role = parse_role(word == nullptr ? std::string() : *word);
  if (!role) {
    return Refusal{RowProblem::WrongRoles,
                   "has no \"role\" that is \"system\", \"user\" or \"assistant\""};
  }
  const std::string* content = string_member(entry, "content");
  if (content == nullptr || clean_message(*content).empty()) {
    return *role == Role::Assistant
               ? Refusal{RowProblem::EmptyAnswer, "is an empty answer: nothing to learn"}
               : Refusal{RowProblem::EmptyText, "has no text in \"content\""};
  }
  return ChatMessage{*role, *content};
}

Spans message_spans(const json& list) {
  if (!list.is_array() || list.empty()) {
    return Refusal{RowProblem::WrongRoles, "\"messages\" must hold a list of messages"};
  }
  std::vector<TrainingTurn> messages;
  for (const json& entry : list) {
    const std::string place = "message " + std::to_string(messages.size() + 1) + " ";
    auto parsed = parse_message(entry);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
      return Refusal{refusal->problem, place + refusal->message};
    }
    const auto& message = std::get<ChatMessage>(parsed);
    const bool is_after_user = !messages.empty() && messages.back().message.role == Role::User;
    const bool is_expected = message.role == Role::System      ? messages.empty()
                             : message.role == Role::Assistant ? is_after_user
                                                               : !is_after_user;
    if (!is_expected) {
      return Refusal{RowProblem::WrongRoles,
                     place +
                         "has the wrong role: at most one system message first, then user and "
                         "assistant in turn"};
    }
    messages.push_back({message, message.role == Role::Assistant});
  }
  if (messages.back().message.role != Role::Assistant) {
    return Refusal{RowProblem::WrongRoles, "the last message must be the assistant's"};
  }
  return training_spans(messages);
}

Spans parse_spans(std::string_view line) {
  if (find_bad_utf8(line) != std::string_view::npos) {
    return Refusal{RowProblem::BadUtf8, "byte " + std::to_string(find_bad_utf8(line) + 1) +
                                            " of the line is not valid UTF-8"};
  }
  if (nesting_depth(line) > kDeepestRow) {
    return Refusal{RowProblem::BadJson, "nested more than 32 deep"};
  }
  const json row = json::parse(line, nullptr, false);
  if (row.is_discarded()) {
    return Refusal{RowProblem::BadJson, "not valid JSON; each line must be one JSON object"};
  }
  if (!row.is_object()) {
    return Refusal{RowProblem::NotAnObject, "not a JSON object; each line must be one"};
  }
  if (const auto list = row.find("messages"); list != row.end()) return message_spans(*list);
  if (row.contains("instruction")) return instruction_spans(row);
  if (row.contains("text")) return text_spans(row);
  return Refusal{RowProblem::NoKnownKey,
                 "no known key: expected \"messages\", \"instruction\" or \"text\""};
}

}  // namespace

const char* row_problem_name(RowProblem problem) {
  switch (problem) {
    case RowProblem::BadJson:
      return "bad_json";
    case RowProblem::NotAnObject:
      return "not_an_object";
    case RowProblem::NoKnownKey:
      return "no_known_key";
    case RowProblem::BadUtf8:
      return "bad_utf8";
    case RowProblem::EmptyAnswer:
      return "empty_answer";
    case RowProblem::WrongRoles:
      return "wrong_roles";
    case RowProblem::EmptyText:
      return "empty_text";
    case RowProblem::TooLong:
      return "too_long";
    case RowProblem::Duplicate:
      return "duplicate";
    case RowProblem::BadTokens:
      return "bad_tokens";
  }
  return "unknown";
}

Result<std::vector<PromptSpan>> parse_row(std::string_view line, RowProblem* problem) {
  Spans spans = parse_spans(line);
  if (const auto* refusal = std::get_if<Refusal>(&spans)) {
    if (problem != nullptr) *problem = refusal->problem;
    return Error{ErrorCode::BadFile, refusal->message};
  }
  return std::move(std::get<std::vector<PromptSpan>>(spans));
}

}  // namespace greylag
