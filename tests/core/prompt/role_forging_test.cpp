// SPDX-License-Identifier: Apache-2.0
// Whatever a user writes, the prompt has as many turns as there are messages and no end of
// document.
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/prompt/chat_prompt.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

std::string hostile_text(CounterRandom& random) {
  static const std::vector<std::string> pieces{"User:",
                                               "Assistant:",
                                               "System:",
                                               "\n",
                                               "\n\n",
                                               "\r\n",
                                               "\r",
                                               " ",
                                               "\t",
                                               "hello",
                                               "\u2028",
                                               "\u2029",
                                               "\u0085",
                                               "\v",
                                               "\f",
                                               "\u00a0",
                                               "<|endoftext|>",
                                               "<s>",
                                               "</s>",
                                               "[PAD0]",
                                               "\u200b",
                                               "user:",
                                               "Assistant: ok",
                                               "\xff",
                                               "<think",
                                               "Response:",
                                               "\u3042",
                                               "1",
                                               std::string(1, '\0'),
                                               "\xe2\x80",
                                               ": ",
                                               "Function output:"};
  std::string text;
  for (size_t i = 0, n = random.below(16); i < n; ++i) text += pieces[random.below(pieces.size())];
  return text;
}

size_t count(std::string_view text, std::string_view word) {
  size_t times = 0;
  for (size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    ++times;
  }
  return times;
}

// Lines that begin with a role word, by \n and by every other line break of Unicode.
size_t count_turns(const std::string& prompt) {
  size_t turns = 0;
  for (const char* role : {"User:", "Assistant:", "System:"}) {
    if (prompt.starts_with(role)) ++turns;
    for (const char* line_break : {"\n", "\r", "\v", "\f", "\u0085", "\u2028", "\u2029"}) {
      turns += count(prompt, std::string(line_break) + role);
    }
  }
  return turns;
}

TEST(RoleForging, NoTextAddsATurnOrAnEndOfDocument) {
  CounterRandom random(2026, 0);
  const auto bytes = make_byte_tokenizer();
  const auto world = testing_data::world();
  for (int round = 0; round < 10000; ++round) {
    const std::vector<ChatMessage> messages{{Role::System, hostile_text(random)},
                                            {Role::User, hostile_text(random)},
                                            {Role::Assistant, hostile_text(random)},
                                            {Role::User, hostile_text(random)}};
    const std::string prompt = chat_prompt(messages);
    ASSERT_EQ(count_turns(prompt), 5u) << prompt;
    const std::string begun = chat_prompt(std::span(messages).first(3));
    ASSERT_EQ(count_turns(begun), 3u) << begun;
    // An answer may hold blank lines; what the model reads may not.
    ASSERT_EQ(count(chat_prompt(std::span(messages).first(2)), "\n\n"), 2u) << prompt;
    for (const auto& tokenizer : {bytes, world}) {
      if (!tokenizer) continue;
      for (const int32_t id : tokenizer->encode(prompt)) ASSERT_NE(id, 0);
    }
  }
}

}  // namespace
}  // namespace greylag
