// SPDX-License-Identifier: Apache-2.0
#include "core/infer/prompt_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/base/random.h"

namespace greylag {
namespace {

using Shares = std::vector<int64_t>;
using testing::ElementsAre;

TEST(PromptBudgetTest, OneReaderGetsAllOfIt) {
  EXPECT_THAT(share_prompt_budget(128, Shares{1'000'000}), ElementsAre(128));
  EXPECT_THAT(share_prompt_budget(128, Shares{0, 1'000, 0}), ElementsAre(0, 128, 0));
  EXPECT_THAT(share_prompt_budget(128, Shares{5}), ElementsAre(5));
  EXPECT_THAT(share_prompt_budget(128, Shares{}), ElementsAre());
}

TEST(PromptBudgetTest, ShortPromptIsReadAtOnceBesideLongOnes) {
  EXPECT_THAT(share_prompt_budget(128, Shares{1'000'000, 20}), ElementsAre(108, 20));
  EXPECT_THAT(share_prompt_budget(128, Shares{1'000'000, 200}), ElementsAre(32, 32 + 64));
  Shares many(15, 1'000'000);
  many.push_back(64);
  EXPECT_EQ(share_prompt_budget(128, many).back(), 64);
}

TEST(PromptBudgetTest, LongestGoesOnHoweverManyShortOnesThereAre) {
  Shares many(15, 1'000);
  many.push_back(1'000'000);
  EXPECT_EQ(share_prompt_budget(128, many).back(), 64 / 16);
  EXPECT_GT(share_prompt_budget(16, many).back(), 0);
}

TEST(PromptBudgetTest, SpendsTheWholeBudgetAndNobodyGetsMoreThanItNeeds) {
  CounterRandom random(1, 0);
  for (int round = 0; round < 1'000; ++round) {
    Shares left(random.below(20));
    for (int64_t& one : left) {
      one = static_cast<int64_t>(random.below(random.below(2) == 0 ? 10 : 400));
    }
    const auto budget = static_cast<int64_t>(1 + random.below(200));
    const Shares shares = share_prompt_budget(budget, left);
    ASSERT_EQ(shares.size(), left.size());
    for (size_t i = 0; i < left.size(); ++i) {
      EXPECT_GE(shares[i], 0);
      EXPECT_LE(shares[i], left[i]);
    }
    const auto sum = [](const Shares& all) { return std::reduce(all.begin(), all.end()); };
    EXPECT_EQ(sum(shares), std::min(budget, sum(left)));
  }
}

}  // namespace
}  // namespace greylag
