// SPDX-License-Identifier: Apache-2.0
#include "core/data/conversation.h"

#include <algorithm>

#include "core/data/text_case.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;
using Turns = std::vector<TrainingTurn>;

constexpr std::array<std::string_view, 3> kContentKeys{"content", "value", "text"};
constexpr std::array<std::string_view, 6> kThoughtKeys{
    "reasoning_content", "reasoning", "thinking", "thought", "complex_cot", "cot"};
// Of an entry: what would have to be learned, and is no text.
constexpr std::array<std::string_view, 7> kOtherContent{
    "tool_calls", "function_call", "audio", "images", "image", "videos", "refusal"};

// "a", "b" or "c"
std::string list_of(Names names) {
  std::string list;
  for (const std::string_view name : names) {
    const bool is_last = name == names.back();
    list += (list.empty() ? "" : is_last ? " or " : ", ") + in_quotes(name);
  }
  return list;
}

std::optional<Role> role_of(const std::string& word) {
  const std::string name = lower_case(word);
  if (name == "human" || name == "prompter") return Role::User;
  if (name == "gpt" || name == "bot" || name == "model" || name == "chatgpt") {
    return Role::Assistant;
  }
  const auto role = parse_role(name);
  return role ? std::optional(*role) : std::nullopt;
}

bool is_tool_role(const std::string& word) {
  constexpr std::array<std::string_view, 6> kToolRoles{
      "tool", "function", "observation", "function_call", "tool_call", "tool_response"};
  return std::ranges::find(kToolRoles, lower_case(word)) != kToolRoles.end();
}

bool is_message_list(const json& value) {
  return value.is_array() && !value.empty() && value[0].is_object() &&
         (value[0].contains("role") || value[0].contains("from"));
}

// The text of the only member of `names` that says something; empty when none does.
Read<std::string> take_text(RowFields& fields, Names names) {
  auto name = fields.only_one_of(names);
  if (auto* refusal = std::get_if<Refusal>(&name)) return std::move(*refusal);
  const auto& found = std::get<std::optional<std::string>>(name);
  return found ? read_text(*fields.take(*found), in_quotes(*found)) : std::string();
}

// Whether an entry's answer is learned: "weight" of OpenAI's fine-tuning files (0 or 1) and "train"
// of others (a bool).
Read<bool> read_weight(RowFields& entry, Role role) {
  bool is_learned = role == Role::Assistant;
  for (const char* name : {"weight", "train"}) {
    if (!entry.says(name)) continue;
    const json& value = *entry.take(name);
    const bool is_known = value.is_boolean() || (value.is_number() && (value == 0 || value == 1));
    if (!is_known) {
      return Refusal{RowProblem::UnsupportedKey,
                     "has a " + in_quotes(name) + " that is neither 0 nor 1"};
    }
    const bool is_wanted = value.is_boolean() ? value.get<bool>() : value == 1;
    if (is_wanted && role != Role::Assistant) {
      return Refusal{RowProblem::UnsupportedKey,
                     "asks by " + in_quotes(name) + " to learn what is no answer"};
    }
    is_learned = is_learned && is_wanted;
  }
  return is_learned;
}

Read<TrainingTurn> read_message(RowFields& entry) {
  const char* role_key = entry.has("role") ? "role" : "from";
  const json* word = entry.take(role_key);
  if (word == nullptr || !word->is_string()) {
    return Refusal{RowProblem::WrongRoles, "has no \"role\" or \"from\""};
  }
  const auto& name = word->get_ref<const std::string&>();
  const auto role = role_of(name);
  if (!role) {
    return is_tool_role(name)
               ? Refusal{RowProblem::UnsupportedKey, "is of role " + in_quotes(name) +
                                                         ": calls of tools cannot be learned here"}
               : Refusal{RowProblem::WrongRoles, "has the role " + in_quotes(name) +
                                                     ": expected system, user or assistant"};
  }
  for (const std::string_view key : kOtherContent) {
    if (!entry.says(key)) continue;
    return Refusal{RowProblem::UnsupportedKey,
                   "has " + in_quotes(key) + ", which cannot be learned here"};
  }
  auto text = take_text(entry, kContentKeys);
  if (auto* refusal = std::get_if<Refusal>(&text)) return std::move(*refusal);
  if (*role == Role::Assistant) text = read_answer(entry, std::get<std::string>(text));
  if (auto* refusal = std::get_if<Refusal>(&text)) return std::move(*refusal);
  auto is_learned = read_weight(entry, *role);
  if (auto* refusal = std::get_if<Refusal>(&is_learned)) return std::move(*refusal);
  return TrainingTurn{{*role, std::move(std::get<std::string>(text))}, std::get<bool>(is_learned)};
}

