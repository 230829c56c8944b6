// SPDX-License-Identifier: Apache-2.0
#include "core/train/optimizer.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace greylag::train
