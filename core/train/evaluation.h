// SPDX-License-Identifier: Apache-2.0
// Mean loss over samples, without gradients.
#pragma once

#include <functional>
#include <span>

#include "core/data/dataset.h"
#include "core/train/rwkv7_autograd.h"

namespace greylag::train {

struct LossSum {
  double loss = 0;  // nats, summed over learned tokens
  int64_t tokens = 0;
  double mean() const { return tokens == 0 ? 0.0 : loss / static_cast<double>(tokens); }
};

// tokens [B, T] -> hidden states after ln_out [B T, C].
using Forward = std::function<at::Tensor(const at::Tensor& tokens)>;

// In groups of `batch` samples; head [V, C]. progress(samples done) returns false to cancel.
LossSum evaluate(const Forward& forward, const at::Tensor& head,
                 std::span<const Sample* const> samples, int64_t batch,
                 const std::function<bool(size_t)>& progress = {});
// The model by itself.
LossSum evaluate(const Rwkv7Autograd& model, std::span<const Sample* const> samples, int64_t batch,
                 const std::function<bool(size_t)>& progress = {});

}  // namespace greylag::train
