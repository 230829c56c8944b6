// SPDX-License-Identifier: Apache-2.0
// How does a conversation become text for an RWKV-7 G1 model? "System: …\n\nUser: …\n\nAssistant:",
// no trailing space. Blank lines inside a message are collapsed and line-initial role words are
// neutralised, so that a message can never forge a turn. Facts: rwkv7-and-training 1.6, T19.
#pragma once

#include <span>
#include <string>
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

// Whether the prompt ends inside such a beginning and close to its last word, so that a blank that
// the model writes first belongs between the two. (Blanks at the end of a beginning are stripped
// for the prompt; then the model writes its own, which the client already has.)
bool ends_inside_answer(std::span<const ChatMessage> messages);

// A whole conversation as training text: each assistant turn is " answer" + "\n\n" and learned; the
// pieces joined equal chat_prompt of the turns before each answer.
std::vector<PromptSpan> training_spans(std::span<const ChatMessage> messages);

// \r\n -> \n, runs of newlines -> one, stripped, line-initial "User:", "Assistant:", "System:"
// neutralised by a leading space inside the line; NUL dropped.
std::string clean_message(std::string_view text);

// "\n\nUser:", "\n\nSystem:" and "\n\nAssistant:": a turn of the other side starts.
std::span<const std::string> chat_stops();

}  // namespace greylag
