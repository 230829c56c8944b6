// SPDX-License-Identifier: Apache-2.0
// One row: a conversation, an instruction with its response, or a text. docs/training-data.md has
// the table of shapes and of refusals.
#include "core/data/row.h"

#include <algorithm>
#include <array>

#include "core/data/conversation.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr std::string_view kTextBlanks(" \t\r\n\v\f\0", 7);

// What would have to be learned otherwise than as an answer. Refused by its own name.
std::optional<Refusal> refuse_unsupported(const RowFields& row) {
  for (const char* key : {"rejected", "reject", "rejected_response", "chosen", "chosen_response"}) {
    if (!row.says(key)) continue;
    return Refusal{RowProblem::Preference,
                   "a preference row (" + in_quotes(key) +
                       "), which cannot be learned here; to learn the better answer alone, keep "
                       "\"prompt\" and \"completion\""};
  }
  for (const char* key : {"tools", "functions", "tool_calls", "function_call", "images", "image",
                          "videos", "video", "audios", "audio", "loss_mask"}) {
    if (!row.says(key)) continue;
    return Refusal{RowProblem::UnsupportedKey,
                   in_quotes(key) + " changes what is to be learned and cannot be read here"};
  }
  return std::nullopt;
}

// {"prompt", "completion", "label": false} is an answer that is not to be given.
std::optional<Refusal> refuse_judged(const RowFields& row) {
  const json* label = row.peek("label");
  if (label == nullptr || !label->is_boolean()) return std::nullopt;
  return Refusal{RowProblem::Preference,
                 "a preference row (\"label\" judges the answer), which cannot be learned here; to "
                 "learn the good answers alone, keep those rows without \"label\""};
}

// "Name: text\n\n", or nothing for an empty text.
std::string field(const char* name, const std::string& text) {
  const std::string clean = clean_message(text);
  return clean.empty() ? clean : std::string(name).append(": ").append(clean).append("\n\n");
}

Read<ParsedRow> learn(Read<Conversation> read) {
  if (auto* refusal = std::get_if<Refusal>(&read)) return std::move(*refusal);
  auto& conversation = std::get<Conversation>(read);
  if (auto refusal = check_turns(conversation.turns)) return std::move(*refusal);
  return ParsedRow{training_spans(conversation.turns), std::move(conversation.unread)};
}

// "instruction", with "input" or "context": the instruction template of RWKV. What it has no place
// for, such as messages in place of texts, stays a conversation.
Read<ParsedRow> read_instruction(RowFields& row) {
  auto pair = read_pair(row);
  const auto* conversation = std::get_if<Conversation>(&pair);
  const bool is_plain = conversation != nullptr && conversation->turns.size() == 2 &&
                        conversation->turns[1].is_learned && conversation->unread.empty();
  std::array<std::string, 2> given;
  for (size_t i = 0; const char* key : {"instruction", row.says("context") ? "context" : "input"}) {
    const json* value = row.peek(key);
    auto text = value == nullptr ? Read<std::string>() : read_text(*value, in_quotes(key));
    const auto* words = std::get_if<std::string>(&text);
    if (!is_plain || words == nullptr) return learn(std::move(pair));
    given.at(i++) = *words;
  }
  const std::string answer = clean_answer(conversation->turns[1].message.text);
  const std::string prompt = field("Instruction", given[0]) + field("Input", given[1]);
  if (prompt.empty()) {
    return Refusal{RowProblem::EmptyText, "\"instruction\" and \"input\" are both empty"};
  }
  if (answer.empty()) {
    return Refusal{RowProblem::EmptyAnswer, "the response is empty: nothing to learn"};
  }
  return ParsedRow{{{prompt + "Response:", false}, {" " + answer, true}}, {}};
}

