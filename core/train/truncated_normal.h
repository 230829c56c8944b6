// SPDX-License-Identifier: Apache-2.0
// Random starts of weights: the normal law, and the normal law cut at two standard deviations that
// HRM's initialisation uses (facts hrm.md 1.2). Functions of a CounterRandom alone.
#pragma once

#include <cmath>
#include <numbers>
#include <span>

#include "core/base/random.h"

namespace greylag::train {

// Mean 0, std 1 (Box and Muller 1958, the cosine half).
inline double normal(CounterRandom& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

// A normal law cut at +-2 has the variance 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.773741 (phi density,
// Phi distribution of the normal law), so its values times 1 / sqrt of that have the std 1.
inline constexpr double kTruncatedNormalScale = 1.1368472;

// Mean 0, std 1, within +-2 kTruncatedNormalScale. Draws again outside (1 in 22).
inline double truncated_normal(CounterRandom& random) {
  for (;;) {
    const double x = normal(random);
    if (std::abs(x) <= 2.0) return x * kTruncatedNormalScale;
  }
}

// Truncated normal values of the given std; 1 / sqrt(inputs) is LeCun's.
inline void fill_truncated_normal(std::span<float> out, double std, CounterRandom& random) {
  for (float& x : out) x = static_cast<float>(std * truncated_normal(random));
}

}  // namespace greylag::train
