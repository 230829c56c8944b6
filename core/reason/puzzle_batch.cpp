// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_batch.h"

#include <ATen/ATen.h>

#include "core/train/loss.h"

namespace greylag::reason {

PuzzleBatch::PuzzleBatch(int64_t batch, int64_t cells)
    : tokens(at::zeros({batch, cells}, at::kLong)),
      targets(at::full({batch, cells}, train::kNotLearned, at::kLong)),
      ids(at::zeros({batch}, at::kLong)) {}

void PuzzleBatch::set(int64_t row, const PuzzleSet& set, int64_t example, int32_t puzzle_id) {
  const std::span<const uint8_t> input = set.input(example), label = set.label(example);
  int64_t* const to = tokens.data_ptr<int64_t>() + row * tokens.size(1);
  int64_t* const wanted = targets.data_ptr<int64_t>() + row * tokens.size(1);
  for (size_t i = 0; i < input.size(); ++i) {
    to[i] = input[i];
    wanted[i] = label[i] == 0 ? train::kNotLearned : label[i];
  }
  ids.data_ptr<int64_t>()[row] = puzzle_id;
}

PuzzleBatch PuzzleBatch::to(at::Device device) const {
  PuzzleBatch out;
  out.tokens = tokens.to(device);
  out.targets = targets.to(device);
  out.ids = ids.to(device);
  return out;
}

Answers judge(const at::Tensor& logits, const at::Tensor& targets) {
  const at::NoGradGuard no_grad;
  const at::Tensor is_right = logits.argmax(-1).eq(targets), is_free = targets.lt(0);
  const at::Tensor asked = is_free.logical_not().sum({1}).clamp_min(1);
  return {is_right.logical_or(is_free).all(1), is_right.sum({1}).to(at::kDouble).div_(asked)};
}

}  // namespace greylag::reason
