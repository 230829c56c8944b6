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
  for (const PromptSpan& span : spans->spans) {
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
  EXPECT_EQ(spans_of(R"({"instruction":"Who?","context":"A b.","response":"A","category":"qa"})"),
            "Instruction: Who?\n\nInput: A b.\n\nResponse:[ A]");
}

TEST(ParseRow, DropsNoMessageThatStandsInPlaceOfAText) {
  EXPECT_EQ(spans_of(R"({"instruction":"q","output":[{"role":"assistant","content":"a"},)"
                     R"({"role":"user","content":"r"},{"role":"assistant","content":"b"}]})"),
            "User: q\n\nAssistant:[ a\n\n]User: r\n\nAssistant:[ b\n\n]");
  EXPECT_EQ(problem_of(R"({"instruction":"q","output":[{"role":"assistant","content":"a",)"
                       R"("weight":0}]})"),
            "empty_answer");
}

TEST(ParseRow, ReadsConversationsInTheSpellingsOfTheField) {
  const std::string expected = "User: q\n\nAssistant:[ a\n\n]";
  for (const char* row : {
           R"({"conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"}]})",
           R"({"conversation":[{"human":"q","assistant":"a"}]})",
           R"({"messages":[{"role":"User","content":[{"type":"text","text":"q"}]},)"
           R"({"role":"model","content":"a"}]})",
           R"({"prompt":"q","completion":"a"})",
           R"({"prompt":"q","response":"a"})",
           R"({"query":"q","response":"a"})",
           R"({"question":"q","answer":"a"})",
           R"({"Question":"q","Answer":"a"})",
           R"({"input":"q","output":"a"})",
           R"({"human":"q","gpt":"a"})",
           R"({"user":"q","assistant":"a"})",
           R"({"prompt":[{"role":"user","content":"q"}],)"
           R"("completion":[{"role":"assistant","content":"a"}]})",
           R"({"prompt":"q","completion":" a"})",
       }) {
    EXPECT_EQ(spans_of(row), expected) << row;
  }
  EXPECT_EQ(spans_of(R"({"system":"S","conversations":[{"from":"human","value":"q"},)"
                     R"({"from":"gpt","value":"a"}]})"),
            "System: S\n\n" + expected);
  EXPECT_EQ(spans_of(R"({"question":"q","context":"c","answer":"a"})"),
            "User: q\nc\n\nAssistant:[ a\n\n]");
}

// LLaMA-Factory's Alpaca rows: what was said before is read and learned as what is said last.
TEST(ParseRow, ReadsSystemAndHistoryOfAnInstruction) {
  EXPECT_EQ(spans_of(R"({"instruction":"i","input":"x","output":"o","system":"S",)"
                     R"("history":[["q","a"]]})"),
            "System: S\n\nUser: q\n\nAssistant:[ a\n\n]User: i\nx\n\nAssistant:[ o\n\n]");
  EXPECT_EQ(spans_of(R"({"instruction":"i","output":"o","system":"","history":[]})"),
            "User: i\n\nAssistant:[ o\n\n]");
  EXPECT_EQ(problem_of(R"({"instruction":"i","output":"o","history":["q","a"]})"),
            "unsupported_key");
}

TEST(ParseRow, LearnsThoughtsBeforeTheAnswer) {
  EXPECT_EQ(spans_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                     R"("reasoning_content":"t\n\nu","content":"a"}]})"),
            "User: q\n\nAssistant:[ <think>\nt\n\nu\n</think>\na\n\n]");
  EXPECT_EQ(spans_of(R"({"Question":"q","Complex_CoT":"t","Response":"a"})"),
            "User: q\n\nAssistant:[ <think>\nt\n</think>\na\n\n]");
  EXPECT_EQ(problem_of(R"({"question":"q","reasoning":"t","answer":"<think>u</think>a"})"),
            "ambiguous");
  EXPECT_EQ(problem_of(R"({"question":"q","reasoning":"t","answer":" "})"), "empty_answer");
}

TEST(ParseRow, LearnsOnlyAnswersOfWeightOne) {
  EXPECT_EQ(spans_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                     R"("content":"a","weight":0},{"role":"user","content":"r"},)"
                     R"({"role":"assistant","content":"b","weight":1}]})"),
            "User: q\n\nAssistant: a\n\nUser: r\n\nAssistant:[ b\n\n]");
  EXPECT_EQ(problem_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                       R"("content":"a","weight":0}]})"),
            "empty_answer");
  EXPECT_EQ(problem_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                       R"("content":"a","weight":0.5}]})"),
            "unsupported_key");
  EXPECT_EQ(problem_of(R"({"messages":[{"role":"user","content":"q","train":true},)"
                       R"({"role":"assistant","content":"a"}]})"),
            "unsupported_key");
}

TEST(ParseRow, RefusesByNameWhatItCannotLearn) {
  EXPECT_EQ(problem_of(R"({"prompt":"q","chosen":"a","rejected":"b"})"), "preference");
  EXPECT_EQ(problem_of(R"({"prompt":"q","completion":"a","label":false})"), "preference");
  EXPECT_EQ(problem_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                       R"("content":"a"}],"tools":[{"name":"f"}]})"),
            "unsupported_key");
  EXPECT_EQ(spans_of(R"({"messages":[{"role":"user","content":"q"},{"role":"assistant",)"
                     R"("content":null,"tool_calls":[{"id":"1"}]}]})"),
            "refused: message 2 has \"tool_calls\", which cannot be learned here");
  EXPECT_EQ(
      spans_of(R"({"messages":[{"role":"user","content":[{"type":"image_url"}]}]})"),
      "refused: message 1 \"content\" holds a part of type \"image_url\": only text can be learned "
      "here");
}

TEST(ParseRow, RefusesTwoOfWhatIsReadOnce) {
  EXPECT_EQ(spans_of(R"({"prompt":"q","completion":"a","response":"b"})"),
            "refused: has both \"completion\" and \"response\"; keep the one to be read");
  EXPECT_EQ(problem_of(R"({"messages":[],"conversations":[{"from":"human","value":"q"}],)"
                       R"("messages":[{}]})"),
            "ambiguous");
  EXPECT_EQ(spans_of(R"({"text":"a","text":"b"})"), "refused: the key \"text\" stands twice");
  EXPECT_EQ(problem_of(R"({"text":"a","x":{"y":1,"y":2}})"), "ambiguous");
  EXPECT_EQ(problem_of(R"({"text":"a","x":{"y":1},"z":{"y":2}})"), "fine");
}

TEST(ParseRow, TellsKeysThatAreNotRead) {
  const auto row = parse_row(
      R"({"id":7,"empty":"","none":null,"text":"t","messages":[{"role":"user","content":"q",)"
      R"("name":"Ann"},{"role":"assistant","content":"a"}]})",
      nullptr);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->unread_keys, (std::vector<std::string>{"messages[].name", "id", "text"}));
  EXPECT_EQ(parse_row(R"({"prompt":"q","response":"a","label":"kind"})", nullptr)->unread_keys,
            std::vector<std::string>{"label"});
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
  EXPECT_EQ(problem_of(R"({"question":"a"})"), "empty_answer");
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
  EXPECT_EQ(roles({"user", "narrator", "assistant"}), "wrong_roles");
  EXPECT_EQ(roles({"user", "tool", "assistant"}), "unsupported_key");
  EXPECT_EQ(problem_of(R"({"messages":"x"})"), "wrong_roles");
  EXPECT_EQ(problem_of(R"({"messages":[1]})"), "wrong_roles");
}

}  // namespace
}  // namespace greylag
