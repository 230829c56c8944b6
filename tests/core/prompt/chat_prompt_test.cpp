// SPDX-License-Identifier: Apache-2.0
// The chat template, for prompts and for training.
#include "core/prompt/chat_prompt.h"

#include <gtest/gtest.h>

#include "core/prompt/infill_prompt.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

const std::vector<ChatMessage> kTalk{{Role::System, "Be\n\nbrief."},
                                     {Role::User, "hi"},
                                     {Role::Assistant, "Hello.\n\nHow are you?"},
                                     {Role::User, "fine "},
                                     {Role::Assistant, "Good"}};

std::vector<PromptSpan> trained(const std::vector<ChatMessage>& talk) {
  std::vector<TrainingTurn> turns;
  for (const ChatMessage& message : talk) {
    turns.push_back({message, message.role == Role::Assistant});
  }
  return training_spans(turns);
}

std::string joined(const std::vector<PromptSpan>& spans) {
  std::string text;
  for (const PromptSpan& span : spans) text += span.text;
  return text;
}

TEST(ChatPrompt, JoinsTurnsByABlankLineAndEndsWithoutASpace) {
  EXPECT_EQ(chat_prompt(std::span(kTalk).first(4)),
            "System: Be\nbrief.\n\nUser: hi\n\nAssistant: Hello.\n\nHow are you?\n\nUser: fine\n\n"
            "Assistant:");
  EXPECT_EQ(chat_prompt({}), "Assistant:");
}

TEST(ChatPrompt, GoesOnWithAnAnswerThatWasBegun) {
  const std::vector<ChatMessage> talk{{Role::User, "Capital of France?"},
                                      {Role::Assistant, "The capital\n\nof Fra"}};
  EXPECT_EQ(chat_prompt(talk), "User: Capital of France?\n\nAssistant: The capital\n\nof Fra");
  EXPECT_EQ(chat_prompt(std::vector<ChatMessage>{{Role::User, "a"}, {Role::Assistant, " b \n"}}),
            "User: a\n\nAssistant: b");
  EXPECT_EQ(chat_prompt(std::vector<ChatMessage>{{Role::User, "a"}, {Role::Assistant, ""}}),
            "User: a\n\nAssistant:");
  EXPECT_EQ(chat_prompt(std::vector<ChatMessage>{{Role::Assistant, "b"}}), "Assistant: b");
}

TEST(ChatPrompt, KnowsTheBlanksAtTheEndOfABegunAnswer) {
  const auto blanks = [](Role role, std::string text) {
    return begun_answer_blanks(
        std::vector<ChatMessage>{{Role::User, "a"}, {role, std::move(text)}});
  };
  EXPECT_EQ(blanks(Role::Assistant, "The capital of"), "");
  EXPECT_EQ(blanks(Role::Assistant, "The capital of "), " ");
  EXPECT_EQ(blanks(Role::Assistant, "def f():\r\n    "), "\n    ");
  EXPECT_EQ(blanks(Role::Assistant, ""), std::nullopt);
  EXPECT_EQ(blanks(Role::Assistant, " \n"), std::nullopt);
  EXPECT_EQ(blanks(Role::User, "The capital of"), std::nullopt);
  EXPECT_EQ(begun_answer_blanks({}), std::nullopt);
}

// What chat wrote comes back as the history, and training reads the same text.
TEST(ChatPrompt, KeepsParagraphsAndCodeOfAnswers) {
  const std::string code = "    def f():\n\n\n        return 3\n\n    # done  \n    f()";
  const std::vector<ChatMessage> talk{{Role::User, "q"}, {Role::Assistant, code}};
  EXPECT_EQ(joined(trained(talk)), "User: q\n\nAssistant: " + code + "\n\n");
  EXPECT_EQ(chat_prompt(talk), "User: q\n\nAssistant: " + code);
  EXPECT_EQ(answer_in(" " + code), code);
}

TEST(ChatPrompt, LearnsOnlyTheTurnsThatAreToBe) {
  const std::vector<TrainingTurn> turns{{{Role::User, "a"}},
                                        {{Role::Assistant, "b"}, /*is_learned=*/false},
                                        {{Role::User, "c"}},
                                        {{Role::Assistant, "d"}, /*is_learned=*/true}};
  const auto spans = training_spans(turns);
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].text, "User: a\n\nAssistant: b\n\nUser: c\n\nAssistant:");
  EXPECT_EQ(spans[1].text, " d\n\n");
}

