// SPDX-License-Identifier: Apache-2.0
#include "core/train/loss.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <algorithm>
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

// Facts hrm.md 1.6.
TEST(Stablemax, FollowsItsVector) {
  at::Tensor logits = at::zeros({2, 4}, at::kDouble);
  const double values[] = {1, -1, 0, 2};
  std::copy(values, values + 4, logits.data_ptr<double>());
  const at::Tensor loss = stablemax_loss(logits, targets_of({3, kNotLearned}));
  EXPECT_NEAR(loss.data_ptr<double>()[0], 0.77318989, 5e-9);
  EXPECT_EQ(loss.data_ptr<double>()[1], 0.0);
  const at::Tensor single = stablemax_loss(logits.to(at::kFloat), targets_of({3, 3}));
  EXPECT_EQ(single.scalar_type(), at::kDouble);
  EXPECT_NEAR(single.data_ptr<double>()[0], 0.77318989, 5e-9);
}

TEST(Stablemax, GradientAgreesWithDifferences) {
  const at::Tensor targets = targets_of({2, kNotLearned, 5});
  const at::Tensor logits = some_logits(3).detach().to(at::kDouble).requires_grad_();
  double* const x = logits.data_ptr<double>();
  x[4] = 1.0;  // where the unused branch of s has its pole
  (stablemax_loss(logits, targets).sum() * 0.5).backward();
  const double* const grad = logits.grad().data_ptr<double>();
  const at::Tensor moved = logits.detach();
  for (int64_t i = 0; i < 3 * kVocab; ++i) {
    double* const at_i = moved.data_ptr<double>() + i;
    const double middle = *at_i, step = 1e-5;
    *at_i = middle + step;
    const double above = stablemax_loss(moved, targets).sum().item<double>();
    *at_i = middle - step;
    const double below = stablemax_loss(moved, targets).sum().item<double>();
    *at_i = middle;
    EXPECT_NEAR(grad[i], 0.5 * (above - below) / (2 * step), 1e-8) << i;
  }
}

}  // namespace
}  // namespace greylag::train
