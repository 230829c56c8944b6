// SPDX-License-Identifier: Apache-2.0
// One JSONL row: its spans, or what is wrong with it.
#include <gtest/gtest.h>

#include "core/data/dataset.h"

namespace greylag {
namespace {

std::string problem_of(std::string_view line) {
  RowProblem problem = RowProblem::Duplicate;
  const auto spans = parse_row(line, &problem);
  if (spans) return "fine";
  EXPECT_EQ(spans.error().code, ErrorCode::BadFile);
  EXPECT_FALSE(spans.error().message.empty());
  return row_problem_name(problem);
}

// "given[learned]given[learned]"
std::string spans_of(std::string_view line) {
  const auto spans = parse_row(line, nullptr);
  if (!spans) return "refused: " + spans.error().message;
  std::string text;
  for (const PromptSpan& span : *spans) {
    text += span.is_learned ? "[" + span.text + "]" : span.text;
  }
  return text;
}

TEST(ParseRow, LearnsAllOfAText) {
  EXPECT_EQ(spans_of(R"({"text":"User: a\n\nAssistant: b"})"), "[User: a\n\nAssistant: b]");
}

TEST(ParseRow, LearnsTheAnswersOfMessages) {
  EXPECT_EQ(spans_of(R"({"messages":[{"role":"system","content":"S"},{"role":"user",)"
                     R"("content":"q\n\n?"},{"role":"assistant","content":"a\n\nb"}]})"),
            "System: S\n\nUser: q\n?\n\nAssistant:[ a\n\nb\n\n]");
}

TEST(ParseRow, KeepsBlankLinesAndIndentationOfAnswers) {
  EXPECT_EQ(spans_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                     R"("content":"    a\n\n\n    b"}]})"),
            "User: q\n\nAssistant:[     a\n\n\n    b\n\n]");
  EXPECT_EQ(spans_of(R"({"instruction":"q","output":"    a\n\nb\n"})"),
            "Instruction: q\n\nResponse:[     a\n\nb]");
}

TEST(ParseRow, LearnsTheResponseOfAnInstruction) {
  EXPECT_EQ(spans_of(R"({"instruction":"Add.","input":"1 2","output":"3"})"),
            "Instruction: Add.\n\nInput: 1 2\n\nResponse:[ 3]");
  EXPECT_EQ(spans_of(R"({"instruction":"Add\n\n1","input":"","output":" 3\n"})"),
            "Instruction: Add\n1\n\nResponse:[ 3]");
  EXPECT_EQ(spans_of(R"({"instruction":"x","output":"3","text":"whole prompt"})"),
            "Instruction: x\n\nResponse:[ 3]");
}

TEST(ParseRow, NamesBadJson) {
  for (const char* line : {"", "x", "{\"text\":\"a\"", "{\"text\":\"a\"} x", "{'text':'a'}",
                           "{\"text\":\"\\ud800\"}", "{\"text\":\"a\",}"}) {
    EXPECT_EQ(problem_of(line), "bad_json") << line;
  }
}

TEST(ParseRow, RefusesDeepNesting) {
  const auto nested = [](size_t depth) {
    return "{\"text\":\"[[[\\\"\",\"x\":" + std::string(depth - 1, '[') +
           std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(problem_of(nested(32)), "fine");
  EXPECT_EQ(problem_of(nested(33)), "bad_json");
  EXPECT_EQ(problem_of(std::string(1u << 20, '[')), "bad_json");
}

TEST(ParseRow, NamesRowsThatAreNoObject) {
  for (const char* line : {"[1]", "\"text\"", "3", "null"}) {
    EXPECT_EQ(problem_of(line), "not_an_object");
  }
}

TEST(ParseRow, NamesRowsWithoutAKnownKey) {
  EXPECT_EQ(problem_of("{}"), "no_known_key");
  EXPECT_EQ(problem_of(R"({"prompt":"a"})"), "no_known_key");
  EXPECT_EQ(problem_of(R"({"text":5})"), "no_known_key");
  EXPECT_EQ(problem_of(R"({"instruction":["a"],"output":"b"})"), "no_known_key");
}

TEST(ParseRow, NamesInvalidUtf8) {
  EXPECT_EQ(problem_of("{\"text\":\"a\xff\"}"), "bad_utf8");
  EXPECT_EQ(problem_of("{\"text\":\"\xed\xa0\x80\"}"), "bad_utf8");
}

TEST(ParseRow, NamesEmptyAnswers) {
  EXPECT_EQ(problem_of(R"({"instruction":"a","output":" \n"})"), "empty_answer");
  EXPECT_EQ(problem_of(R"({"instruction":"a"})"), "empty_answer");
  EXPECT_EQ(problem_of(R"({"messages":[{"role":"user","content":"a"},)"
                       R"({"role":"assistant","content":"\u0000 "}]})"),
            "empty_answer");
}

TEST(ParseRow, NamesEmptyTexts) {
  EXPECT_EQ(problem_of(R"({"text":" \n\t\u0000"})"), "empty_text");
  EXPECT_EQ(problem_of(R"({"instruction":"","input":null,"output":"b"})"), "empty_text");
  EXPECT_EQ(problem_of(R"({"messages":[{"role":"user"},{"role":"assistant","content":"b"}]})"),
            "empty_text");
}

std::string roles(std::initializer_list<const char*> list) {
  std::string row;
  for (const char* role : list) {
    row.append(row.empty() ? "" : ",").append(R"({"content":"x","role":")").append(role) += "\"}";
  }
  return problem_of("{\"messages\":[" + row + "]}");
}

TEST(ParseRow, NamesWrongRoles) {
  EXPECT_EQ(roles({"user", "assistant"}), "fine");
  EXPECT_EQ(roles({"system", "user", "assistant", "user", "assistant"}), "fine");
  EXPECT_EQ(roles({}), "wrong_roles");
  EXPECT_EQ(roles({"user"}), "wrong_roles");
  EXPECT_EQ(roles({"system", "assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"user", "user", "assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"user", "assistant", "assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"user", "assistant", "system", "user", "assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"system", "system", "user", "assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"user", "tool", "assistant"}), "wrong_roles");
  EXPECT_EQ(problem_of(R"({"messages":"x"})"), "wrong_roles");
  EXPECT_EQ(problem_of(R"({"messages":[1]})"), "wrong_roles");
}

}  // namespace
}  // namespace greylag
