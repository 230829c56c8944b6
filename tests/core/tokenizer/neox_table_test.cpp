// SPDX-License-Identifier: Apache-2.0
// A tokenizer.json that breaks a rule is refused with the rule: each test changes one thing.
#include "core/tokenizer/neox_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "core/base/random.h"
#include "core/tokenizer/neox_tokenizer.h"
#include "tests/core/tokenizer/neox_json.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing_data::small_neox_json;

std::string message_of(const std::string& text) {
  const auto table = read_neox_table(text);
  if (table) return "accepted";
  EXPECT_EQ(table.error().code, ErrorCode::BadFile);
  return table.error().message;
}

// What the reader says to the small vocabulary after a change.
std::string refusal(const std::function<void(json&)>& change) {
  json root = small_neox_json();
  change(root);
  return message_of(root.dump());
}

std::string refusal_of_added(const json& token) {
  return refusal([&](json& root) { root["added_tokens"].push_back(token); });
}

TEST(NeoxTable, ReadsTheSmallVocabulary) {
  const auto neox = parse_neox_tokenizer(small_neox_json().dump());
  ASSERT_TRUE(neox) << neox.error().message;
  EXPECT_EQ((*neox)->size(), 262);
  EXPECT_EQ((*neox)->encode("the the"), (std::vector<int32_t>{258, 259}));
  EXPECT_EQ((*neox)->encode("      "), (std::vector<int32_t>{260, 261}));
}

TEST(NeoxTable, ReadsMergesThatArePairs) {
  EXPECT_EQ(refusal([](json& root) {
              root["model"]["merges"] =
                  json::array({json::array({"t", "h"}), json::array({"th", "e"}),
                               json::array({"\u0120", "the"})});
            }),
            "accepted");
}

TEST(NeoxTable, RefusesWhatIsNoTokenizerJson) {
  EXPECT_THAT(message_of(""), HasSubstr("not valid JSON"));
  EXPECT_THAT(message_of("[]"), HasSubstr("model.type"));
  EXPECT_THAT(message_of("{\"model\":{\"type\":\"BPE\",\"type\":7}}"), HasSubstr("model.type"));
  EXPECT_THAT(message_of(std::string(100000, '[')), HasSubstr("not valid JSON"));
  const std::string whole = small_neox_json().dump();
  for (size_t length = 0; length < whole.size(); length += 7) {
    ASSERT_THAT(message_of(whole.substr(0, length)), HasSubstr("not valid JSON")) << length;
  }
}

TEST(NeoxTable, RefusesOtherWaysToCutText) {
  const auto set = [](const char* place, const json& value) {
    return refusal([&](json& root) { root[json::json_pointer(place)] = value; });
  };
  EXPECT_THAT(set("/model/type", "WordPiece"), HasSubstr("model.type is not BPE"));
  EXPECT_THAT(set("/normalizer", {{"type", "NFKC"}}), HasSubstr("normalizer"));
  EXPECT_THAT(set("/pre_tokenizer", nullptr), HasSubstr("ByteLevel"));
  EXPECT_THAT(set("/pre_tokenizer/type", "Metaspace"), HasSubstr("ByteLevel"));
  EXPECT_THAT(set("/pre_tokenizer/add_prefix_space", true), HasSubstr("add_prefix_space"));
  EXPECT_THAT(set("/pre_tokenizer/use_regex", false), HasSubstr("use_regex"));
  EXPECT_THAT(set("/model/ignore_merges", true), HasSubstr("model.ignore_merges"));
  EXPECT_THAT(set("/model/byte_fallback", true), HasSubstr("model.byte_fallback"));
  EXPECT_THAT(set("/model/unk_token", "?"), HasSubstr("model.unk_token"));
  EXPECT_THAT(set("/model/dropout", 0.1), HasSubstr("model.dropout"));
  EXPECT_EQ(set("/model/end_of_word_suffix", ""), "accepted");
  EXPECT_EQ(set("/model/unk_token", nullptr), "accepted");
}

TEST(NeoxTable, RefusesMissingMerges) {
  EXPECT_THAT(refusal([](json& root) { root["model"].erase("merges"); }),
              HasSubstr("merges is no array"));
  EXPECT_THAT(refusal([](json& root) { root["model"]["merges"] = json::array(); }),
              HasSubstr("no merge makes the token \"th\" (id 257): merges are missing"));
  EXPECT_THAT(refusal([](json& root) { root["model"]["merges"].erase(2); }),
              HasSubstr("no merge makes the token \"\u0120the\" (id 259)"));
}

