// SPDX-License-Identifier: Apache-2.0
// The learning rate of a step: warm-up, then a cosine from lr to lr_final (facts 2.2). A function
// of the step alone, so that resuming needs no state.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace greylag::train {

struct Schedule {
  double lr = 1e-4;        // peak
  double lr_final = 1e-5;  // at the end
  int64_t warmup_steps = 10;
  int64_t steps = 1000;  // all steps of the run

  // step from 0.
  double at(int64_t step) const {
    const double now = static_cast<double>(step), warm = static_cast<double>(warmup_steps);
    const double span = std::max(1.0, static_cast<double>(steps) - warm);
    const double p = std::clamp((now - warm) / span, 0.0, 1.0);
    const double f = lr_final / lr;
    const double cosine = lr * ((0.5 + f / 2) + (0.5 - f / 2) * std::cos(std::numbers::pi * p));
    return step < warmup_steps ? cosine * (0.01 + 0.99 * now / warm) : cosine;
  }
};

}  // namespace greylag::train
