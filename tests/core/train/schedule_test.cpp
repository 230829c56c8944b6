// SPDX-License-Identifier: Apache-2.0
#include "core/train/schedule.h"

#include <gtest/gtest.h>

namespace greylag::train {
namespace {

// The learning rates of the reference log (facts 2.2): MiniPile, 1,498,226,207 tokens in steps of
// 512 x 16, at the ends of the first mini-epochs.
TEST(Schedule, FollowsTheReferenceLog) {
  const Schedule schedule{.lr = 6e-4, .lr_final = 6e-5, .warmup_steps = 10, .steps = 182889};
  EXPECT_NEAR(schedule.at(2519), 5.9975e-4, 5e-9);
  EXPECT_NEAR(schedule.at(5039), 5.9899e-4, 5e-9);
}

TEST(Schedule, WarmsUpAndEndsLow) {
  const Schedule schedule{.lr = 1e-3, .lr_final = 1e-4, .warmup_steps = 10, .steps = 100};
  EXPECT_NEAR(schedule.at(0), 1e-5, 1e-12);
  EXPECT_NEAR(schedule.at(5), 1e-3 * (0.01 + 0.99 * 0.5), 1e-12);
  EXPECT_NEAR(schedule.at(10), 1e-3, 1e-12);
  EXPECT_NEAR(schedule.at(100), 1e-4, 1e-12);
  EXPECT_NEAR(schedule.at(55), 5.5e-4, 1e-12);
}

TEST(Schedule, WorksWithoutWarmUp) {
  const Schedule schedule{.lr = 1e-3, .lr_final = 1e-3, .warmup_steps = 0, .steps = 1};
  EXPECT_DOUBLE_EQ(schedule.at(0), 1e-3);
}

}  // namespace
}  // namespace greylag::train
