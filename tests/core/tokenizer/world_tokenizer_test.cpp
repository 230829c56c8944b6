// SPDX-License-Identifier: Apache-2.0
// World tokens against known ids (measured: greedy and llama.cpp agree) and against the plain rule.
#include "core/tokenizer/world_tokenizer.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/random.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using Ids = std::vector<int32_t>;

class WorldTokenizer : public testing::Test {
 protected:
  void SetUp() override {
    if (!world_) GTEST_SKIP() << "no shared World vocabulary";
  }
  std::shared_ptr<const Tokenizer> world_ = testing_data::world();
};

TEST_F(WorldTokenizer, GivesTheKnownIds) {
  EXPECT_EQ(world_->kind(), "world");
  EXPECT_EQ(world_->size(), 65530);
  EXPECT_EQ(world_->encode("Today is a beautiful day. 今天是美好的一天。"),
            (Ids{33520, 4600, 332, 59219, 21509, 47, 33, 10381, 11639, 13091, 15597, 11685, 14734,
                 10250, 11639, 10080}));
  EXPECT_EQ(world_->encode("User: hi\n\nAssistant: <think>\n</think>\n"),
            (Ids{24281, 59, 4571, 261, 5585, 41693, 59, 295, 35762, 63, 11, 754, 35762, 63, 11}));
  Ids hello = world_->encode("Hello, world! こんにちは、世界！");
  hello.resize(6);
  EXPECT_EQ(hello, (Ids{33155, 45, 40213, 34, 33, 10115}));
  EXPECT_EQ(world_->encode("\n\n"), Ids{261});
  EXPECT_EQ(world_->encode("\x17"), Ids{24});
  EXPECT_EQ(world_->encode("System"), Ids{40812});
  EXPECT_EQ(world_->encode("User"), Ids{24281});
  EXPECT_EQ(world_->encode("\n"), Ids{11});
}

TEST_F(WorldTokenizer, GivesBytesTheIdsOneTo256) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    ASSERT_EQ(world_->encode(text), Ids{byte + 1});
    ASSERT_EQ(world_->bytes(byte + 1), text);
  }
}

TEST_F(WorldTokenizer, EncodesEveryTokenAsItself) {
  for (int32_t id = 1; id < world_->size(); ++id) {
    ASSERT_EQ(world_->encode(world_->bytes(id)), Ids{id});
  }
}

TEST_F(WorldTokenizer, NeverMakesTheEndOfDocumentFromText) {
  EXPECT_EQ(world_->encode("<s>"), (Ids{61, 116, 63}));
  for (const std::string& text :
       {std::string("<s>"), std::string("<s><s>\n<s>"), std::string("<|endoftext|>"),
        std::string("[PAD0]"), std::string("[PAD65530]"), std::string("\\x00"),
        std::string("\0\0a\0", 4)}) {
    for (const int32_t id : world_->encode(text)) EXPECT_NE(id, 0);
    EXPECT_EQ(world_->decode(world_->encode(text)), text);
  }
}

TEST_F(WorldTokenizer, KnowsNoBytesForZeroAndForPadding) {
  EXPECT_EQ(world_->bytes(0), "");
  EXPECT_EQ(world_->bytes(-1), "");
  EXPECT_EQ(world_->bytes(65530), "");
  EXPECT_EQ(world_->bytes(2423), "\u0080");
  EXPECT_EQ(world_->bytes(256), "\xff");
  EXPECT_EQ(world_->bytes(65529), std::string(128, ' '));
}

TEST_F(WorldTokenizer, ReturnsRandomBytesUnchanged) {
  CounterRandom random(3, 0);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += static_cast<char>(random.next());
    ASSERT_EQ(world_->decode(world_->encode(text)), text);
  }
}

TEST_F(WorldTokenizer, TakesTheLongestTokenEverywhereInTheCorpus) {
  const std::string corpus = testing_data::read_all(testing_data::corpus_file());
  if (corpus.empty()) GTEST_SKIP() << "no shared corpus";
  std::map<std::string_view, int32_t> ids;
  for (int32_t id = 1; id < world_->size(); ++id) ids[world_->bytes(id)] = id;
  const std::string_view part = std::string_view(corpus).substr(0, 50000);
  size_t at = 0;
  for (const int32_t id : world_->encode(part)) {
    size_t length = std::min<size_t>(128, part.size() - at);
    while (!ids.contains(part.substr(at, length))) --length;
    ASSERT_EQ(id, ids[part.substr(at, length)]);
    at += length;
  }
  EXPECT_EQ(at, part.size());
}

TEST_F(WorldTokenizer, ReturnsTheCorpusUnchanged) {
  const std::string corpus = testing_data::read_all(testing_data::corpus_file());
  if (corpus.empty()) GTEST_SKIP() << "no shared corpus";
  EXPECT_EQ(world_->decode(world_->encode(corpus)), corpus);
}

TEST(ByteTokenizer, IsTheBytesWithoutNul) {
  const auto bytes = make_byte_tokenizer();
  EXPECT_EQ(bytes->encode(std::string("a\0\xff", 3)), (Ids{97, 255}));
  EXPECT_EQ(bytes->decode(Ids{104, 0, 105, 256, -1}), "hi");
  EXPECT_EQ(bytes->size(), 256);
  EXPECT_EQ(bytes->kind(), "byte");
}

}  // namespace
}  // namespace greylag
