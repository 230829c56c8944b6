// SPDX-License-Identifier: Apache-2.0
// GPT-NeoX tokens. The expected ids come from the npm package @huggingface/tokenizers 0.2.0 on the
// same tokenizer.json.
#include "core/tokenizer/neox_tokenizer.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/tokenizer/utf8.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using Ids = std::vector<int32_t>;

class NeoxTokenizer : public testing::Test {
 protected:
  void SetUp() override {
    if (testing_data::neox_file().empty()) GTEST_SKIP() << "no shared 20B_tokenizer.json";
    static const auto loaded = load_tokenizer(testing_data::neox_file());
    ASSERT_TRUE(loaded) << loaded.error().message;
    neox_ = *loaded;
  }
  std::shared_ptr<const Tokenizer> neox_;
};

TEST_F(NeoxTokenizer, GivesTheKnownIds) {
  const std::vector<std::pair<std::string, Ids>> known{
      {"Hello world", {12092, 1533}},
      {"Hello, world! It's 2024: they'll've we're 'tis I'd",
       {12092, 13, 1533, 2, 733, 434, 1384, 1348, 27, 597, 1833, 1849, 359, 1472, 686, 35879, 309,
        1871}},
      {"  two   three    four\n\n   tabs\t\tx \n y",
       {50276, 9389, 50275, 13524, 50274, 12496, 535, 50275, 33754, 186, 186, 89, 2490, 340}},
      {"こんにちは、世界！", {10446, 13639, 5444, 23826, 6418, 4746, 42848, 45261, 26680}},
      {"naïve café Ünïcödé Ωmega",
       {2072, 30180, 36241, 37995, 79, 12589, 68, 25873, 860, 1454, 104, 3937}},
      {"x½² ١٢٣ Ⅷ 3.14",
       {89, 8313, 15818, 209, 149, 96, 149, 97, 149, 98, 3384, 216, 102, 495, 15, 1047}},
      {"e\u0301 A\u030a \u212b \uac00", {860, 17732, 17732, 42984, 211}},
      {"a\u00a0b\u3000c\u2028d\u0085"
       "e",
       {66, 575, 67, 19409, 68, 40702, 69, 16643, 70}},
      {"def f(x):\n    return x  # no\n",
       {1545, 269, 9, 89, 2262, 187, 50274, 2309, 1269, 50276, 4, 642, 187}},
      {std::string(30, ' ') + "30 spaces", {50254, 50272, 1229, 8470}},
      {"trailing  ", {7604, 4837, 50276}},
      {"\n\n\nUser: hi\n\nAssistant:", {535, 187, 6989, 27, 14260, 187, 187, 6717, 5567, 27}},
      {"don't DON'T it''s '", {9903, 626, 24694, 8, 53, 352, 6267, 84, 686}},
      {"\r\n\r\n x", {15971, 1269}},
  };
  for (const auto& [text, ids] : known) EXPECT_EQ(neox_->encode(text), ids) << text;
}

TEST_F(NeoxTokenizer, KeepsSpecialTokensOutOfText) {
  for (const std::string text : {"<|endoftext|>", "a<|padding|>b"}) {
    const Ids ids = neox_->encode(text);
    for (const int32_t id : ids) EXPECT_GT(id, 1);
    EXPECT_EQ(neox_->decode(ids), text);
  }
  EXPECT_EQ(neox_->bytes(0), "");
  EXPECT_EQ(neox_->size(), 50277);
}

TEST_F(NeoxTokenizer, ReturnsTheCorpusUnchanged) {
  const std::string corpus = testing_data::read_all(testing_data::corpus_file());
  if (corpus.empty()) GTEST_SKIP() << "no shared corpus";
  const std::string part = corpus.substr(0, 200000);
  EXPECT_EQ(neox_->decode(neox_->encode(part)), part);
}

TEST_F(NeoxTokenizer, ReturnsBrokenBytesUnchanged) {
  CounterRandom random(5, 0);
  for (int round = 0; round < 100; ++round) {
    std::string text;
    // Continuation bytes alone form no characters, so nothing here is normalised.
    for (int i = 0; i < 60; ++i) {
      text += static_cast<char>(random.below(2) == 0 ? random.below(128) : 0x80 + random.below(64));
    }
    ASSERT_EQ(neox_->decode(neox_->encode(text)), text);
  }
}

TEST_F(NeoxTokenizer, ReplacesBytesThatHaveNoToken) {
  EXPECT_EQ(neox_->decode(neox_->encode("a\xff\xc0"
                                        "b")),
            "a\uFFFD\uFFFDb");
}

TEST_F(NeoxTokenizer, TakesALongWordInReasonableTime) {
  const std::string word(200000, 'a');
  EXPECT_EQ(neox_->decode(neox_->encode(word)), word);
}

TEST(Nfc, ComposesAcrossStretchesButLeavesBrokenBytes) {
  EXPECT_EQ(normalise_nfc("e\u0301\xff"
                          "e\u0301"),
            "\u00e9\xff\u00e9");
  std::string longer, expected;
  while (longer.size() < (3u << 20)) {
    longer += "e\u0301";
    expected += "\u00e9";
  }
  EXPECT_EQ(normalise_nfc(longer), expected);
}

TEST(NextWord, CutsByTheWordRule) {
  const auto words = [](std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
      out.emplace_back(next_word(text));
      text.remove_prefix(out.back().size());
    }
    return out;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words("I'll go, 42x  \n end "),
            (Words{"I", "'ll", " go", ",", " 42", "x", "  \n", " end", " "}));
  EXPECT_EQ(words("a \t b"), (Words{"a", " \t", " b"}));
  EXPECT_EQ(words("\xff\xfe!"), (Words{"\xff\xfe!"}));
}

}  // namespace
}  // namespace greylag
