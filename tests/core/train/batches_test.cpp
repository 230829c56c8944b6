// SPDX-License-Identifier: Apache-2.0
#include "core/train/batches.h"

#include <gtest/gtest.h>

#include <set>

#include "core/train/loss.h"

namespace greylag::train {
namespace {

TEST(Batches, PadToSixteenWithTargetsThatAreNotLearned) {
  const Sample sample{.tokens = {5, 6, 7, 8}, .learned = {1, 0, 1, 1}, .line = 1};
  const Sample longer{
      .tokens = std::vector<int32_t>(18, 3), .learned = std::vector<uint8_t>(18, 1), .line = 2};
  const Sample* const samples[] = {&sample, &longer};
  const MicroBatch batch = make_batch(samples);
  EXPECT_EQ(batch.tokens.size(1), 32);
  EXPECT_EQ(batch.learned_tokens, 2 + 17);
  EXPECT_EQ(batch.input_tokens, 3 + 17);
  const int64_t* const tokens = batch.tokens.data_ptr<int64_t>();
  const int64_t* const targets = batch.targets.data_ptr<int64_t>();
  EXPECT_EQ(tokens[0], 5);
  EXPECT_EQ(tokens[2], 7);
  EXPECT_EQ(tokens[3], 0);
  EXPECT_EQ(targets[0], kNotLearned);  // token 6 is not learned
  EXPECT_EQ(targets[1], 7);
  EXPECT_EQ(targets[2], 8);
  for (int64_t t = 3; t < 32; ++t) EXPECT_EQ(targets[t], kNotLearned);
}

TEST(Batches, EveryEpochVisitsEachSampleOnceInItsOwnOrder) {
  SampleOrder order(50, 3);
  std::vector<int64_t> first, second;
  for (int64_t i = 0; i < 50; ++i) first.push_back(order.at(i));
  for (int64_t i = 50; i < 100; ++i) second.push_back(order.at(i));
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 50u);
  EXPECT_EQ(std::set<int64_t>(second.begin(), second.end()).size(), 50u);
  EXPECT_NE(first, second);
}

TEST(Batches, TheOrderIsAFunctionOfSeedAndPosition) {
  SampleOrder order(50, 3), again(50, 3), other(50, 4);
  EXPECT_EQ(order.at(77), again.at(77));
  order.at(10);
  EXPECT_EQ(order.at(77), again.at(77));  // going back changes nothing
  bool differs = false;
  for (int64_t i = 0; i < 10; ++i) differs |= order.at(i) != other.at(i);
  EXPECT_TRUE(differs);
}

TEST(Batches, SamplesThatTeachNothingAreDropped) {
  std::vector<Sample> samples{{.tokens = {1}, .learned = {1}, .line = 1},
                              {.tokens = {1, 2}, .learned = {1, 0}, .line = 2},
                              {.tokens = {1, 2}, .learned = {0, 1}, .line = 3}};
  const auto kept = drop_unlearnable(std::move(samples));
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].line, 3);
}

}  // namespace
}  // namespace greylag::train
