// SPDX-License-Identifier: Apache-2.0
// Who says what in a row? Lists of messages, and a question with its answer, in the spellings of
// the field, become turns for the chat template. docs/training-data.md has the table.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/data/row_fields.h"

namespace greylag {

struct Conversation {
  std::vector<TrainingTurn> turns;
  std::vector<std::string> unread;  // keys of entries that were not read, as messages[].KEY
};

// The keys under which a row holds its list of messages, its question, what it is asked about, its
// answer and its system message. A row that has two of one list is refused.
inline constexpr std::array<std::string_view, 5> kListKeys{"messages", "conversations",
                                                           "conversation", "dialogue", "dialog"};
inline constexpr std::array<std::string_view, 6> kQuestionKeys{"instruction", "prompt", "query",
                                                               "question",    "human",  "user"};
inline constexpr std::array<std::string_view, 2> kInputKeys{"input", "context"};
inline constexpr std::array<std::string_view, 6> kAnswerKeys{"output", "completion", "response",
                                                             "answer", "gpt",        "assistant"};
inline constexpr std::array<std::string_view, 2> kSystemKeys{"system", "system_prompt"};

// Text that is a string, null, or a list of text parts. `place` begins the refusal: "message 3".
Read<std::string> read_text(const nlohmann::json& value, const std::string& place);

// What the assistant says, behind its thoughts: "<think>\nthoughts\n</think>\nanswer"
// (RWKV-LM/RWKV-v7/RWKV7-G1x-templates.txt). Either may be empty.
Read<std::string> read_answer(RowFields& fields, const std::string& answer);

// The row's list at `list_key`, behind its "system".
Read<Conversation> read_message_list(RowFields& row, const std::string& list_key);

// Question and answer, behind the row's "system" and "history"; both may be lists of messages.
Read<Conversation> read_pair(RowFields& row);

// Roles in turn: at most one system message first, then user and assistant, who has the last word;
// no text is empty and at least one answer is learned.
std::optional<Refusal> check_turns(const std::vector<TrainingTurn>& turns);

}  // namespace greylag
