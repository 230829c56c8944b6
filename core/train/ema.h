// SPDX-License-Identifier: Apache-2.0
// What is the moving average of the weights? shadow <- decay shadow + (1 - decay) weight after
// every update, from the weights at the start (facts hrm.md 1.10: evaluate with it).
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/train/optimizer.h"

namespace greylag::train {

class WeightAverage {
 public:
  // Copies the values. decay in [0, 1); 0 keeps the average equal to the weights.
  WeightAverage(const std::vector<TrainedTensor>& tensors, double decay);
  // After an update of the same tensors, in the same order.
  void update(const std::vector<TrainedTensor>& tensors);
  // In the order of the tensors; same shapes, dtypes and devices. Writing to them restores an
  // average.
  std::vector<at::Tensor>& shadows() { return shadows_; }
  const std::vector<at::Tensor>& shadows() const { return shadows_; }

 private:
  double decay_;
  std::vector<at::Tensor> shadows_;
};

}  // namespace greylag::train
