// SPDX-License-Identifier: Apache-2.0
// Does every text come back? Megabytes of all that a text can hold, through each tokenizer.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "core/tokenizer/neox_tokenizer.h"
#include "core/tokenizer/utf8.h"
#include "tests/core/tokenizer/mixed_text.h"
#include "tests/core/tokenizer/vocabularies.h"

namespace greylag {
namespace {

using testing_data::mixed_text;
using testing_data::MixedBytes;
using Ids = std::vector<int32_t>;

std::string mixed(size_t size_bytes, MixedBytes bytes, uint64_t seed) {
  static const std::string prose = testing_data::read_all(testing_data::corpus_file());
  return mixed_text(size_bytes, bytes, seed, prose);
}

// Where two texts part, for a failure that can be read.
size_t first_difference(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                             a.begin());
}

#define EXPECT_SAME_TEXT(a, b) EXPECT_TRUE((a) == (b)) << "at " << first_difference(a, b)

TEST(MixedText, HoldsAllThatItPromises) {
  const std::string any = mixed(2'000'000, MixedBytes::Any, 1);
  EXPECT_EQ(any.size(), 2'000'000u);
  EXPECT_EQ(any, mixed(2'000'000, MixedBytes::Any, 1));
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_NE(any.find(static_cast<char>(byte)), std::string::npos) << byte;
  }
  EXPECT_NE(find_bad_utf8(any), std::string::npos);
  const std::string whole = mixed(2'000'000, MixedBytes::Utf8, 1);
  EXPECT_EQ(find_bad_utf8(whole), std::string::npos);
  for (const char* piece : {"счастливые", "ψυχοφθόρα", "今天", "である", "カタカナ", "모든", "يولد",
                            "\u200D", "\u0301", "\t\tsum", "\r\n\r\n"}) {
    EXPECT_NE(whole.find(piece), std::string::npos) << piece;
  }
  EXPECT_NE(whole.find(std::string(200, ' ')), std::string::npos);
  EXPECT_NE(whole.find(std::string(200, '\n')), std::string::npos);
}

class WorldRoundTrip : public testing::Test {
 protected:
  void SetUp() override {
    if (!world_) GTEST_SKIP() << "no shared World vocabulary";
  }
  std::shared_ptr<const Tokenizer> world_ = testing_data::world();
};

TEST_F(WorldRoundTrip, ReturnsTenMegabytesOfMixedText) {
  const std::string text = mixed(10'000'000, MixedBytes::Any, 2);
  const Ids ids = world_->encode(text);
  EXPECT_SAME_TEXT(world_->decode(ids), text);
  EXPECT_EQ(std::count(ids.begin(), ids.end(), 0), 0);
  EXPECT_LT(*std::max_element(ids.begin(), ids.end()), 65530);
}

// Slow, and written apart from the trie: the longest prefix that a hash table knows, sought from
// the longest token with the same first byte downwards.
TEST_F(WorldRoundTrip, AgreesWithAHashTableOfTheTokens) {
  std::unordered_map<std::string_view, int32_t> ids;
  std::array<size_t, 256> longest{};
  for (int32_t id = 1; id < world_->size(); ++id) {
    const std::string_view token = world_->bytes(id);
    ids.emplace(token, id);
    size_t& length = longest[static_cast<unsigned char>(token[0])];
    length = std::max(length, token.size());
  }
  ASSERT_EQ(longest[' '], 128u);
  const std::string text = mixed(200'000, MixedBytes::Any, 3);
  Ids expected;
  for (std::string_view rest = text; !rest.empty();) {
    size_t length = std::min(longest[static_cast<unsigned char>(rest[0])], rest.size());
    auto found = ids.find(rest.substr(0, length));
    while (found == ids.end()) found = ids.find(rest.substr(0, --length));
    expected.push_back(found->second);
    rest.remove_prefix(length);
  }
  EXPECT_EQ(world_->encode(text), expected);
}

TEST_F(WorldRoundTrip, StreamsTheSameTextAsItDecodes) {
  const std::string text = mixed(500'000, MixedBytes::Utf8, 4);
  Utf8Stream stream;
  std::string shown;
  for (const int32_t id : world_->encode(text)) shown += stream.push(world_->bytes(id));
  shown += stream.finish();
  EXPECT_SAME_TEXT(shown, text);
}

class NeoxRoundTrip : public testing::Test {
 protected:
  void SetUp() override {
    if (testing_data::neox_file().empty()) GTEST_SKIP() << "no shared 20B_tokenizer.json";
    static const auto loaded = load_tokenizer(testing_data::neox_file());
    ASSERT_TRUE(loaded) << loaded.error().message;
    neox_ = *loaded;
  }
  std::shared_ptr<const Tokenizer> neox_;
};

TEST_F(NeoxRoundTrip, ReturnsAMegabyteOfMixedText) {
  const std::string text = mixed(1'000'000, MixedBytes::Utf8, 5);
  const std::string composed = normalise_nfc(text);
  EXPECT_NE(composed, text);
  const Ids ids = neox_->encode(composed);
  EXPECT_SAME_TEXT(neox_->decode(ids), composed);
  EXPECT_GT(*std::min_element(ids.begin(), ids.end()), 1);
  EXPECT_LT(*std::max_element(ids.begin(), ids.end()), 50277);
  EXPECT_EQ(neox_->encode(text), ids);
}

// Ids 50254 to 50276 are the runs of 24 down to 2 spaces; they come before all merges.
TEST_F(NeoxRoundTrip, GivesRunsOfSpacesTheirAddedTokens) {
  for (int32_t id = 50254; id <= 50276; ++id) {
    const std::string run(static_cast<size_t>(50278 - id), ' ');
    EXPECT_EQ(neox_->bytes(id), run);
    EXPECT_EQ(neox_->encode(run), Ids{id});
    const Ids between = neox_->encode("x" + run + "y");
    EXPECT_EQ(between, (Ids{neox_->encode("x")[0], id, neox_->encode("y")[0]}));
  }
  EXPECT_EQ(neox_->encode(std::string(48, ' ')), (Ids{50254, 50254}));
  EXPECT_EQ(neox_->encode(std::string(25, ' ')), (Ids{50254, neox_->encode(" ")[0]}));
}

TEST_F(NeoxRoundTrip, NeverMakesASpecialTokenFromText) {
  for (const std::string text : {"<|endoftext|>", "<|padding|>", "<|endoftext|><|endoftext|>",
                                 " <|endoftext|>\n", "<|endoftext|", "<|pad<|padding|>ding|>"}) {
    const Ids ids = neox_->encode(text);
    EXPECT_GT(*std::min_element(ids.begin(), ids.end()), 1) << text;
    EXPECT_EQ(neox_->decode(ids), text);
  }
}

TEST(ByteRoundTrip, ReturnsMixedTextWithoutItsNulBytes) {
  const auto bytes = make_byte_tokenizer();
  std::string text = mixed(2'000'000, MixedBytes::Any, 6);
  const Ids ids = bytes->encode(text);
  std::erase(text, '\0');
  EXPECT_SAME_TEXT(bytes->decode(ids), text);
  ASSERT_EQ(ids.size(), text.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    ASSERT_EQ(ids[i], static_cast<unsigned char>(text[i]));
  }
}

}  // namespace
}  // namespace greylag
