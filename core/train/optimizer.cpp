// SPDX-License-Identifier: Apache-2.0
#include "core/train/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "gpu/torch/block_loops.h"

namespace greylag::train {

namespace {

// Elements per piece of a reduction: fixed, so that the sum does not depend on the threads.
constexpr int64_t kPiece = 65536;

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

TrainedTensor make_trained(const std::string& name, const at::Tensor& value) {
  TrainedTensor out;
  out.name = name;
  out.value = value.requires_grad_();
  {
    const at::NoGradGuard no_grad;
    out.first = at::zeros_like(value);
    out.second = at::zeros_like(value);
  }
  const auto wide = std::count_if(value.sizes().begin(), value.sizes().end(),
                                  [](int64_t size) { return size > 1; });
  out.lr_scale = ends_with(name, "att.w0") ? 2.0 : 1.0;
  out.is_decaying = ends_with(name, ".weight") && wide >= 2;
  return out;
}

void Adam::clear_gradients() {
  for (TrainedTensor& tensor : tensors_) tensor.value.mutable_grad().reset();
}

double Adam::gradient_norm() const {
  double total = 0;
  std::vector<double> sums;
  for (const TrainedTensor& tensor : tensors_) {
    if (!tensor.value.grad().defined()) continue;
    const at::Tensor grad = tensor.value.grad().contiguous();
    const int64_t n = grad.numel(), pieces = (n + kPiece - 1) / kPiece;
    const float* const values = grad.data_ptr<float>();
    sums.assign(static_cast<size_t>(pieces), 0.0);
    at::parallel_for(0, pieces, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        sums[static_cast<size_t>(i)] =
            gpu::sum_of_squares(std::min(kPiece, n - i * kPiece), values + i * kPiece);
      }
    });
    for (const double sum : sums) total += sum;
  }
  return std::sqrt(total);
}

void Adam::update(double lr, double grad_scale) {
  ++updates_;
  const auto t = static_cast<double>(updates_);
  gpu::AdamStep step;
  step.beta1 = static_cast<float>(options_.beta1);
  step.beta2 = static_cast<float>(options_.beta2);
  step.epsilon = static_cast<float>(options_.epsilon);
  step.grad_scale = static_cast<float>(grad_scale);
  step.second_correction = static_cast<float>(1.0 - std::pow(options_.beta2, t));
  for (TrainedTensor& tensor : tensors_) {
    if (!tensor.value.grad().defined()) continue;
    const double rate = lr * tensor.lr_scale;
    step.step_size = static_cast<float>(rate / (1.0 - std::pow(options_.beta1, t)));
    step.decay = tensor.is_decaying ? static_cast<float>(rate * options_.weight_decay) : 0.0f;
    const at::Tensor grad = tensor.value.grad().contiguous();
    const float* const g = grad.data_ptr<float>();
    float* const m = tensor.first.data_ptr<float>();
    float* const v = tensor.second.data_ptr<float>();
    float* const w = tensor.value.data_ptr<float>();
    at::parallel_for(0, grad.numel(), kPiece, [&](int64_t i, int64_t end) {
      gpu::adam_update(step, end - i, g + i, m + i, v + i, w + i);
    });
  }
}

}  // namespace greylag::train
