// SPDX-License-Identifier: Apache-2.0
// What does a reasoning core learn from? Deep supervision: the answer after every H-cycle has a
// cross-entropy of its own (facts hrm.md 4.5), and, with halting, q learns whether that answer is
// right (4.6). The optional term that keeps the core close to its base is not built.
#pragma once

#include <vector>

#include "core/protocol/training.h"
#include "core/train/batches.h"
#include "core/train/hrm_autograd.h"
#include "core/train/rwkv7_autograd.h"

namespace greylag::train {

// A base and the core on it; both outlive it.
struct CoredModel {
  const Rwkv7Autograd& base;
  const HrmAutograd& core;
  // Base parameters or LoRA are trained too; else nothing of the base below the tap is recorded.
  bool is_base_trained = false;
};

struct HrmLossOptions {
  Thinking thinking;
  double ds_weight = 0.5;    // omega of the cycles before the last
  double l2wrap = 0;         // as head_loss
  double halt_weight = 0.5;  // of the halting loss
};

// Sums over the learned tokens of a micro batch.
struct HrmLoss {
  at::Tensor total;             // 0-dim f64: what the step descends, halting included
  double loss = 0;              // sum_i omega_i CE_i / sum_i omega_i, without halting
  std::vector<double> cycles;   // CE_i
  std::vector<double> changes;  // ||z_H(i+1) - z_H(i)||^2, one less than cycles
  std::vector<double> sizes;    // ||z_H(i+1)||^2
  double depth = 0;             // cycles that ran, summed over learned tokens
};

// The loss equals the base's to the bit as long as W_out is zero.
HrmLoss hrm_loss(const CoredModel& model, const MicroBatch& batch, const HrmLossOptions& options);

// tokens [B, T] -> hidden states after ln_out [B T, C] with the core's last answer. strength 0
// leaves the core out: the base itself.
at::Tensor hrm_hidden(const CoredModel& model, const at::Tensor& tokens, const Thinking& thinking);

// The sums of a step's micro batches, as its row of metrics.jsonl shows them.
class HrmTally {
 public:
  void add(const HrmLoss& loss);
  // cycle_losses (means), cycle_changes (relative), halt_depth (mean; only when halting).
  void write(protocol::Metric& metric, bool is_halting) const;

 private:
  HrmLoss sum_;
};

}  // namespace greylag::train
