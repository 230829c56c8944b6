// SPDX-License-Identifier: Apache-2.0
// Slots are given out, given back, cloned, saved and restored without touching each other.
#include "core/model/state_pool.h"

#include <gtest/gtest.h>

#include "core/model/rwkv7_encoder.h"
#include "tests/core/model/loaded_model.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using test::LoadedModel;

class StatePoolTest : public testing::Test {
 protected:
  StatePoolTest() : loaded_(write()) {}
  std::filesystem::path write() {
    EXPECT_TRUE(test::write_tiny_checkpoint(dir_ / "tiny.safetensors").ok());
    return dir_ / "tiny.safetensors";
  }
  test::TempDir dir_;
  LoadedModel loaded_;
  const std::vector<int32_t> tokens_ = test::some_tokens(12, 1);
};

TEST_F(StatePoolTest, SlotsRunOutAndComeBackEmpty) {
  {
    std::vector<StateSlot> slots;
    for (int i = 0; i < 4; ++i) slots.push_back(loaded_.take());
    for (const StateSlot& slot : slots) loaded_.run(slot, tokens_, 12);
    const Result<StateSlot> fifth = loaded_.pool->take();
    ASSERT_FALSE(fifth.ok());
    EXPECT_EQ(fifth.error().code, ErrorCode::TooManyRequests);
  }
  EXPECT_EQ(loaded_.pool->free_slots(), 4);
  const HostState state = loaded_.pool->download(loaded_.take());
  EXPECT_EQ(state.wkv, std::vector<float>(state.wkv.size(), 0.0f));
  EXPECT_EQ(state.att_shift, std::vector<float>(state.att_shift.size(), 0.0f));
}

TEST_F(StatePoolTest, CloneGoesOnByItself) {
  const StateSlot slot = loaded_.take();
  loaded_.run(slot, tokens_, 12);
  const Result<StateSlot> copy = loaded_.pool->clone(slot);
  ASSERT_TRUE(copy.ok());
  const std::vector<float> next = loaded_.run(*copy, tokens_, 12).logits;
  EXPECT_EQ(loaded_.run(slot, tokens_, 12).logits, next);
}

TEST_F(StatePoolTest, DownloadedStateGoesOnAfterUpload) {
  const StateSlot slot = loaded_.take();
  loaded_.run(slot, tokens_, 12);
  const HostState saved = loaded_.pool->download(slot);
  const std::vector<float> expected = loaded_.run(slot, tokens_, 5).logits;
  const StateSlot other = loaded_.take();
  loaded_.run(other, test::some_tokens(30, 9), 30);
  loaded_.pool->upload(other, saved);
  EXPECT_EQ(loaded_.run(other, tokens_, 5).logits, expected);
}

TEST_F(StatePoolTest, TimeStateAloneLeavesTheShiftsZero) {
  const StateSlot slot = loaded_.take();
  loaded_.run(slot, tokens_, 12);
  const HostState before = loaded_.pool->download(slot);
  loaded_.pool->upload_wkv(slot, before.wkv);
  const HostState after = loaded_.pool->download(slot);
  EXPECT_EQ(after.wkv, before.wkv);
  EXPECT_EQ(after.att_shift, std::vector<float>(after.att_shift.size(), 0.0f));
  EXPECT_EQ(after.ffn_shift, std::vector<float>(after.ffn_shift.size(), 0.0f));
}

class EncoderTest : public StatePoolTest {
 protected:
  EncoderTest() : encoder_(*loaded_.model, *loaded_.pool) {}
  Rwkv7Encoder encoder_;
  const size_t width_ = 64;
};

TEST_F(EncoderTest, MaskedTokensLeaveNoTrace) {
  const std::vector<int32_t> ids = {7, 8, 200, 9, 201, 10};
  const std::vector<uint8_t> mask = {1, 1, 0, 1, 0, 1};
  const Result<Encoding> masked = encoder_.encode(ids, mask, Pooling::Last);
  const Result<Encoding> plain = encoder_.encode({{7, 8, 9, 10}}, {}, Pooling::Last);
  ASSERT_TRUE(masked.ok() && plain.ok());
  const auto row = [&](const Encoding& e, size_t i) {
    const auto begin = e.hidden.begin() + static_cast<std::ptrdiff_t>(i * width_);
    return std::vector<float>(begin, begin + static_cast<std::ptrdiff_t>(width_));
  };
  const size_t places[] = {0, 1, 3, 5};
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(row(*masked, places[i]), row(*plain, i));
  EXPECT_EQ(row(*masked, 2), std::vector<float>(width_, 0.0f));
  EXPECT_EQ(masked->pooled, plain->pooled);
  EXPECT_EQ(masked->pooled, row(*masked, 5));
}

TEST_F(EncoderTest, PoolsMeanAndFirst) {
  const std::vector<uint8_t> mask = {0, 1, 1};
  const std::vector<int32_t> ids = {5, 6, 7};
  const Result<Encoding> mean = encoder_.encode(ids, mask, Pooling::Mean);
  const Result<Encoding> first = encoder_.encode(ids, mask, Pooling::First);
  ASSERT_TRUE(mean.ok() && first.ok());
  for (size_t c = 0; c < width_; ++c) {
    EXPECT_FLOAT_EQ(first->pooled[c], first->hidden[width_ + c]);
    EXPECT_NEAR(mean->pooled[c], (mean->hidden[width_ + c] + mean->hidden[2 * width_ + c]) / 2,
                1e-6);
  }
}

TEST_F(EncoderTest, LongSequencesEqualTheModelsOwnRows) {
  const std::vector<int32_t> ids = test::some_tokens(300, 2);
  const Result<Encoding> encoding = encoder_.encode(ids, {}, Pooling::Mean);
  ASSERT_TRUE(encoding.ok());
  EXPECT_EQ(encoding->hidden, loaded_.run(loaded_.take(), ids, 300).hidden);
  EXPECT_EQ(loaded_.pool->free_slots(), 4);
}

TEST_F(EncoderTest, RefusesEmptyAndBadInput) {
  const std::vector<int32_t> ids = {5, 300};
  EXPECT_FALSE(encoder_.encode({}, {}, Pooling::Mean).ok());
  EXPECT_FALSE(encoder_.encode(ids, {}, Pooling::Mean).ok());
  EXPECT_FALSE(encoder_.encode({{1, 2}}, {{0, 0}}, Pooling::Mean).ok());
  EXPECT_FALSE(encoder_.encode({{1, 2}}, {{1}}, Pooling::Mean).ok());
}

}  // namespace
}  // namespace greylag
