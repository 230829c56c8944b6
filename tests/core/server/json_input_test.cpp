// SPDX-License-Identifier: Apache-2.0
// Which bodies are JSON that may be read, and what do large ones cost?
#include "core/server/json_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

namespace greylag {
namespace {

using nlohmann::json;

std::string repeated(std::string_view unit, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += unit;
  return text;
}

std::string list_of(std::string_view unit, size_t times) {
  return "{\"a\":[" + repeated(std::string(unit) + ",", times) + "1]}";
}

std::string refusal(std::string_view text) {
  const auto parsed = parse_json_object(text);
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.error().code, ErrorCode::InvalidArgument);
  return parsed.error().message;
}

TEST(JsonInput, BuildsWhatTheLibraryBuilds) {
  for (const char* text :
       {R"({})", R"( { "a" : [ ] , "b" : { } } )",
        R"({"":[{"a":{"b":[[],[{}],null]}},true,false]})",
        R"({"n":[0,-0,1,-1,1.5,-1e-7,1E+2,9223372036854775807,-9223372036854775808,
           18446744073709551615,18446744073709551616,1e308]})",
        R"({"s":["","\"\\\/\b\f\n\r\t","\u0041\u00e9\u3042\ud83d\ude00","é あ 😀","\u0000"]})",
        "{\"\xEF\xBB\xBFkey\":1}", "\xEF\xBB\xBF{\"a\":1}", "\t\r\n{\"a\":1}\r\n\t "}) {
    const auto parsed = parse_json_object(text);
    ASSERT_TRUE(parsed.ok()) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, json::parse(text)) << text;
  }
}

TEST(JsonInput, RefusesWhatIsNoJson) {
  const std::string texts[] = {
      "", " ", "{", "}", "{]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,\"a\":1}", "{\"a\" 1}",
      "{\"a\":1 \"b\":2}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\":1}x", "{\"a\":1}{}", "{\"a\":1}]",
      "{\"a\":[1,]}", "{\"a\":[,1]}", "{\"a\":[1 2]}", "{\"a\":[1}", "{\"a\":[}", "{\"a\":[1,,2]}",
      // Words and numbers.
      "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":-Infinity}", "{\"a\":nul}", "{\"a\":True}",
      "{\"a\":undefined}", "{\"a\":01}", "{\"a\":-01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":1.}",
      "{\"a\":1.e1}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":-}", "{\"a\":0x10}", "{\"a\":1_000}",
      "{\"a\":1e999}",
      // Strings.
      "{\"a\":\"}", "{\"a\":\"\\\"}", "{\"a\":\"\\x41\"}", "{\"a\":\"\\u12\"}",
      "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\'\"}", "{\"a\":\"\t\"}", "{\"a\":\"\n\"}",
      "{\"a\":\"\x01\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\\u0041\"}",
      "{\"a\":\"\\udc00\"}",
      // Bytes that are no UTF-8: alone, cut, overlong, a surrogate, beyond U+10FFFF.
      "{\"a\":\"\xff\"}", "{\"a\":\"\x80\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\xe3\x81\"}",
      "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xe0\x80\xaf\"}", "{\"a\":\"\xed\xa0\x80\"}",
      "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"\xff\":1}",
      // Comments, other blanks, other encodings.
      "{\"a\":1}//", "{/**/\"a\":1}", "{\"a\":1}#",
      "{\"a\":\xC2\xA0"
      "1}",
      "\xE2\x81\xA0{\"a\":1}", "\xEF\xBB{\"a\":1}", "\xFF\xFE{\"a\":1}", "\f{\"a\":1}",
      "{\"a\":\v1}"};
  for (const std::string& text : texts) EXPECT_NE(refusal(text), "") << text;
}

TEST(JsonInput, ANulByteDoesNotEndTheBody) {
  for (const std::string& text :
       {std::string("{\"a\":1}\0", 8), std::string("{\"a\":1}\0{\"b\":2}", 15),
        std::string("\0{\"a\":1}", 8), std::string("{\"a\":\"\0\"}", 9), std::string("{\0}", 3)}) {
    EXPECT_NE(refusal(text), "");
  }
}