TEST(NeoxTable, RefusesMergesOfUnknownTokens) {
  const auto with = [](const json& merge) {
    return refusal([&](json& root) { root["model"]["merges"].push_back(merge); });
  };
  for (const json& merge : {json("t q"), json("qu e"), json("th"), json(7), json::array({"t"}),
                            json::array({"t", 8}), json(""), json("th  e")}) {
    EXPECT_THAT(with(merge), HasSubstr("merge 3 names no pair of tokens")) << merge;
  }
  EXPECT_THAT(with("th e"), HasSubstr("merge 3 repeats an earlier one"));
}

TEST(NeoxTable, RefusesMergesInAnotherOrderThanTheirTokens) {
  EXPECT_THAT(refusal([](json& root) {
                std::swap(root["model"]["merges"][0], root["model"]["merges"][1]);
              }),
              HasSubstr("merge 1 makes \"th\" with the id 257, after the id 258"));
}

TEST(NeoxTable, RefusesWrongIds) {
  const auto vocabulary = [](const std::string& word, const json& id) {
    return refusal([&](json& root) { root["model"]["vocab"][word] = id; });
  };
  EXPECT_THAT(vocabulary("the", -1), HasSubstr("the id of \"the\" is no number"));
  EXPECT_THAT(vocabulary("the", 1.5), HasSubstr("is no number"));
  EXPECT_THAT(vocabulary("the", "258"), HasSubstr("is no number"));
  EXPECT_THAT(vocabulary("the", 1 << 20), HasSubstr("is no number below 1048576"));
  EXPECT_THAT(vocabulary("the", 257), HasSubstr("two tokens with the id 257"));
  EXPECT_THAT(vocabulary("the", 300), HasSubstr("no token has the id 258"));
  EXPECT_THAT(vocabulary("", 262), HasSubstr("without letters"));
  EXPECT_THAT(vocabulary("a b", 262), HasSubstr("\"a b\" is not written in the byte alphabet"));
  EXPECT_THAT(vocabulary(std::string(500, 'x') + "\u3042", 262), HasSubstr("xxx…\""));
  EXPECT_THAT(refusal([](json& root) { root["model"]["vocab"].erase("the"); }),
              HasSubstr("no token has the id 258, but 261 is used"));
  EXPECT_THAT(refusal([](json& root) { root["model"]["vocab"] = 1; }), HasSubstr("no object"));
}

// Id 0 ends a document; text must not be able to.
TEST(NeoxTable, RefusesAPlainTokenWithTheIdZero) {
  EXPECT_THAT(refusal([](json& root) { root["added_tokens"][0]["special"] = false; }),
              HasSubstr("neither special"));
  EXPECT_THAT(refusal([](json& root) { root["added_tokens"].erase(0); }),
              HasSubstr("the token with the id 0 is not a special one"));
}

TEST(NeoxTable, ShowsNoControlCharactersOfAFile) {
  EXPECT_THAT(refusal([](json& root) { root["model"]["vocab"]["a\nb\x1b"] = -1; }),
              HasSubstr("the id of \"a?b?\" is no number"));
}

TEST(NeoxTable, RefusesTwoTokensThatSwappedTheirIds) {
  const auto swapped = [](const char* a, const char* b) {
    return refusal([&](json& root) {
      json& words = root["model"]["vocab"];
      std::swap(words[a], words[b]);
    });
  };
  EXPECT_THAT(swapped("a", "b"), HasSubstr("single letters are not numbered in their order"));
  EXPECT_THAT(swapped("th", "the"), HasSubstr("ids follow the order of the merges"));
}

TEST(NeoxTable, RefusesAVocabularyWithoutAByteOfUtf8) {
  EXPECT_THAT(refusal([](json& root) {
                // The letter's id goes to a special token, so that there is no hole.
                json& words = root["model"]["vocab"];
                words["<|odd|>"] = words["z"];
                root["added_tokens"].push_back(
                    {{"id", words["z"]}, {"content", "<|odd|>"}, {"special", true}});
                words.erase("z");
              }),
              HasSubstr("no token for byte 122"));
  EXPECT_THAT(refusal_of_added({{"id", 90}, {"content", "z"}, {"special", true}}),
              HasSubstr("no token for byte 122"));
}

