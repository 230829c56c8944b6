// SPDX-License-Identifier: Apache-2.0
// What was said so far? The "messages" of a chat request, in the spellings that clients use, become
// turns that the chat template knows.
#pragma once

#include <vector>

#include "core/prompt/chat_prompt.h"
#include "core/server/json_input.h"

namespace greylag {

inline constexpr size_t kMaxMessages = 4'096;

// Refuses, with the message's place as the field ("messages[2].content"): an empty list, unknown
// roles, content that is no text. What an assistant thought is left out, as its template asks.
std::vector<ChatMessage> read_messages(FieldReader& fields);

}  // namespace greylag
