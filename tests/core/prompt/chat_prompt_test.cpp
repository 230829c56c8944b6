// SPDX-License-Identifier: Apache-2.0
// The chat template, for prompts and for training.
#include "core/prompt/chat_prompt.h"

#include <gtest/gtest.h>

#include "core/prompt/infill_prompt.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

const std::vector<ChatMessage> kTalk{{Role::System, "Be brief."},
                                     {Role::User, "hi"},
                                     {Role::Assistant, "Hello.\n\nHow are you?"},
                                     {Role::User, "fine "},
                                     {Role::Assistant, "Good"}};

std::string joined(const std::vector<PromptSpan>& spans) {
  std::string text;
  for (const PromptSpan& span : spans) text += span.text;
  return text;
}

TEST(ChatPrompt, JoinsTurnsByABlankLineAndEndsWithoutASpace) {
  EXPECT_EQ(chat_prompt(std::span(kTalk).first(4)),
            "System: Be brief.\n\nUser: hi\n\nAssistant: Hello.\nHow are you?\n\nUser: fine\n\n"
            "Assistant:");
  EXPECT_EQ(chat_prompt({}), "Assistant:");
}

TEST(ChatPrompt, GoesOnWithAnAnswerThatWasBegun) {
  const std::vector<ChatMessage> talk{{Role::User, "Capital of France?"},
                                      {Role::Assistant, "The capital\n\nof Fra"}};
  EXPECT_EQ(chat_prompt(talk), "User: Capital of France?\n\nAssistant: The capital\nof Fra");
  EXPECT_EQ(chat_prompt(std::vector<ChatMessage>{{Role::User, "a"}, {Role::Assistant, " b \n"}}),
            "User: a\n\nAssistant: b");
  EXPECT_EQ(chat_prompt(std::vector<ChatMessage>{{Role::User, "a"}, {Role::Assistant, ""}}),
            "User: a\n\nAssistant:");
  EXPECT_EQ(chat_prompt(std::vector<ChatMessage>{{Role::Assistant, "b"}}), "Assistant: b");
}

TEST(ChatPrompt, KnowsWhetherABlankBelongsToTheAnswer) {
  const auto ends_inside = [](Role role, std::string text) {
    return ends_inside_answer(std::vector<ChatMessage>{{Role::User, "a"}, {role, std::move(text)}});
  };
  EXPECT_TRUE(ends_inside(Role::Assistant, "The capital of"));
  for (const char* text : {"", " ", "The capital of ", "Here:\n"}) {
    EXPECT_FALSE(ends_inside(Role::Assistant, text)) << text;
  }
  EXPECT_FALSE(ends_inside(Role::User, "The capital of"));
  EXPECT_FALSE(ends_inside_answer({}));
}

TEST(ChatPrompt, FillsAGapByTheTemplateOfTheModels) {
  EXPECT_EQ(infill_prompt("int f() {\n", "\n}"), "✿prefix✿✿suffix✿\n}✿middle✿int f() {\n");
}

TEST(ChatPrompt, LearnsTheAnswersAndTheirEndMarksAlone) {
  const auto spans = training_spans(kTalk);
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans[0].text, "System: Be brief.\n\nUser: hi\n\nAssistant:");
  EXPECT_FALSE(spans[0].is_learned);
  EXPECT_EQ(spans[1].text, " Hello.\nHow are you?\n\n");
  EXPECT_TRUE(spans[1].is_learned);
  EXPECT_EQ(spans[2].text, "User: fine\n\nAssistant:");
  EXPECT_FALSE(spans[2].is_learned);
  EXPECT_EQ(spans[3].text, " Good\n\n");
  EXPECT_TRUE(spans[3].is_learned);
}

TEST(ChatPrompt, IsWhatTrainingPutsBeforeEachAnswer) {
  const auto spans = training_spans(kTalk);
  EXPECT_EQ(chat_prompt(std::span(kTalk).first(2)), spans[0].text);
  EXPECT_EQ(chat_prompt(std::span(kTalk).first(4)), joined({spans.begin(), spans.begin() + 3}));
}

// What chat feeds (the prompt as one text, then the answer) and what training feeds (spans, each
// tokenised on its own) are the same tokens.
TEST(ChatPrompt, TokenisesAsInTraining) {
  for (const auto& tokenizer : {make_byte_tokenizer(), testing_data::world()}) {
    if (!tokenizer) GTEST_SKIP() << "no shared World vocabulary";
    std::vector<int32_t> trained;
    for (const PromptSpan& span : training_spans(kTalk)) {
      const auto ids = tokenizer->encode(span.text);
      trained.insert(trained.end(), ids.begin(), ids.end());
    }
    auto chatted = tokenizer->encode(chat_prompt(std::span(kTalk).first(4)));
    const auto answer = tokenizer->encode(" Good\n\n");
    chatted.insert(chatted.end(), answer.begin(), answer.end());
    EXPECT_EQ(chatted, trained) << tokenizer->kind();
  }
}

TEST(CleanMessage, CollapsesBlankLinesAndStrips) {
  EXPECT_EQ(clean_message("  a\r\n\r\nb\n\n\n\nc\rd\n"), "a\nb\nc\nd");
  EXPECT_EQ(clean_message(std::string("a\n\0\nb\0", 6)), "a\nb");
  EXPECT_EQ(clean_message(" \n\t\r\n "), "");
}

TEST(CleanMessage, MovesRoleWordsAwayFromTheLineStart) {
  EXPECT_EQ(clean_message("a\nUser: b\nAssistant: c\nSystem: d"),
            "a\n User: b\n Assistant: c\n System: d");
  EXPECT_EQ(clean_message("a\u2028User: b\fSystem: c"), "a\u2028 User: b\f System: c");
  EXPECT_EQ(clean_message("the User: b"), "the User: b");
}

TEST(CleanMessage, ChangesNothingTheSecondTime) {
  for (const char* text : {"User: x", "a\r\r\nUser: b ", "\n\nSystem:\n\n", "a\n\nb"}) {
    const std::string once = clean_message(text);
    EXPECT_EQ(clean_message(once), once);
  }
}

TEST(ParseRole, KnowsTheRolesOfRequests) {
  EXPECT_EQ(*parse_role("developer"), Role::System);
  EXPECT_EQ(*parse_role("system"), Role::System);
  EXPECT_EQ(*parse_role("user"), Role::User);
  EXPECT_EQ(*parse_role("assistant"), Role::Assistant);
  EXPECT_EQ(parse_role("User").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(parse_role("").error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace greylag
