// SPDX-License-Identifier: Apache-2.0
// Has a run stopped getting better? After `patience` validations in a row that are not lower than
// the best one by more than min_delta (facts hrm.md 4.8), compared with the best and not with the
// one before, so that a slow rise cannot go unseen.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

namespace greylag::train {

struct PatienceOptions {
  int64_t patience = 0;     // 0 = off
  double min_delta = 0;     // nats
  int64_t grace_steps = 0;  // validations before this step are not held against the run
};

struct Patience {
  double best = std::numeric_limits<double>::infinity();
  int64_t waited = 0;  // validations without a better one

  // A validation at `step`. A loss that is not finite is no better one.
  void see(const PatienceOptions& options, int64_t step, double loss) {
    const bool is_better = std::isfinite(loss) && loss < best - options.min_delta;
    if (is_better) best = loss;
    waited = is_better || step < options.grace_steps ? 0 : waited + 1;
  }
  bool is_over(const PatienceOptions& options) const {
    return options.patience > 0 && waited >= options.patience;
  }
};

}  // namespace greylag::train
