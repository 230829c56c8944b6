// SPDX-License-Identifier: Apache-2.0
// How do gradients move the weights? Adam with decoupled decay over the trained tensors, in
// RWKV-7's parameter groups (facts 2.2): att.w0 learns at twice the rate without decay; *.weight
// with two or more non-singleton dimensions decays; everything else, LoRA pairs and states
// included, does not. Rows of puzzle embeddings move by the sign of their gradient instead.
// Our own so that moments are saved and restored to the bit.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace greylag::train {

struct TrainedTensor {
  std::string name;   // checkpoint or adapter key
  at::Tensor value;   // f32 leaf that requires a gradient (f64 and CUDA tensors work too)
  at::Tensor first;   // Adam's m, same shape
  at::Tensor second;  // Adam's v, same shape
  double lr_scale = 1.0;
  bool is_decaying = false;
};

// A leaf with zero moments and the group its name and shape belong to. `value` is used as it is
// (contiguous).
TrainedTensor make_trained(const std::string& name, const at::Tensor& value);

// How a step is made of the corrected moments m', v':
//   AdamW: lr m' / (sqrt(v') + epsilon), m' = m / (1 - beta1^t), v' = v / (1 - beta2^t)
//   ATan2: lr atan2(m, sqrt(v')) / (1 - beta1^t), no epsilon; atan2(0, 0) = 0 (facts hrm.md 1.7)
enum class AdamRule { AdamW, ATan2 };

struct AdamOptions {
  AdamRule rule = AdamRule::AdamW;
  double beta1 = 0.9, beta2 = 0.99, epsilon = 1e-8, weight_decay = 0.01;
};

class Adam {
 public:
  Adam(std::vector<TrainedTensor> tensors, const AdamOptions& options)
      : tensors_(std::move(tensors)), options_(options) {}

  std::vector<TrainedTensor>& tensors() { return tensors_; }
  const std::vector<TrainedTensor>& tensors() const { return tensors_; }
  // Updates done, for the bias correction.
  int64_t updates() const { return updates_; }
  void set_updates(int64_t updates) { updates_ = updates; }

  void clear_gradients();
  // 2-norm over all gradients.
  double gradient_norm() const;
  // One update with gradients times grad_scale. A tensor without a gradient is left alone.
  // f32 on the CPU runs our loops, anything else ATen's operations.
  void update(double lr, double grad_scale);

 private:
  std::vector<TrainedTensor> tensors_;
  AdamOptions options_;
  int64_t updates_ = 0;
};

// Sign descent on rows of a table, in place: the gradients of equal ids are summed, then each row
// named by ids becomes row (1 - lr weight_decay) - lr sign(sum). Other rows stay (facts hrm.md
// 1.7). table [R, E]; ids [B] int64 in [0, R); gradients [B, E]; all on one device.
void sign_update(at::Tensor& table, const at::Tensor& ids, const at::Tensor& gradients, double lr,
                 double weight_decay);

}  // namespace greylag::train
