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

bool has_loops(const at::Tensor& tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat;
}

// One tensor's update with our loops, on LibTorch's threads.
void update_with_loops(const gpu::AdamStep& step, AdamRule rule, TrainedTensor& tensor) {
  const at::Tensor grad = tensor.value.grad().contiguous();
  const float* const g = grad.data_ptr<float>();
  float* const m = tensor.first.data_ptr<float>();
  float* const v = tensor.second.data_ptr<float>();
  float* const w = tensor.value.data_ptr<float>();
  const auto update = rule == AdamRule::ATan2 ? gpu::adam_atan2_update : gpu::adam_update;
  at::parallel_for(0, grad.numel(), kPiece, [&](int64_t i, int64_t end) {
    update(step, end - i, g + i, m + i, v + i, w + i);
  });
}

// The scalars of one update in full precision.
struct Scalars {
  double grad_scale, step_size, second_correction, decay;
};

// The same formulas with ATen's operations.
void update_with_aten(const Scalars& s, const AdamOptions& o, TrainedTensor& tensor) {
  const at::NoGradGuard no_grad;
  at::Tensor grad = tensor.value.grad();
  if (s.grad_scale != 1.0) grad = grad * s.grad_scale;
  tensor.first.mul_(o.beta1).add_(grad, 1.0 - o.beta1);
  tensor.second.mul_(o.beta2).addcmul_(grad, grad, 1.0 - o.beta2);
  at::Tensor root = tensor.second.div(s.second_correction).sqrt_();
  if (s.decay != 0) tensor.value.mul_(1.0 - s.decay);
  if (o.rule == AdamRule::ATan2) {
    tensor.value.sub_(at::atan2_out(root, tensor.first, root), s.step_size);
  } else {
    tensor.value.addcdiv_(tensor.first, root.add_(o.epsilon), -s.step_size);
  }
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
  at::Tensor elsewhere;  // sum of what has no loops, fetched once
  std::vector<double> sums;
  for (const TrainedTensor& tensor : tensors_) {
    if (!tensor.value.grad().defined()) continue;
    const at::Tensor grad = tensor.value.grad().contiguous();
    if (!has_loops(grad)) {
      const at::Tensor sum = at::linalg_vector_norm(grad, 2).to(at::kDouble).square_();
      elsewhere = elsewhere.defined() ? elsewhere + sum : sum;
      continue;
    }
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
  if (elsewhere.defined()) total += elsewhere.item<double>();
  return std::sqrt(total);
}

void Adam::update(double lr, double grad_scale) {
  ++updates_;
  const auto t = static_cast<double>(updates_);
  Scalars s{.grad_scale = grad_scale,
            .step_size = 0,
            .second_correction = 1.0 - std::pow(options_.beta2, t),
            .decay = 0};
  gpu::AdamStep step;
  step.beta1 = static_cast<float>(options_.beta1);
  step.beta2 = static_cast<float>(options_.beta2);
  step.epsilon = static_cast<float>(options_.epsilon);
  step.grad_scale = static_cast<float>(s.grad_scale);
  step.second_correction = static_cast<float>(s.second_correction);
  for (TrainedTensor& tensor : tensors_) {
    if (!tensor.value.grad().defined()) continue;
    const double rate = lr * tensor.lr_scale;
    s.step_size = rate / (1.0 - std::pow(options_.beta1, t));
    s.decay = tensor.is_decaying ? rate * options_.weight_decay : 0.0;
    step.step_size = static_cast<float>(s.step_size);
    step.decay = static_cast<float>(s.decay);
    if (has_loops(tensor.value)) {
      update_with_loops(step, options_.rule, tensor);
    } else {
      update_with_aten(s, options_, tensor);
    }
  }
}

void sign_update(at::Tensor& table, const at::Tensor& ids, const at::Tensor& gradients, double lr,
                 double weight_decay) {
  const at::NoGradGuard no_grad;
  const auto [rows, place, counts] = at::_unique2(ids, true, true);
  at::Tensor sums = at::zeros({rows.size(0), table.size(1)}, table.options());
  sums.index_add_(0, place, gradients.to(table.scalar_type()));
  const at::Tensor moved =
      table.index_select(0, rows).mul_(1.0 - lr * weight_decay).sub_(sums.sign_(), lr);
  table.index_copy_(0, rows, moved);
}

}  // namespace greylag::train
