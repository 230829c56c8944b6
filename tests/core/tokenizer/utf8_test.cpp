// SPDX-License-Identifier: Apache-2.0
// UTF-8 that arrives in pieces.
#include "core/tokenizer/utf8.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

std::string whole(std::string_view bytes) {
  Utf8Stream stream;
  const std::string shown = stream.push(bytes);
  return shown + stream.finish();
}

TEST(Utf8Stream, GivesOnlyWholeCharactersAtEverySplit) {
  const std::string text = "aé€😀こ\u0300z";
  for (size_t first = 0; first <= text.size(); ++first) {
    for (size_t second = first; second <= text.size(); ++second) {
      Utf8Stream stream;
      std::string out;
      for (const std::string& piece :
           {text.substr(0, first), text.substr(first, second - first), text.substr(second)}) {
        const std::string shown = stream.push(piece);
        EXPECT_EQ(find_bad_utf8(shown), std::string_view::npos);
        out += shown;
      }
      EXPECT_EQ(out, text);
      EXPECT_EQ(stream.finish(), "");
    }
  }
}

TEST(Utf8Stream, ReplacesWhatCanNeverBecomeACharacter) {
  EXPECT_EQ(whole("a\xff"
                  "b"),
            "a\uFFFDb");
  EXPECT_EQ(whole("\xe2\x82"
                  "x"),
            "\uFFFDx");
  EXPECT_EQ(whole("\xe2\x82"), "\uFFFD");                            // a cut tail
  EXPECT_EQ(whole("\xc0\x80"), "\uFFFD\uFFFD");                      // an overlong NUL
  EXPECT_EQ(whole("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");            // half a surrogate pair
  EXPECT_EQ(whole("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");  // above U+10FFFF
}

TEST(Utf8Stream, GivesTheSameForRandomBytesHoweverTheyAreCut) {
  CounterRandom random(7, 0);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    for (int i = 0; i < 40; ++i) {
      const uint64_t byte = random.below(3) == 0 ? random.below(128) : 128 + random.below(128);
      bytes += static_cast<char>(byte);
    }
    Utf8Stream stream;
    std::string out;
    for (const char byte : bytes) out += stream.push(std::string_view(&byte, 1));
    out += stream.finish();
    ASSERT_EQ(out, whole(bytes));
    ASSERT_EQ(find_bad_utf8(out), std::string_view::npos);
  }
}

TEST(Utf8, WritesEveryScalarValueSoThatItReadsBack) {
  for (char32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_utf8(text, code);
    const Utf8Unit unit = next_utf8(text);
    ASSERT_EQ(unit.state, Utf8State::Whole);
    ASSERT_EQ(unit.code, code);
    ASSERT_EQ(unit.length, text.size());
  }
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(find_bad_utf8("plain text, longer than eight bytes \xff"), 36u);
  EXPECT_EQ(find_bad_utf8("cut \xe2\x82"), 4u);
  EXPECT_EQ(find_bad_utf8("fine: é"), std::string_view::npos);
}

TEST(Utf8, ShowsTextOfAFileShortAndWithoutControlCharacters) {
  EXPECT_EQ(in_quotes("a\n\x1b[2J\x7f"), "\"a??[2J?\"");
  EXPECT_EQ(in_quotes(std::string("a\0b\u00e9", 5)), "\"a?b\u00e9\"");
  EXPECT_EQ(in_quotes(std::string(39, 'x') + "\u3042 and more"),
            '"' + std::string(39, 'x') + "\u2026\"");
  EXPECT_EQ(in_quotes(""), "\"\"");
}

}  // namespace
}  // namespace greylag
