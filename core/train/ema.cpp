// SPDX-License-Identifier: Apache-2.0
#include "core/train/ema.h"

#include <ATen/ATen.h>

namespace greylag::train {

WeightAverage::WeightAverage(const std::vector<TrainedTensor>& tensors, double decay)
    : decay_(decay) {
  for (const TrainedTensor& tensor : tensors) shadows_.push_back(tensor.value.detach().clone());
}

void WeightAverage::update(const std::vector<TrainedTensor>& tensors) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < shadows_.size(); ++i) {
    shadows_[i].mul_(decay_).add_(tensors[i].value, 1.0 - decay_);
  }
}

}  // namespace greylag::train
