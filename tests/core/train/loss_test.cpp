// SPDX-License-Identifier: Apache-2.0
#include "core/train/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>

namespace greylag::train {
namespace {

// With the identity as head the hidden states are the logits and their gradient is visible.
constexpr int64_t kVocab = 8;

at::Tensor some_logits(int64_t rows) {
  at::Tensor logits = at::zeros({rows, kVocab});
  for (int64_t i = 0; i < rows * kVocab; ++i) {
    logits.data_ptr<float>()[i] = std::sin(static_cast<float>(i * i + 1)) * 3;
  }
  return logits.requires_grad_();
}

at::Tensor targets_of(std::initializer_list<int64_t> values) {
  at::Tensor targets = at::full({static_cast<int64_t>(values.size())}, kNotLearned, at::kLong);
  int64_t* to = targets.data_ptr<int64_t>();
  for (const int64_t value : values) *to++ = value;
  return targets;
}

at::Tensor gradient(const at::Tensor& targets, double l2wrap, double upstream) {
  const at::Tensor logits = some_logits(targets.size(0));
  (head_loss(logits, at::eye(kVocab), targets, l2wrap) * upstream).backward();
  return logits.grad();
}

TEST(Loss, IsTheSumOverLearnedRows) {
  const at::Tensor logits = some_logits(3);
  const float* const x = logits.data_ptr<float>();
  const auto row_loss = [&](int64_t row, int64_t target) {
    double sum = 0;
    for (int64_t i = 0; i < kVocab; ++i) sum += std::exp(static_cast<double>(x[row * kVocab + i]));
    return std::log(sum) - static_cast<double>(x[row * kVocab + target]);
  };
  const at::Tensor loss = head_loss(logits, at::eye(kVocab), targets_of({2, kNotLearned, 5}), 0);
  EXPECT_NEAR(loss.item<double>(), row_loss(0, 2) + row_loss(2, 5), 1e-6);
}

TEST(Loss, MaskedRowsGetNoGradient) {
  const at::Tensor grad = gradient(targets_of({2, kNotLearned, 5}), 1e-4, 1.0);
  EXPECT_EQ(grad.select(0, 1).abs().max().item<float>(), 0.0f);
  EXPECT_GT(grad.select(0, 0).abs().max().item<float>(), 0.0f);
}

TEST(Loss, L2WrapAddsTheLargestLogitAtItsPlace) {
  const at::Tensor targets = targets_of({2, kNotLearned, 5});
  const double wrap = 0.25, upstream = 0.5;
  const at::Tensor added = gradient(targets, wrap, upstream) - gradient(targets, 0, upstream);
  const at::Tensor logits = some_logits(3);
  for (const int64_t row : {0, 2}) {
    const int64_t where = logits.select(0, row).argmax().item<int64_t>();
    const double largest = logits.select(0, row).max().item<double>();
    for (int64_t i = 0; i < kVocab; ++i) {
      const double expected = i == where ? wrap * largest * upstream : 0.0;
      EXPECT_NEAR(added.select(0, row).select(0, i).item<double>(), expected, 1e-6);
    }
  }
}

TEST(Loss, L2WrapIsPartOfTheGradientOnly) {
  const at::Tensor targets = targets_of({1, 2});
  EXPECT_EQ(head_loss(some_logits(2), at::eye(kVocab), targets, 0.5).item<double>(),
            head_loss(some_logits(2), at::eye(kVocab), targets, 0).item<double>());
}

TEST(Loss, ATrainedHeadGetsItsGradient) {
  const at::Tensor hidden = some_logits(2);
  const at::Tensor head = at::eye(kVocab).requires_grad_();
  head_loss(hidden, head, targets_of({1, 2}), 0).backward();
  // dW = dlogits^T hidden
  const at::Tensor expected = hidden.grad().t().mm(hidden.detach());
  EXPECT_LT((head.grad() - expected).abs().max().item<float>(), 1e-5f);
}

}  // namespace
}  // namespace greylag::train
