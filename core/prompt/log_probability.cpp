// SPDX-License-Identifier: Apache-2.0
// log softmax in double: x - max - log(sum of exp(x - max)). Logits that are not finite count as
// minus infinity.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/prompt/sampler.h"

namespace greylag {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

// best: the largest logit; minus infinity when none is finite. log_sum: log of sum exp(x - best).
struct Normaliser {
  double best = kNever, log_sum = 0;
  double log_probability(float x) const { return static_cast<double>(x) - best - log_sum; }
};

Normaliser normalise(std::span<const float> logits) {
  double best = kNever;
  for (const float x : logits) {
    if (std::isfinite(x)) best = std::max(best, static_cast<double>(x));
  }
  double sum = 0;
  for (const float x : logits) {
    if (std::isfinite(x)) sum += std::exp(static_cast<double>(x) - best);
  }
  return {best, std::log(sum)};
}

}  // namespace

double log_probability(std::span<const float> logits, int32_t token) {
  if (token < 0 || static_cast<size_t>(token) >= logits.size()) return kNever;
  const float x = logits[static_cast<size_t>(token)];
  return std::isfinite(x) ? normalise(logits).log_probability(x) : kNever;
}

std::vector<TokenProbability> top_log_probabilities(std::span<const float> logits, int count) {
  std::vector<TokenProbability> best;
  if (count <= 0) return best;
  const Normaliser normaliser = normalise(logits);
  for (size_t i = 0; i < logits.size(); ++i) {
    if (std::isfinite(logits[i])) {
      best.push_back({static_cast<int32_t>(i), normaliser.log_probability(logits[i])});
    }
  }
  const size_t kept = std::min(static_cast<size_t>(count), best.size());
  std::partial_sort(best.begin(), best.begin() + static_cast<ptrdiff_t>(kept), best.end(),
                    [](const TokenProbability& a, const TokenProbability& b) {
                      if (a.log_probability != b.log_probability) {
                        return a.log_probability > b.log_probability;
                      }
                      return a.token < b.token;
                    });
  best.resize(kept);
  return best;
}

}  // namespace greylag
