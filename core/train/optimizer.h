// SPDX-License-Identifier: Apache-2.0
// Adam with decoupled decay over the trained tensors, in RWKV-7's parameter groups (facts 2.2):
// att.w0 learns at twice the rate without decay; *.weight with two or more non-singleton
// dimensions decays; everything else, LoRA pairs and states included, does not.
// Our own so that moments are saved and restored to the bit.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace greylag::train {

struct TrainedTensor {
  std::string name;   // checkpoint or adapter key
  at::Tensor value;   // f32 leaf that requires a gradient
  at::Tensor first;   // Adam's m, same shape
  at::Tensor second;  // Adam's v, same shape
  double lr_scale = 1.0;
  bool is_decaying = false;
};

// A leaf with zero moments and the group its name and shape belong to. `value` is used as it is
// (contiguous f32).
TrainedTensor make_trained(const std::string& name, const at::Tensor& value);

struct AdamOptions {
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
  void update(double lr, double grad_scale);

 private:
  std::vector<TrainedTensor> tensors_;
  AdamOptions options_;
  int64_t updates_ = 0;
};

}  // namespace greylag::train
