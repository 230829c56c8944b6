// SPDX-License-Identifier: Apache-2.0
// Which samples make up a step? The order is a function of (seed, epoch, index), so that a resumed
// run needs the number of samples consumed and nothing else.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/data/dataset.h"

namespace greylag::train {

// tokens [B, T], targets [B T] int64 (kNotLearned where nothing is learned), T padded to 16.
struct MicroBatch {
  at::Tensor tokens, targets;
  int64_t input_tokens = 0;    // without padding
  int64_t learned_tokens = 0;  // targets
};

// Samples of one micro batch; each has at least two tokens.
MicroBatch make_batch(std::span<const Sample* const> samples);

// Samples that teach something: two tokens or more, a learned one after the first.
std::vector<Sample> drop_unlearnable(std::vector<Sample> samples);

class SampleOrder {
 public:
  SampleOrder(int64_t count, uint64_t seed) : count_(count), seed_(seed) {}
  // The sample at a position of the endless stream of shuffled epochs.
  int64_t at(int64_t position);

 private:
  void shuffle(int64_t epoch);
  int64_t count_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;  // of epoch_
};

}  // namespace greylag::train
