// SPDX-License-Identifier: Apache-2.0
// A vocabulary file that breaks a rule is refused with its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/tokenizer/world_tokenizer.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_data::join_lines;
using testing_data::made_up_world_lines;

// What the parser says when line `number` of a good file is `line`.
std::string refusal(size_t number, const std::string& line) {
  static const std::vector<std::string> good = made_up_world_lines();
  std::vector<std::string> lines = good;
  lines[number - 1] = line;
  const auto tokens = parse_world_vocabulary(join_lines(lines));
  if (tokens) return "accepted";
  EXPECT_EQ(tokens.error().code, ErrorCode::BadFile);
  return tokens.error().message;
}

TEST(WorldVocabulary, ReadsAllKindsOfLiterals) {
  std::vector<std::string> lines = made_up_world_lines();
  lines[299] = R"(300 'it\'s' 4)";
  lines[300] = R"(301 "it's two" 8)";
  lines[301] = R"(302 b'\xe9\x00' 2)";
  lines[302] = R"(303 '\xe9\u3042\n\r\t\\' 9)";
  lines[303] = "304 '\u4eca \u5929' 7";
  const auto tokens = parse_world_vocabulary(join_lines(lines));
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(tokens.value()[299], "it's");
  EXPECT_EQ(tokens.value()[300], "it's two");
  EXPECT_EQ(tokens.value()[301], std::string("\xe9\0", 2));
  EXPECT_EQ(tokens.value()[302], "\u00e9\u3042\n\r\t\\");
  EXPECT_EQ(tokens.value()[303], "\u4eca \u5929");
}

TEST(WorldVocabulary, AcceptsAMissingLastLineEnd) {
  std::string text = join_lines(made_up_world_lines());
  text.pop_back();
  EXPECT_TRUE(parse_world_vocabulary(text));
}

TEST(WorldVocabulary, RefusesABrokenLineByNumberAndRule) {
  const auto says = [](const char* rule) { return AllOf(HasSubstr("line 400:"), HasSubstr(rule)); };
  EXPECT_THAT(refusal(400, ""), says("expected an id"));
  EXPECT_THAT(refusal(400, "401 'x y' 3"), says("the id is not 400"));
  EXPECT_THAT(refusal(400, "400 'x y' 4"), says("length field is not 3"));
  EXPECT_THAT(refusal(400, "400 'x y' -3"), says("length field"));
  EXPECT_THAT(refusal(400, "400 '' 0"), says("1 to 128 bytes"));
  EXPECT_THAT(refusal(400, "400 '" + std::string(129, 'x') + "' 129"), says("1 to 128 bytes"));
  EXPECT_THAT(refusal(400, "400 xyz 3"), says("literal"));
  EXPECT_THAT(refusal(400, "400 'xyz\" 3"), says("literal"));
  EXPECT_THAT(refusal(400, "400 ' 1"), says("literal"));
  EXPECT_THAT(refusal(400, "400 'x'y' 3"), says("quote"));
  EXPECT_THAT(refusal(400, R"(400 'x\q' 3)"), says("unknown escape"));
  EXPECT_THAT(refusal(400, R"(400 b'\u1234' 3)"), says("unknown escape"));
  EXPECT_THAT(refusal(400, R"(400 'x\x4' 2)"), says("cut short"));
  EXPECT_THAT(refusal(400, R"(400 'x\x4g' 2)"), says("cut short"));
  EXPECT_THAT(refusal(400, R"(400 '\ud800' 3)"), says("half a character"));
  EXPECT_THAT(refusal(400, "400 '\xff' 1"), says("UTF-8"));
  EXPECT_THAT(refusal(400, "400 b'\u00e9' 2"), says("beyond ASCII"));
  EXPECT_THAT(refusal(400, R"(400 b'\x10' 1)"), says("the same token as on line 17"));
}

TEST(WorldVocabulary, RefusesAnEscapeThatHidesTheClosingQuote) {
  EXPECT_THAT(refusal(400, R"(400 'x\' 2)"), HasSubstr("line 400:"));
}

TEST(WorldVocabulary, RefusesAVocabularyWithoutEverySingleByte) {
  EXPECT_THAT(refusal(8, "8 'not a byte' 10"), HasSubstr("single byte 7"));
}

TEST(WorldVocabulary, RefusesATruncatedOrOverlongFile) {
  std::vector<std::string> lines = made_up_world_lines();
  lines.push_back("65530 'one more' 8");
  const auto longer = parse_world_vocabulary(join_lines(lines));
  ASSERT_FALSE(longer);
  EXPECT_THAT(longer.error().message, HasSubstr("line 65530: more than 65529"));
  lines.resize(1000);
  const auto shorter = parse_world_vocabulary(join_lines(lines));
  ASSERT_FALSE(shorter);
  EXPECT_THAT(shorter.error().message, HasSubstr("line 1001: the file ends here"));
  const std::string text = join_lines(lines);
  const auto cut = parse_world_vocabulary(std::string_view(text).substr(0, text.size() - 4));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message, HasSubstr("line 1000:"));
}

}  // namespace
}  // namespace greylag