TEST(JsonInput, TakesObjectsOnly) {
  for (const char* text : {"[]", "null", "1", "\"a\"", "true", "[{}]"}) {
    EXPECT_EQ(refusal(text), "the body must be a JSON object") << text;
  }
}

TEST(JsonInput, RefusesTheSameKeyTwiceInOneObject) {
  EXPECT_EQ(refusal(R"({"a":1,"b":2,"a":1})"), "the key \"a\" occurs twice");
  EXPECT_EQ(refusal(R"({"b":[{"a":1,"\u0061":2}]})"), "the key \"a\" occurs twice");
  EXPECT_EQ(refusal(R"({"a":{"a":1},"b":[{"a":2},{"a":3}]})"), "");
}

TEST(JsonInput, KeepsItsLimits) {
  const auto nested = [](int levels) {
    return "{\"a\":" + repeated("[", static_cast<size_t>(levels - 1)) +
           repeated("]", static_cast<size_t>(levels - 1)) + "}";
  };
  EXPECT_EQ(refusal(nested(kJsonDepth)), "");
  EXPECT_EQ(refusal(nested(kJsonDepth + 1)), "the JSON body is nested deeper than 32 levels");
  EXPECT_NE(refusal(repeated("[", 100'000)), "");
  EXPECT_NE(refusal(repeated("{\"a\":", 100'000)), "");
  // Around the list: the object, its key, the list itself and the 1 at its end.
  EXPECT_EQ(refusal(list_of("[]", kJsonNodes - 4)), "");
  EXPECT_EQ(refusal(list_of("[]", kJsonNodes - 3)),
            "the JSON body holds more than a million values");
  EXPECT_EQ(refusal(list_of("{\"b\":0}", kJsonNodes / 3)),
            "the JSON body holds more than a million values");
}

// A quadratic cost would make it 64. Each is tried three times, against noise.
TEST(JsonInput, EightTimesAsManyObjectsCostAboutEightTimesAsMuch) {
  const auto seconds = [](const std::string& body) {
    double best = 1e9;
    for (int i = 0; i < 3; ++i) {
      const std::clock_t start = std::clock();
      EXPECT_EQ(refusal(body), "");
      best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
  };
  for (const char* unit : {R"({"b":1})", "{}", "[]"}) {
    EXPECT_LT(seconds(list_of(unit, 80'000)), 24 * seconds(list_of(unit, 10'000))) << unit;
  }
}

TEST(WholeNumber, IsAlsoWrittenAsAFloat) {
  const std::pair<const char*, std::optional<int64_t>> cases[] = {
      {"24", 24},
      {"24.0", 24},
      {"-1.0", -1},
      {"2e3", 2000},
      {"1.5", std::nullopt},
      {"-0.0", 0},
      {"9223372036854775807", INT64_MAX},
      {"18446744073709551615", INT64_MAX},
      {"1e300", INT64_MAX},
      {"-1e300", INT64_MIN},
      {"-9223372036854775808", INT64_MIN},
      {"\"24\"", std::nullopt},
      {"true", std::nullopt},
      {"null", std::nullopt},
      {"[24]", std::nullopt},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(whole_number(json::parse(text)), expected) << text;
  }
}

TEST(FieldReaderTest, ClampsOrRefusesAndNamesTheFirstFault) {
  const json object = json::parse(R"({"a":7,"b":-2.5,"c":"x","d":null,"e":1,"f":2})");
  FieldReader fields(object);
  EXPECT_EQ(fields.clamped_integer("a", 0, 5), 5);
  EXPECT_EQ(fields.clamped_number("b", -1, 1), -1.0);
  EXPECT_EQ(fields.clamped_number("d", 0, 1), std::nullopt);
  EXPECT_EQ(fields.boolean("e"), true);
  EXPECT_EQ(fields.string("missing", 9), std::nullopt);
  EXPECT_TRUE(fields.ok());
  EXPECT_EQ(fields.boolean("f"), std::nullopt);
  EXPECT_EQ(fields.integer("a", 0, 5), std::nullopt);
  EXPECT_EQ(fields.clamped_number("c", 0, 1), std::nullopt);
  ASSERT_FALSE(fields.ok());
  EXPECT_EQ(fields.param(), "f");
}

}  // namespace
}  // namespace greylag