TEST(NeoxTable, RefusesAddedTokensThatItCannotKeepApart) {
  EXPECT_THAT(refusal([](json& root) { root["added_tokens"] = 1; }), HasSubstr("no array"));
  EXPECT_THAT(refusal_of_added({{"id", 262}}), HasSubstr("lacks its id or content"));
  EXPECT_THAT(refusal_of_added({{"content", "   "}}), HasSubstr("lacks its id or content"));
  EXPECT_THAT(refusal_of_added({{"id", 262}, {"content", "word"}}), HasSubstr("neither special"));
  EXPECT_THAT(refusal_of_added({{"id", 262}, {"content", " "}}), HasSubstr("neither special"));
  EXPECT_THAT(refusal_of_added({{"id", 262}, {"content", "   "}, {"lstrip", true}}),
              HasSubstr("neither special"));
  EXPECT_THAT(refusal_of_added({{"id", 262}, {"content", "  "}}), HasSubstr("two ids"));
  EXPECT_THAT(refusal_of_added({{"id", 260}, {"content", "   "}}),
              HasSubstr("two tokens with the id 260"));
  EXPECT_THAT(refusal_of_added({{"id", 261}, {"content", "  "}, {"special", true}}),
              HasSubstr("there twice"));
  EXPECT_THAT(refusal_of_added({{"id", 263}, {"content", "   "}}),
              HasSubstr("no token has the id 262"));
}

TEST(NeoxTable, KeepsSpecialTokensOutOfMerges) {
  json root = small_neox_json();
  root["added_tokens"].push_back({{"id", 258}, {"content", "the"}, {"special", true}});
  const auto neox = parse_neox_tokenizer(root.dump());
  ASSERT_TRUE(neox) << neox.error().message;
  for (const int32_t id : (*neox)->encode("the the")) EXPECT_NE(id, 258);
  EXPECT_EQ((*neox)->decode((*neox)->encode("the the")), "the the");
}

TEST(NeoxTable, AnswersMangledFilesWithAnErrorOrATable) {
  const std::string whole = small_neox_json().dump();
  CounterRandom random(11, 0);
  constexpr std::string_view kSigns = "\"{}[]:,0123456789-.eE\\u \xC3\xFFnulltrue";
  int refused = 0;
  constexpr int kRounds = 1500;
  for (int round = 0; round < kRounds; ++round) {
    std::string text = whole;
    for (uint64_t n = 1 + random.below(3); n > 0; --n) {
      const size_t place = random.below(text.size());
      if (random.below(3) == 0) {
        text.erase(place, 1 + random.below(20));
      } else {
        text[place] = kSigns[random.below(kSigns.size())];
      }
    }
    const auto neox = parse_neox_tokenizer(text);
    if (neox) {
      (*neox)->encode(text);
    } else {
      ++refused;
      ASSERT_FALSE(neox.error().message.empty());
    }
  }
  EXPECT_GT(refused, kRounds / 2);
}

// The published file, changed as a bad download or a careless edit changes it.
class PublishedNeox : public testing::Test {
 protected:
  void SetUp() override {
    if (testing_data::neox_file().empty()) GTEST_SKIP() << "no shared 20B_tokenizer.json";
    root_ = json::parse(testing_data::read_all(testing_data::neox_file()), nullptr, false);
    ASSERT_FALSE(root_.is_discarded());
  }
  json root_;
};

TEST_F(PublishedNeox, IsRefusedWithoutItsLastMerges) {
  json& merges = root_["model"]["merges"];
  merges.erase(merges.begin() + 50000, merges.end());
  EXPECT_THAT(message_of(root_.dump()), HasSubstr("merges are missing"));
}

TEST_F(PublishedNeox, IsRefusedWithoutOneMerge) {
  root_["model"]["merges"].erase(31415);
  EXPECT_THAT(message_of(root_.dump()), HasSubstr("merges are missing"));
}

TEST_F(PublishedNeox, IsRefusedWithoutItsRunsOfSpaces) {
  json& added = root_["added_tokens"];
  added.erase(added.begin() + 10);
  EXPECT_THAT(message_of(root_.dump()), HasSubstr("no token has the id 502"));
}

}  // namespace
}  // namespace greylag
