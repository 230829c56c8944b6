// SPDX-License-Identifier: Apache-2.0
#include "core/train/evaluation.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/train/batches.h"
#include "core/train/loss.h"

namespace greylag::train {

LossSum evaluate(const Forward& forward, const at::Tensor& head,
                 std::span<const Sample* const> samples, int64_t batch,
                 const std::function<bool(size_t)>& progress) {
  const at::NoGradGuard no_grad;
  LossSum sum;
  const auto group = static_cast<size_t>(batch);
  for (size_t i = 0; i < samples.size(); i += group) {
    const MicroBatch part = make_batch(samples.subspan(i, std::min(group, samples.size() - i)));
    sum.loss += head_loss(forward(part.tokens), head, part.targets, 0).item<double>();
    sum.tokens += part.learned_tokens;
    if (progress && !progress(i + group)) break;
  }
  return sum;
}

LossSum evaluate(const Rwkv7Autograd& model, std::span<const Sample* const> samples, int64_t batch,
                 const std::function<bool(size_t)>& progress) {
  const Forward forward = [&](const at::Tensor& tokens) { return model.hidden(tokens); };
  return evaluate(forward, model.head(), samples, batch, progress);
}

}  // namespace greylag::train