void note_unread(const RowFields& entry, const std::string& list_key,
                 std::vector<std::string>& unread) {
  for (const std::string& key : entry.unread()) {
    std::string name = list_key + "[]." + key;
    if (std::ranges::find(unread, name) == unread.end()) unread.push_back(std::move(name));
  }
}

// Adds the turns of a list whose entries are messages, or questions with their answers.
std::optional<Refusal> add_list(const json& list, const std::string& list_key, bool is_learned,
                                Conversation& conversation) {
  if (!list.is_array() || list.empty()) {
    return Refusal{RowProblem::WrongRoles, in_quotes(list_key) + " must hold a list of messages"};
  }
  size_t number = 0;
  for (const json& item : list) {
    const std::string place = "message " + std::to_string(++number) + " ";
    if (!item.is_object()) return Refusal{RowProblem::WrongRoles, place + "is not an object"};
    RowFields entry(item);
    Read<Conversation> read = Refusal{};
    if (entry.has("role") || entry.has("from")) {
      auto turn = read_message(entry);
      if (auto* refusal = std::get_if<Refusal>(&turn)) {
        return Refusal{refusal->problem, place + refusal->message};
      }
      read = Conversation{{std::move(std::get<TrainingTurn>(turn))}, {}};
    } else {
      read = read_pair(entry);
    }
    if (auto* refusal = std::get_if<Refusal>(&read)) {
      return Refusal{refusal->problem, place + refusal->message};
    }
    for (TrainingTurn& turn : std::get<Conversation>(read).turns) {
      turn.is_learned = turn.is_learned && is_learned;
      conversation.turns.push_back(std::move(turn));
    }
    note_unread(entry, list_key, conversation.unread);
  }
  return std::nullopt;
}

// The row's system message, if it has one.
std::optional<Refusal> add_system(RowFields& row, Conversation& conversation) {
  auto text = take_text(row, kSystemKeys);
  for (const std::string_view name : kSystemKeys) row.take(name);
  if (auto* refusal = std::get_if<Refusal>(&text)) return std::move(*refusal);
  auto& system = std::get<std::string>(text);
  if (clean_message(system).empty()) return std::nullopt;
  conversation.turns.push_back({{Role::System, std::move(system)}, false});
  return std::nullopt;
}

// Earlier turns, as pairs of a question and its answer; they are learned too, as where this shape
// comes from (LLaMA-Factory/data/README.md).
std::optional<Refusal> add_history(RowFields& row, Conversation& conversation) {
  const json* history = row.take("history");
  if (history == nullptr || is_empty_value(*history)) return std::nullopt;
  const Refusal no_pairs{RowProblem::UnsupportedKey,
                         "\"history\" must hold a list of [question, answer] pairs"};
  if (!history->is_array()) return no_pairs;
  for (const json& pair : *history) {
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !pair[1].is_string()) {
      return no_pairs;
    }
    conversation.turns.push_back({{Role::User, pair[0].get<std::string>()}, false});
    conversation.turns.push_back({{Role::Assistant, pair[1].get<std::string>()}, true});
  }
  return std::nullopt;
}

// The question: a list of messages, or a text and what it is asked about.
std::optional<Refusal> add_question(RowFields& row, Conversation& conversation) {
  auto key = row.only_one_of(kQuestionKeys);
  if (auto* refusal = std::get_if<Refusal>(&key)) return std::move(*refusal);
  const auto& name = std::get<std::optional<std::string>>(key);
  for (const std::string_view other : kQuestionKeys) row.take(other);
  auto input = take_text(row, kInputKeys);
  if (auto* refusal = std::get_if<Refusal>(&input)) return std::move(*refusal);
  std::string& about = std::get<std::string>(input);
  if (name && is_message_list(*row.take(*name))) {
    return add_list(*row.take(*name), *name, /*is_learned=*/false, conversation);
  }
  auto asked = name ? read_text(*row.take(*name), in_quotes(*name)) : std::string();
  if (auto* refusal = std::get_if<Refusal>(&asked)) return std::move(*refusal);
  auto& question = std::get<std::string>(asked);
  if (!question.empty() && !about.empty()) question += '\n';
  question += about;
  conversation.turns.push_back({{Role::User, std::move(question)}, false});
  return std::nullopt;
}

