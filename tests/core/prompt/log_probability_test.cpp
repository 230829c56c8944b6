// SPDX-License-Identifier: Apache-2.0
// Log probabilities of the plain logits.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/prompt/sampler.h"

namespace greylag {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(LogProbability, IsTheLogOfTheSoftmax) {
  const std::vector<float> logits{std::log(1.0f), std::log(3.0f), std::log(4.0f)};
  constexpr double kFloatLogError = 1e-6;  // the inputs are float logarithms
  EXPECT_NEAR(log_probability(logits, 0), std::log(1.0 / 8), kFloatLogError);
  EXPECT_NEAR(log_probability(logits, 2), std::log(0.5), kFloatLogError);
}

TEST(LogProbability, DoesNotOverflow) {
  const std::vector<float> logits{1e30f, 1e30f, -1e30f};
  EXPECT_NEAR(log_probability(logits, 0), std::log(0.5), 1e-12);
}

TEST(LogProbability, IsMinusInfinityForWhatCannotBe) {
  const std::vector<float> logits{0, kNan, kInfinity, -kInfinity};
  for (const int32_t token : {1, 2, 3, 4, -1}) {
    EXPECT_EQ(log_probability(logits, token), -std::numeric_limits<double>::infinity());
  }
  EXPECT_EQ(log_probability(logits, 0), 0);
}

TEST(TopLogProbabilities, AreBestFirstAndOfEqualsTheLowerToken) {
  const std::vector<float> logits{1, 5, kNan, 5, 0};
  const auto top = top_log_probabilities(logits, 3);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].token, 1);
  EXPECT_EQ(top[1].token, 3);
  EXPECT_EQ(top[2].token, 0);
  EXPECT_EQ(top[0].log_probability, log_probability(logits, 1));
  EXPECT_EQ(top_log_probabilities(logits, 10).size(), 4u);
  EXPECT_TRUE(top_log_probabilities(logits, 0).empty());
}

}  // namespace
}  // namespace greylag
