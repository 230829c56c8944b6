// SPDX-License-Identifier: Apache-2.0
// A vocabulary file that breaks a rule is refused with its line.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/random.h"
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
  EXPECT_THAT(refusal(400, R"(400 b'\x10' 1)"), says("the same token as line 17"));
}

// Windows tools write such line ends; no literal holds a bare CR, so the tokens are the same.
TEST(WorldVocabulary, AcceptsCrLfLineEnds) {
  std::string text;
  for (const std::string& line : made_up_world_lines()) text += line + "\r\n";
  const auto tokens = parse_world_vocabulary(text);
  ASSERT_TRUE(tokens) << tokens.error().message;
  EXPECT_EQ(*tokens, *parse_world_vocabulary(join_lines(made_up_world_lines())));
}

TEST(WorldVocabulary, RefusesOtherLineEndsAndAByteOrderMark) {
  std::string text = join_lines(made_up_world_lines());
  const auto marked = parse_world_vocabulary("\xEF\xBB\xBF" + text);
  ASSERT_FALSE(marked);
  EXPECT_THAT(marked.error().message, AllOf(HasSubstr("line 1:"), HasSubstr("byte order mark")));
  const auto blank = parse_world_vocabulary(text + "\n");
  ASSERT_FALSE(blank);
  EXPECT_THAT(blank.error().message, HasSubstr("line 65530: more than 65529"));
  const auto first = parse_world_vocabulary("\n" + text);
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().message, HasSubstr("line 1: expected an id"));
  std::replace(text.begin(), text.end(), '\n', '\r');
  const auto old = parse_world_vocabulary(text);
  ASSERT_FALSE(old);
  EXPECT_THAT(old.error().message, HasSubstr("line 1:"));
}

TEST(WorldVocabulary, RefusesLinesThatChangedPlaces) {
  std::vector<std::string> lines = made_up_world_lines();
  std::swap(lines[5000], lines[5001]);
  const auto swapped = parse_world_vocabulary(join_lines(lines));
  ASSERT_FALSE(swapped);
  EXPECT_THAT(swapped.error().message, HasSubstr("line 5001: the id is not 5001"));
  lines = made_up_world_lines();
  lines.erase(lines.begin() + 7000);
  const auto missing = parse_world_vocabulary(join_lines(lines));
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("line 7001: the id is not 7001"));
  lines = made_up_world_lines();
  lines.insert(lines.begin() + 7000, lines[7000]);
  const auto doubled = parse_world_vocabulary(join_lines(lines));
  ASSERT_FALSE(doubled);
  EXPECT_THAT(doubled.error().message, HasSubstr("line 7002: the id is not 7002"));
}

// With right ids and lengths; the first 256 must be the bytes in their order.
TEST(WorldVocabulary, RefusesBytesThatChangedPlaces) {
  std::vector<std::string> lines = made_up_world_lines();
  lines[65] = R"(66 b'\x42' 1)";
  lines[66] = R"(67 b'\x41' 1)";
  const auto tokens = parse_world_vocabulary(join_lines(lines));
  ASSERT_FALSE(tokens);
  EXPECT_THAT(tokens.error().message, HasSubstr("line 66: not the single byte 65"));
}

TEST(WorldVocabulary, ChecksTheLengthOfEveryLine) {
  const std::vector<std::string> good = made_up_world_lines();
  CounterRandom random(21, 0);
  for (int round = 0; round < 50; ++round) {
    const size_t number = 1 + random.below(good.size());
    std::string line = good[number - 1];
    line.back() = line.back() == '3' ? '2' : '3';
    EXPECT_THAT(refusal(number, line),
                HasSubstr("line " + std::to_string(number) + ": the length field"));
  }
}

TEST(WorldVocabulary, RefusesAFileCutAtAnyLineOrByte) {
  const std::string text = join_lines(made_up_world_lines());
  std::vector<size_t> starts{0};
  for (size_t end = text.find('\n'); end + 1 < text.size(); end = text.find('\n', end + 1)) {
    starts.push_back(end + 1);
  }
  ASSERT_EQ(starts.size(), 65529u);
  CounterRandom random(22, 0);
  for (size_t round = 0; round < 100; ++round) {
    const size_t line = round < 20 ? round : round < 40 ? 65548 - round : random.below(65529);
    const auto cut = parse_world_vocabulary(std::string_view(text).substr(0, starts[line]));
    ASSERT_FALSE(cut);
    EXPECT_THAT(cut.error().message,
                HasSubstr("line " + std::to_string(line + 1) + ": the file ends here"));
  }
  for (size_t length = starts.back() + 1; length + 1 < text.size(); ++length) {
    const auto cut = parse_world_vocabulary(std::string_view(text).substr(0, length));
    ASSERT_FALSE(cut) << length;
    EXPECT_THAT(cut.error().message, HasSubstr("line 65529:"));
  }
}

TEST(WorldVocabulary, AnswersMangledFilesWithAnErrorOrTokens) {
  const std::string good = join_lines(made_up_world_lines());
  CounterRandom random(23, 0);
  for (int round = 0; round < 300; ++round) {
    // Early places, so that most of the file is never reached.
    std::string text = good.substr(0, 4000);
    for (uint64_t n = 1 + random.below(3); n > 0; --n) {
      text[random.below(text.size())] = static_cast<char>(random.below(256));
    }
    const auto tokens = parse_world_vocabulary(text);
    ASSERT_FALSE(tokens);
    ASSERT_THAT(tokens.error().message, HasSubstr("World vocabulary, line "));
  }
}

TEST(WorldVocabulary, RefusesAnEscapeThatHidesTheClosingQuote) {
  EXPECT_THAT(refusal(400, R"(400 'x\' 2)"), HasSubstr("line 400:"));
}

TEST(WorldVocabulary, RefusesAVocabularyWithoutEverySingleByte) {
  EXPECT_THAT(refusal(8, "8 'not a byte' 10"), HasSubstr("line 8: not the single byte 7"));
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

TEST(WorldVocabulary, RefusesThePublishedFileCutAtALine) {
  const std::string text = testing_data::read_all(testing_data::world_file());
  if (text.empty()) GTEST_SKIP() << "no shared World vocabulary";
  CounterRandom random(24, 0);
  for (int round = 0; round < 25; ++round) {
    const size_t end = text.rfind('\n', random.below(text.size()));
    if (end == std::string::npos) continue;
    const auto line = std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(end), '\n');
    const auto cut = parse_world_vocabulary(std::string_view(text).substr(0, end));
    ASSERT_FALSE(cut);
    EXPECT_THAT(cut.error().message,
                HasSubstr("line " + std::to_string(line + 2) + ": the file ends here"));
  }
}

}  // namespace
}  // namespace greylag