std::optional<Refusal> add_answer(RowFields& row, Conversation& conversation) {
  auto key = row.only_one_of(kAnswerKeys);
  if (auto* refusal = std::get_if<Refusal>(&key)) return std::move(*refusal);
  const auto& name = std::get<std::optional<std::string>>(key);
  for (const std::string_view other : kAnswerKeys) row.take(other);
  if (!name) {
    return Refusal{RowProblem::EmptyAnswer,
                   "has no answer to learn: expected " + list_of(kAnswerKeys)};
  }
  const json& value = *row.take(*name);
  if (is_message_list(value)) {
    return add_list(value, *name, /*is_learned=*/true, conversation);
  }
  auto text = read_text(value, in_quotes(*name));
  if (auto* refusal = std::get_if<Refusal>(&text)) return std::move(*refusal);
  auto answer = read_answer(row, std::get<std::string>(text));
  if (auto* refusal = std::get_if<Refusal>(&answer)) return std::move(*refusal);
  conversation.turns.push_back({{Role::Assistant, std::move(std::get<std::string>(answer))}, true});
  return std::nullopt;
}

}  // namespace

Read<std::string> read_text(const json& value, const std::string& place) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return std::string();
  const Refusal no_text{RowProblem::NoKnownKey, place + " must hold a string"};
  if (!value.is_array()) return no_text;
  std::string text;
  for (const json& part : value) {
    if (!part.is_object()) return no_text;
    const auto type = part.find("type"), words = part.find("text");
    const bool is_text =
        words != part.end() && words->is_string() &&
        (type == part.end() || *type == "text" || *type == "input_text" || *type == "output_text");
    if (!is_text) {
      const bool has_name = type != part.end() && type->is_string();
      return Refusal{RowProblem::UnsupportedKey,
                     place + " holds a part of type " +
                         (has_name ? in_quotes(type->get_ref<const std::string&>()) : "unknown") +
                         ": only text can be learned here"};
    }
    text += words->get_ref<const std::string&>();
  }
  return text;
}

Read<std::string> read_answer(RowFields& fields, const std::string& answer) {
  auto thoughts = take_text(fields, kThoughtKeys);
  if (std::holds_alternative<Refusal>(thoughts)) return thoughts;
  const std::string thought = clean_answer(std::get<std::string>(thoughts));
  const std::string said = clean_answer(answer);
  if (thought.empty() || said.empty()) return answer;
  if (answer.find("<think>") != std::string::npos) {
    return Refusal{RowProblem::Ambiguous,
                   "has thoughts in a key of their own and a <think> in the answer"};
  }
  return "<think>\n" + thought + "\n</think>\n" + said;
}

Read<Conversation> read_message_list(RowFields& row, const std::string& list_key) {
  Conversation conversation;
  if (auto refusal = add_system(row, conversation)) return std::move(*refusal);
  if (row.says("history")) {
    return Refusal{RowProblem::Ambiguous,
                   "has both " + in_quotes(list_key) + " and \"history\"; keep the one to be read"};
  }
  if (auto refusal = add_list(*row.take(list_key), list_key, true, conversation)) {
    return std::move(*refusal);
  }
  return conversation;
}

Read<Conversation> read_pair(RowFields& row) {
  Conversation conversation;
  for (const auto add : {add_system, add_history, add_question, add_answer}) {
    if (auto refusal = add(row, conversation)) return std::move(*refusal);
  }
  return conversation;
}

std::optional<Refusal> check_turns(const Turns& turns) {
  const TrainingTurn* before = nullptr;
  size_t number = 0;
  bool is_any_learned = false;
  for (const TrainingTurn& turn : turns) {
    const std::string place = "message " + std::to_string(++number) + " ";
    const Role role = turn.message.role;
    const bool is_after_user = before != nullptr && before->message.role == Role::User;
    const bool is_expected = role == Role::System      ? before == nullptr
                             : role == Role::Assistant ? is_after_user
                                                       : !is_after_user;
    if (!is_expected) {
      return Refusal{RowProblem::WrongRoles,
                     place +
                         "has the wrong role: at most one system message first, then user and "
                         "assistant in turn"};
    }
    if (role == Role::Assistant && clean_answer(turn.message.text).empty()) {
      return Refusal{RowProblem::EmptyAnswer, place + "is an empty answer: nothing to learn"};
    }
    if (role != Role::Assistant && clean_message(turn.message.text).empty()) {
      return Refusal{RowProblem::EmptyText, place + "has no text"};
    }
    is_any_learned = is_any_learned || turn.is_learned;
    before = &turn;
  }
  if (before == nullptr || before->message.role != Role::Assistant) {
    return Refusal{RowProblem::WrongRoles, "the last message must be the assistant's"};
  }
  if (!is_any_learned) {
    return Refusal{RowProblem::EmptyAnswer, "no answer is to be learned: every weight is 0"};
  }
  return std::nullopt;
}

}  // namespace greylag
