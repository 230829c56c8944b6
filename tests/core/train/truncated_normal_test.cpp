// SPDX-License-Identifier: Apache-2.0
#include "core/train/truncated_normal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace greylag::train {
namespace {

// 200 000 draws: the mean's error is 1 / sqrt(n) = 0.0022, the std's 0.0012; without the scale the
// std would be 0.880.
TEST(TruncatedNormal, HasUnitStdWithinItsBounds) {
  std::vector<float> values(200'000);
  CounterRandom random(3, 7);
  fill_truncated_normal(values, 1.0, random);
  double sum = 0, squares = 0;
  float largest = 0;
  for (const float x : values) {
    sum += static_cast<double>(x);
    squares += static_cast<double>(x) * static_cast<double>(x);
    largest = std::max(largest, std::abs(x));
  }
  const double n = static_cast<double>(values.size());
  EXPECT_NEAR(sum / n, 0, 0.01);
  EXPECT_NEAR(std::sqrt(squares / n), 1, 0.006);
  EXPECT_LE(static_cast<double>(largest), 2 * kTruncatedNormalScale + 1e-6);
  EXPECT_GT(static_cast<double>(largest), 1.9 * kTruncatedNormalScale);
}

// 1 / sqrt(1 - 4 phi(2) / erf(sqrt 2)), since 2 Phi(2) - 1 = erf(2 / sqrt 2).
TEST(TruncatedNormal, ItsFactorIsTheFormulas) {
  const double density = std::exp(-2.0) / std::sqrt(2 * std::numbers::pi);
  const double variance = 1 - 4 * density / std::erf(std::numbers::sqrt2);
  EXPECT_NEAR(kTruncatedNormalScale, 1 / std::sqrt(variance), 1e-7);
}

}  // namespace
}  // namespace greylag::train
