// SPDX-License-Identifier: Apache-2.0
// Which token comes next? ChatRWKV order: subtract decaying penalties from the logits, softmax,
// top-k and top-p on that, p^(1/T), renormalise, draw. Temperature 0 = greedy (after penalties and
// bias). Equal seed, options and logits give equal tokens on every machine. One generation each.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/base/random.h"

namespace greylag {

struct SamplerOptions {
  double temperature = 1.0;        // 0 = greedy; 0..2
  double top_p = 0.5;              // 0..1; 0 keeps the best token only
  int top_k = 100;                 // 0 = off
  double min_p = 0.0;              // drop tokens below min_p x the best
  double presence_penalty = 0.0;   // -2..2, once per token that occurred
  double frequency_penalty = 0.0;  // -2..2, times the decayed count
  double penalty_decay = 0.996;    // counts shrink by this at every token
  uint64_t seed = 0;
  std::map<int32_t, double> logit_bias;
};

struct TokenProbability {
  int32_t token = 0;
  double log_probability = 0;
};

class Sampler {
 public:
  explicit Sampler(SamplerOptions options);
  // logits [V] f32. Ids at or beyond `usable` (padding rows of the vocabulary) are never drawn.
  // Non-finite logits count as minus infinity; token 0 comes out when none is finite. Counts the
  // drawn token for the penalties.
  int32_t sample(std::span<const float> logits, int32_t usable);
  const SamplerOptions& options() const { return options_; }

 private:
  void adjust();
  int32_t draw();

  SamplerOptions options_;
  CounterRandom random_;
  std::unordered_map<int32_t, double> counts_;
  std::vector<std::pair<float, int32_t>> candidates_;
};

// log softmax of the plain logits: of `token`, and of the best `count` tokens, best first.
double log_probability(std::span<const float> logits, int32_t token);
std::vector<TokenProbability> top_log_probabilities(std::span<const float> logits, int count);

}  // namespace greylag