Read<ParsedRow> read_text_row(RowFields& row) {
  const json* value = row.take("text");
  if (!value->is_string()) return Refusal{RowProblem::NoKnownKey, "\"text\" must hold a string"};
  const auto& text = value->get_ref<const std::string&>();
  if (text.find_first_not_of(kTextBlanks) == std::string::npos) {
    return Refusal{RowProblem::EmptyText, "\"text\" is empty"};
  }
  return ParsedRow{{{text, true}}, {}};
}

std::string keys_of(const RowFields& row) {
  constexpr size_t kMost = 5;
  const std::vector<std::string> keys = row.unread();
  std::string list;
  for (size_t i = 0; i < std::min(keys.size(), kMost); ++i) {
    list += (i == 0 ? "" : ", ") + in_quotes(keys[i]);
  }
  if (keys.size() > kMost) list += " and others";
  return list.empty() ? "nothing" : list;
}

Read<ParsedRow> read_shape(RowFields& row) {
  if (auto refusal = refuse_unsupported(row)) return std::move(*refusal);
  auto list_key = row.only_one_of(kListKeys);
  if (auto* refusal = std::get_if<Refusal>(&list_key)) return std::move(*refusal);
  if (const auto& key = std::get<std::optional<std::string>>(list_key)) {
    return learn(read_message_list(row, *key));
  }
  if (row.has_any(kListKeys)) {
    return Refusal{RowProblem::WrongRoles, "the list of messages is empty"};
  }
  const bool has_question = row.has_any(kQuestionKeys), has_answer = row.has_any(kAnswerKeys);
  const bool is_pair = has_answer && (has_question || row.has("input"));
  if (is_pair || (has_question && !row.has("text"))) {
    if (auto refusal = refuse_judged(row)) return std::move(*refusal);
    // With what a template for one instruction has no place for, it is a conversation.
    const bool is_plain =
        row.has("instruction") && !row.has_any(kSystemKeys) && !row.has("history");
    if (is_plain) return read_instruction(row);
    return learn(read_pair(row));
  }
  if (row.has("text")) return read_text_row(row);
  return Refusal{RowProblem::NoKnownKey,
                 "no known shape: expected \"messages\" or \"conversations\", a question and its "
                 "answer (such as \"instruction\" and \"output\"), or \"text\"; the row has " +
                     keys_of(row)};
}

}  // namespace

bool is_known_shape(const std::vector<std::string>& names) {
  json row;
  for (const std::string& name : names) row[name] = "x";
  if (!row.is_object()) return false;
  RowFields fields(row);
  const auto read = read_shape(fields);
  const auto* refusal = std::get_if<Refusal>(&read);
  return refusal == nullptr || refusal->problem == RowProblem::Preference ||
         refusal->problem == RowProblem::UnsupportedKey ||
         refusal->problem == RowProblem::Ambiguous;
}

Read<ParsedRow> read_row(const json& object) {
  RowFields row(object);
  auto read = read_shape(row);
  if (auto* parsed = std::get_if<ParsedRow>(&read)) {
    for (std::string& key : row.unread()) parsed->unread_keys.push_back(std::move(key));
  }
  return read;
}

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
    case RowProblem::Ambiguous:
      return "ambiguous";
    case RowProblem::BadTable:
      return "bad_table";
    case RowProblem::Cut:
      return "cut";
    case RowProblem::NotText:
      return "not_text";
    case RowProblem::Preference:
      return "preference";
    case RowProblem::UnreadKey:
      return "unread_key";
    case RowProblem::UnsupportedKey:
      return "unsupported_key";
  }
  return "unknown";
}

Result<ParsedRow> parse_row(std::string_view text, RowProblem* problem) {
  auto object = parse_object(text);
  auto read = std::holds_alternative<Refusal>(object)
                  ? Read<ParsedRow>(std::get<Refusal>(std::move(object)))
                  : read_row(std::get<json>(object));
  if (const auto* refusal = std::get_if<Refusal>(&read)) {
    if (problem != nullptr) *problem = refusal->problem;
    return Error{ErrorCode::BadFile, refusal->message};
  }
  return std::move(std::get<ParsedRow>(read));
}

}  // namespace greylag
