// SPDX-License-Identifier: Apache-2.0
// How does a conversation become text for an RWKV-7 G1 model? "System: …\n\nUser: …\n\nAssistant:",
// no trailing space. Blank lines of what the model reads are collapsed
// (RWKV-LM/RWKV-v7/RWKV7-G1x-templates.txt); an answer keeps its blank lines and its indentation,
// in training as in the history, or the model would unlearn paragraphs and code. No message can
// forge a turn: a role word never starts a line of one.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace greylag {

enum class Role { System, User, Assistant };

struct ChatMessage {
  Role role = Role::User;
  std::string text;  // UTF-8
};

// "system"/"developer", "user", "assistant"; InvalidArgument else ("tool" becomes a user turn that
// starts "Function output:" in the server's parser).
Result<Role> parse_role(const std::string& word);

// A piece of prompt text and whether the model should learn to write it (assistant text and its
// end mark).
struct PromptSpan {
  std::string text;
  bool is_learned = false;
};

// The prompt for the next assistant turn: ends "Assistant:". A last message of the assistant's is
// the beginning of that turn, which the model goes on with: ends "Assistant: text".
std::string chat_prompt(std::span<const ChatMessage> messages);

// The blanks at the end of such a beginning; nothing when no answer is begun. The prompt does not
// have them: the model writes its own, of which the client has these already.
std::optional<std::string> begun_answer_blanks(std::span<const ChatMessage> messages);

struct TrainingTurn {
  ChatMessage message;
  bool is_learned = false;  // the assistant's only
};

// A whole conversation as training text: a learned turn is " answer" + "\n\n"; the pieces joined
// equal chat_prompt of the turns before each answer.
std::vector<PromptSpan> training_spans(std::span<const TrainingTurn> turns);

// What a user or the system says: \r\n -> \n, runs of newlines -> one, stripped, line-initial
// "User:", "Assistant:", "System:" neutralised by a leading space inside the line; NUL dropped.
std::string clean_message(std::string_view text);

// What the assistant says: the same, but blank lines and indentation stay. Dropped are blank lines
// at the start, blanks at the end, and a single space in front, which is the template's own.
std::string clean_answer(std::string_view text);

// The answer in what a model wrote behind "Assistant:", its first word included: without the
// template's space or the blank lines that it began with. clean_answer changes nothing in it there.
std::string_view answer_in(std::string_view continuation);

// "\n\nUser:", "\n\nSystem:" and "\n\nAssistant:": a turn of the other side starts.
std::span<const std::string> chat_stops();

}  // namespace greylag
