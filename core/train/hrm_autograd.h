// SPDX-License-Identifier: Apache-2.0
// The HRM reasoning core on a language model's residual stream (facts hrm.md 4.3), on LibTorch
// autograd, for training. A pair with core/model/hrm_core, tied by tests/core/train. Every call of
// a module is one pass over [B, T, d] with recurrent states of its own that start at zero, so the
// answer at t depends on nothing after t. One thread; f32.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/hrm_config.h"
#include "core/train/block_stack.h"

namespace greylag::train {

// Token-level halting (facts 4.6): after a cycle a token stops when sigmoid(q) > tau, unless it was
// chosen to go to full depth. Later calls run without it, so that its states stay as they are.
struct HaltPolicy {
  double tau = 0.9;
  double explore = 0;   // share of tokens forced to full depth
  uint64_t seed = 1;    // whether token i is forced is a function of (seed, stream, i)
  uint64_t stream = 0;  // one per micro batch
};

struct Thinking {
  int64_t cycles = 0;  // effort: the first so many H-cycles; 0 = all of them
  // H-cycles of gradient per loss (facts 4.5): 1 = the cycle itself, N_H = all before it as well,
  // 0 = the last L and the H call of each cycle.
  int64_t grad_cycles = 1;
  double strength = 1;  // times hrm.alpha; 0 < strength <= 1
  std::optional<HaltPolicy> halting;
};

// What is known after one H-cycle. Rows of tokens that had halted before keep their values.
struct HrmCycle {
  at::Tensor z_high, z_low;  // [B T, d]
  at::Tensor residual;       // r [B T, C], to be added to the residual stream
  at::Tensor halt_logits;    // q [B T]; its gradient ends at hrm.q. Only with halting.
  at::Tensor is_live;        // bool [B T]: tokens this cycle ran for. Only with halting.
};

class HrmAutograd {
 public:
  // parameters by name as in the file. BadFile when one is missing or has another shape.
  static Result<HrmAutograd> create(const HrmConfig& config, Parameters parameters);

  const HrmConfig& config() const { return config_; }
  HrmConfig& config() { return config_; }
  Parameters& parameters() { return *parameters_; }
  const Parameters& parameters() const { return *parameters_; }
  const at::Tensor& at(const std::string& name) const { return parameters_->at(name); }
  // As BlockStack's: the core must stay where it is until the backward pass has ended.
  void set_recompute(bool is_on);

  // h [B T, C]: the residual stream after block `tap`. One entry per cycle.
  std::vector<HrmCycle> think(const at::Tensor& h, int64_t batch, const Thinking& thinking) const;

  // InvalidArgument unless grad_cycles is 0, 1 or N_H.
  Status check_grad_cycles(int64_t grad_cycles) const;
  // Bytes of activations that training on one token keeps without recomputation.
  static uint64_t activation_bytes_per_token(const HrmConfig& config);

 private:
  class Run;
  const BlockStack& module(bool is_high) const { return is_high && high_ ? *high_ : low_; }

  HrmConfig config_;
  std::shared_ptr<Parameters> parameters_;
  BlockStack low_;                  // both roles when shared
  std::optional<BlockStack> high_;  // absent when shared
};

// x / sqrt(mean x^2 + 1e-5) over the last dimension.
at::Tensor root_mean_norm(const at::Tensor& x);

}  // namespace greylag::train
