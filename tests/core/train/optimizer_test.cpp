// SPDX-License-Identifier: Apache-2.0
#include "core/train/optimizer.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/train/ema.h"

namespace greylag::train {
namespace {

TrainedTensor with_gradient(const std::string& name, std::vector<int64_t> sizes, double gradient) {
  TrainedTensor tensor = make_trained(name, at::full(sizes, 0.5));
  tensor.value.mutable_grad() = at::full(sizes, gradient);
  return tensor;
}

double first_value(const TrainedTensor& tensor) {
  return static_cast<double>(tensor.value.data_ptr<float>()[0]);
}

TEST(Optimizer, GroupsFollowNameAndShape) {
  const auto group = [](const char* name, std::vector<int64_t> sizes) {
    return make_trained(name, at::full(sizes, 0.0));
  };
  EXPECT_EQ(group("blocks.3.att.w0", {1, 1, 8}).lr_scale, 2.0);
  EXPECT_FALSE(group("blocks.3.att.w0", {1, 1, 8}).is_decaying);
  EXPECT_TRUE(group("blocks.3.att.key.weight", {8, 8}).is_decaying);
  EXPECT_TRUE(group("emb.weight", {8, 8}).is_decaying);
  EXPECT_EQ(group("emb.weight", {8, 8}).lr_scale, 1.0);
  for (const char* name : {"blocks.3.ln1.weight", "blocks.3.ln1.bias"}) {
    EXPECT_FALSE(group(name, {8}).is_decaying) << name;
  }
  EXPECT_FALSE(group("blocks.3.att.w1", {8, 4}).is_decaying);
  EXPECT_FALSE(group("blocks.3.att.key.lora_A", {4, 8}).is_decaying);
  EXPECT_FALSE(group("blocks.3.att.time_state", {1, 64, 64}).is_decaying);
}

TEST(Optimizer, DecayBiasGroupLearnsAtTwiceTheRate) {
  Adam adam(
      {with_gradient("blocks.0.att.w0", {8}, 0.3), with_gradient("blocks.0.att.a0", {8}, 0.3)}, {});
  adam.update(0.01, 1.0);
  const double w0 = 0.5 - first_value(adam.tensors()[0]);
  const double a0 = 0.5 - first_value(adam.tensors()[1]);
  EXPECT_NEAR(a0, 0.01, 1e-6);  // the first step of Adam is the rate
  EXPECT_NEAR(w0, 2 * a0, 1e-6);
}

TEST(Optimizer, FollowsAdamWithDecoupledDecay) {
  const AdamOptions options{.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1e-8, .weight_decay = 0.1};
  Adam adam({with_gradient("emb.weight", {40, 3}, 0.0)}, options);
  double w = 0.5, m = 0, v = 0;
  for (int t = 1; t <= 5; ++t) {
    const double g = 0.4 * t - 1.0, lr = 0.02;
    adam.tensors()[0].value.mutable_grad() = at::full({40, 3}, 2 * g);
    adam.update(lr, 0.5);
    m = 0.9 * m + 0.1 * g;
    v = 0.99 * v + 0.01 * g * g;
    w = w * (1 - lr * 0.1) -
        lr * (m / (1 - std::pow(0.9, t))) / (std::sqrt(v / (1 - std::pow(0.99, t))) + 1e-8);
    EXPECT_NEAR(first_value(adam.tensors()[0]), w, 1e-6) << t;
  }
  EXPECT_EQ(adam.updates(), 5);
}

TEST(Optimizer, ATinyEpsilonMakesNoNaN) {
  Adam adam({with_gradient("emb.weight", {8, 8}, 0.0)}, {.epsilon = 1e-18});
  adam.update(0.01, 1.0);
  EXPECT_TRUE(std::isfinite(first_value(adam.tensors()[0])));
}

TEST(Optimizer, TheNormIsOverAllGradients) {
  Adam adam({with_gradient("a", {3}, 2.0), with_gradient("b", {100000}, 0.01)}, {});
  EXPECT_NEAR(adam.gradient_norm(), std::sqrt(3 * 4.0 + 100000 * 1e-4), 1e-5);
  adam.clear_gradients();
  EXPECT_EQ(adam.gradient_norm(), 0.0);
}

// Facts hrm.md 1.7.
constexpr double kATan2Gradients[] = {0.1, -0.2, 0.05};
constexpr double kATan2Weights[] = {0.9890331347508838, 0.9916720839690883, 0.9920520113184168};
constexpr AdamOptions kATan2{
    .rule = AdamRule::ATan2, .beta1 = 0.9, .beta2 = 0.95, .epsilon = 0, .weight_decay = 0.1};

TEST(Optimizer, ATan2FollowsItsVectorInF64) {
  Adam adam({make_trained("emb.weight", at::full({3, 2}, 1.0, at::kDouble))}, kATan2);
  for (size_t t = 0; t < 3; ++t) {
    adam.tensors()[0].value.mutable_grad() = at::full({3, 2}, kATan2Gradients[t], at::kDouble);
    adam.update(0.01, 1.0);
    EXPECT_NEAR(adam.tensors()[0].value.data_ptr<double>()[5], kATan2Weights[t], 1e-12) << t;
  }
}

TEST(Optimizer, ATan2FollowsItsVectorInTheF32Loops) {
  Adam adam({make_trained("emb.weight", at::full({30, 7}, 1.0))}, kATan2);
  for (size_t t = 0; t < 3; ++t) {
    adam.tensors()[0].value.mutable_grad() = at::full({30, 7}, 4 * kATan2Gradients[t]);
    adam.update(0.01, 0.25);
    EXPECT_NEAR(first_value(adam.tensors()[0]), kATan2Weights[t], 2e-7) << t;
  }
}

// Both sides of the diagonal, zeros and signs: the loops' own arc tangent against the library's.
TEST(Optimizer, TheLoopsATan2IsTheLibrarys) {
  const std::vector<double> gradients{0.0, 1e-15, -1e-15, 1e-3, -0.5, 2.0, -30.0, 1e6};
  at::Tensor grad = at::empty({static_cast<int64_t>(gradients.size())}, at::kFloat);
  for (size_t i = 0; i < gradients.size(); ++i) {
    grad.data_ptr<float>()[i] = static_cast<float>(gradients[i]);
  }
  const double moments[][2] = {{0, 0}, {0, 1e-6}, {-0.7, 0.3}, {5, 0.3}, {0.4, 1e4}};
  for (const auto& [first, second] : moments) {
    TrainedTensor tensor = make_trained("a", at::full(grad.sizes(), 0.0));
    tensor.first.fill_(first);
    tensor.second.fill_(second);
    tensor.value.mutable_grad() = grad;
    Adam adam({tensor}, kATan2);
    adam.update(1.0, 1.0);
    for (size_t i = 0; i < gradients.size(); ++i) {
      const double g = gradients[i], v = 0.95 * second + 0.05 * g * g;
      const double wanted = -std::atan2(0.9 * first + 0.1 * g, std::sqrt(v / 0.05)) / 0.1;
      EXPECT_NEAR(adam.tensors()[0].value.data_ptr<float>()[i], wanted, 4e-6) << g << " " << first;
    }
  }
}

TEST(Optimizer, SignUpdateMovesTouchedRowsAlone) {
  at::Tensor table = at::full({4, 3}, 2.0);
  const at::Tensor ids = at::full({3}, 1, at::kLong);
  ids.data_ptr<int64_t>()[1] = 3;
  at::Tensor grad = at::full({3, 3}, 0.5);
  grad.data_ptr<float>()[0] = 2.0f;
  grad.data_ptr<float>()[6] = -1.5f;  // row 2, id 1 again: the sum of column 0 is 0.5
  grad.data_ptr<float>()[4] = 0.0f;   // id 3, column 1: decay alone
  sign_update(table, ids, grad, 0.1, 0.5);
  const float* t = table.data_ptr<float>();
  const float down = 2.0f * 0.95f - 0.1f, still = 2.0f * 0.95f;
  const std::vector<float> wanted{2, 2, 2, down, down, down, 2, 2, 2, down, still, down};
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(t[i], wanted[i], 1e-6) << i;
}

TEST(WeightAverage, FollowsTheWeightsSlowly) {
  std::vector<TrainedTensor> tensors{make_trained("a", at::full({3}, 1.0))};
  WeightAverage average(tensors, 0.75);
  tensors[0].value.data_ptr<float>()[1] = 5.0f;
  average.update(tensors);
  average.update(tensors);
  const float* shadow = average.shadows()[0].data_ptr<float>();
  EXPECT_EQ(shadow[0], 1.0f);
  EXPECT_NEAR(shadow[1], 1.0 * 0.5625 + 5.0 * 0.4375, 1e-6);
  EXPECT_FALSE(average.shadows()[0].requires_grad());
}

}  // namespace
}  // namespace greylag::train
