// SPDX-License-Identifier: Apache-2.0
#include "core/reason/slots.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/reason/puzzle_learner.h"

namespace greylag::reason {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PuzzleOrder::Item item(int64_t index) {
  return {.example = 100 + index, .puzzle_id = static_cast<int32_t>(index)};
}

TEST(Slots, AllStartHaltedAndTakeTheItemOfTheirIndex) {
  Slots slots(3, {});
  EXPECT_THAT(slots.refill(item), ElementsAre(0, 1, 2));
  EXPECT_EQ(slots.all()[2].example, 102);
  EXPECT_EQ(slots.all()[2].puzzle_id, 2);
  EXPECT_EQ(slots.all()[2].steps, 0);
}

TEST(Slots, OthersKeepTheirPuzzleAndDropTheNewOne) {
  Slots slots(3, {.exploration = 0});
  slots.refill(item);
  CounterRandom random(1, 1);
  slots.advance(std::vector<double>{-1, 0, 1, 0, -1, 0}, random);
  std::vector<int64_t> asked;
  const auto changed = slots.refill([&](int64_t index) {
    asked.push_back(index);
    return PuzzleOrder::Item{.example = 200 + index};
  });
  EXPECT_THAT(changed, ElementsAre(1));
  EXPECT_THAT(asked, ElementsAre(1));
  EXPECT_EQ(slots.all()[0].example, 100);
  EXPECT_EQ(slots.all()[0].steps, 1);
  EXPECT_EQ(slots.all()[1].example, 201);
  EXPECT_EQ(slots.all()[1].steps, 0);
}

TEST(Slots, HaltsByTheRuleOfTheRecipe) {
  const std::vector<double> q{0.5, 1.0, -0.5, -1.0};  // halt, continue
  CounterRandom random(1, 1);
  Slots plain(2, {.has_continue = false, .exploration = 0});
  plain.refill(item);
  plain.advance(q, random);
  EXPECT_TRUE(plain.all()[0].is_halted);  // above 0
  EXPECT_FALSE(plain.all()[1].is_halted);
  Slots both(2, {.has_continue = true, .exploration = 0});
  both.refill(item);
  both.advance(q, random);
  EXPECT_FALSE(both.all()[0].is_halted);
  EXPECT_TRUE(both.all()[1].is_halted);  // above q_continue
}

TEST(Slots, ExplorationDelaysHaltingButNeverPastTheLastSegment) {
  constexpr int64_t kLast = 5;
  Slots slots(200, {.max_segments = kLast, .exploration = 1});
  const std::vector<double> sure(400, 3.0);
  std::set<int64_t> halted_after;
  slots.refill(item);
  for (uint64_t step = 0; step < 3 * kLast; ++step) {
    CounterRandom random(1, step);
    slots.advance(sure, random);
    for (const Slot& slot : slots.all()) {
      EXPECT_LE(slot.steps, kLast);
      EXPECT_GT(slot.steps, 0);
      if (slot.is_halted) halted_after.insert(slot.steps);
    }
    slots.refill(item);
  }
  EXPECT_THAT(halted_after, ElementsAre(2, 3, 4, 5));
}

TEST(Slots, TheLastSegmentEndsWhateverQSays) {
  Slots slots(1, {.max_segments = 3, .exploration = 0});
  slots.refill(item);
  CounterRandom random(1, 1);
  for (int64_t step = 1; step <= 3; ++step) {
    EXPECT_FALSE(slots.all()[0].is_halted);
    EXPECT_THAT(slots.refill(item), IsEmpty());
    slots.advance(std::vector<double>{-9, 9}, random);
    EXPECT_EQ(slots.is_last(0), step == 3);
  }
  EXPECT_TRUE(slots.all()[0].is_halted);
}

TEST(Slots, TheContinueTargetUsesHaltAloneAtTheLastSegment) {
  at::Tensor q = at::empty({3, 2}, at::kFloat);
  const float values[] = {-1, 2, 3, 1, -1, 2};
  std::copy(values, values + 6, q.data_ptr<float>());
  at::Tensor is_last = at::zeros({3}, at::kBool);
  is_last.data_ptr<bool>()[2] = true;
  const at::Tensor target = continue_target(q, is_last);
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_NEAR(target.data_ptr<float>()[0], sigmoid(2), 1e-6);
  EXPECT_NEAR(target.data_ptr<float>()[1], sigmoid(3), 1e-6);
  EXPECT_NEAR(target.data_ptr<float>()[2], sigmoid(-1), 1e-6);
}

}  // namespace
}  // namespace greylag::reason