TEST(ChatPrompt, FillsAGapByTheTemplateOfTheModels) {
  EXPECT_EQ(infill_prompt("int f() {\n", "\n}"), "✿prefix✿✿suffix✿\n}✿middle✿int f() {\n");
}

TEST(ChatPrompt, LearnsTheAnswersAndTheirEndMarksAlone) {
  const auto spans = trained(kTalk);
  ASSERT_EQ(spans.size(), 4u);
  EXPECT_EQ(spans[0].text, "System: Be\nbrief.\n\nUser: hi\n\nAssistant:");
  EXPECT_FALSE(spans[0].is_learned);
  EXPECT_EQ(spans[1].text, " Hello.\n\nHow are you?\n\n");
  EXPECT_TRUE(spans[1].is_learned);
  EXPECT_EQ(spans[2].text, "User: fine\n\nAssistant:");
  EXPECT_FALSE(spans[2].is_learned);
  EXPECT_EQ(spans[3].text, " Good\n\n");
  EXPECT_TRUE(spans[3].is_learned);
}

TEST(ChatPrompt, IsWhatTrainingPutsBeforeEachAnswer) {
  const auto spans = trained(kTalk);
  EXPECT_EQ(chat_prompt(std::span(kTalk).first(2)), spans[0].text);
  EXPECT_EQ(chat_prompt(std::span(kTalk).first(4)), joined({spans.begin(), spans.begin() + 3}));
}

// What chat feeds (the prompt as one text, then the answer) and what training feeds (spans, each
// tokenised on its own) are the same tokens.
TEST(ChatPrompt, TokenisesAsInTraining) {
  for (const auto& tokenizer : {make_byte_tokenizer(), testing_data::world()}) {
    if (!tokenizer) GTEST_SKIP() << "no shared World vocabulary";
    std::vector<int32_t> learned;
    for (const PromptSpan& span : trained(kTalk)) {
      const auto ids = tokenizer->encode(span.text);
      learned.insert(learned.end(), ids.begin(), ids.end());
    }
    auto chatted = tokenizer->encode(chat_prompt(std::span(kTalk).first(4)));
    const auto answer = tokenizer->encode(" Good\n\n");
    chatted.insert(chatted.end(), answer.begin(), answer.end());
    EXPECT_EQ(chatted, learned) << tokenizer->kind();
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

TEST(CleanAnswer, KeepsBlankLinesAndIndentation) {
  EXPECT_EQ(clean_answer("  a\r\n\r\n  b\n\n\n\nc\rd\n \n"), "  a\n\n  b\n\n\n\nc\nd");
  EXPECT_EQ(clean_answer(" \n\r\n\tx"), "\tx");
  EXPECT_EQ(clean_answer(" a"), "a");
  EXPECT_EQ(clean_answer(std::string("\0a\0", 3)), "a");
  EXPECT_EQ(clean_answer(" \n\t\r\n "), "");
}

TEST(CleanAnswer, MovesRoleWordsAwayFromTheLineStart) {
  EXPECT_EQ(clean_answer("a\n\nUser: b\u2028System: c"), "a\n\n User: b\u2028 System: c");
}

TEST(CleanAnswer, ChangesNothingTheSecondTime) {
  for (const char* text : {"User: x", " User: x", "  x", "\n x", "a\r\r\nUser: b ", "\t\n\n"}) {
    const std::string once = clean_answer(text);
    EXPECT_EQ(clean_answer(once), once);
  }
}

TEST(AnswerIn, DropsWhatBelongsToTheTemplate) {
  EXPECT_EQ(answer_in(" a"), "a");
  EXPECT_EQ(answer_in("a"), "a");
  EXPECT_EQ(answer_in("     a"), "    a");
  EXPECT_EQ(answer_in("  a"), "a");  // a single space is no indentation
  EXPECT_EQ(answer_in("\n\n  a \n"), "  a \n");
  for (const char* text : {" a", "  a", "     a", "\n a", " \n\ta"}) {
    EXPECT_EQ(clean_answer(answer_in(text)), answer_in(text)) << text;
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
