// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_autograd.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/core/reason/small_puzzle.h"

namespace greylag::reason {
namespace {

PuzzleSegment run(const PuzzleNet& net, const at::Tensor& tokens, int64_t grad_calls) {
  return net.segment(net.start(tokens.size(0)), tokens, puzzle_rows(net, tokens.size(0)),
                     grad_calls);
}

// Moves each tensor along its own gradient, where the difference is largest against rounding, and
// compares the slope with the gradient's norm. noise: of the loss in f32, over the step.
void expect_gradients(const PuzzleConfig& config, at::ScalarType dtype, double step,
                      double tolerance, double noise = 0) {
  const PuzzleNet net = small_net(config, 5, dtype);
  const at::Tensor tokens = some_tokens(2, 3);
  const int64_t all = config.recursion.calls();
  some_loss(run(net, tokens, all)).backward();
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : net.parameters()) {
    if (name == "puz.zH0" || name == "puz.zL0") continue;
    ASSERT_TRUE(tensor.grad().defined()) << name;
    const double norm = tensor.grad().norm().item<double>();
    ASSERT_GT(norm, 0) << name;
    const at::Tensor move = tensor.grad() * (step / norm), middle = tensor.clone();
    at::Tensor value = tensor;
    value.copy_(middle + move);
    const double above = some_loss(run(net, tokens, all)).item<double>();
    value.copy_(middle - move);
    const double below = some_loss(run(net, tokens, all)).item<double>();
    value.copy_(middle);
    EXPECT_NEAR((above - below) / (2 * step), norm, tolerance * norm + noise) << name;
  }
}

TEST(PuzzleAutograd, AttentionsGradientsAgreeWithDifferences) {
  expect_gradients(small_config("hrm-exact"), at::kDouble, 1e-5, 1e-6);
}

TEST(PuzzleAutograd, MlpsGradientsAgreeWithDifferences) {
  expect_gradients(small_config("trm"), at::kDouble, 1e-6, 1e-6);
}

// The recurrence is f32: a larger step, and its own error.
TEST(PuzzleAutograd, Rwkv7sGradientsAgreeWithDifferences) {
  PuzzleConfig config = small_config("rwkv", 256);
  config.recursion = {1, 1};
  expect_gradients(config, at::kFloat, 1e-3, 1e-2, 2e-3);
}

TEST(PuzzleAutograd, ChannelMixAndAlternatingScansAgreeWithDifferences) {
  PuzzleConfig config = small_config("rwkv", 64);
  config.recursion = {1, 1};
  config.feed_forward = PuzzleFeedForward::ChannelMix;
  expect_gradients(config, at::kFloat, 1e-3, 1e-2, 2e-3);
}

// HRM's one-step gradient by hand: everything but the last L and the last H call without a graph.
TEST(PuzzleAutograd, TwoRecordedCallsAreTheLastLowAndTheLastHigh) {
  const PuzzleConfig config = small_config("hrm-exact");
  const PuzzleNet net = small_net(config, 5, at::kDouble), twin = small_net(config, 5, at::kDouble);
  const at::Tensor tokens = some_tokens(2, 3);
  some_loss(run(net, tokens, kOneStep)).backward();

  const PuzzleTables tables = make_puzzle_tables(config, at::TensorOptions().dtype(at::kDouble));
  const PuzzleModule high(config, tables, "H", twin.parameters(), at::kDouble);
  const PuzzleModule low(config, tables, "L", twin.parameters(), at::kDouble);
  const at::Tensor e = twin.embed(tokens, puzzle_rows(twin, 2)), fixed = e.detach();
  auto [z_high, z_low] = twin.start(2);
  {
    const at::NoGradGuard no_grad;
    z_low = low.run(z_low + z_high + fixed);
    z_low = low.run(z_low + z_high + fixed);
    z_high = high.run(z_high + z_low);
    z_low = low.run(z_low + z_high + fixed);
  }
  PuzzleSegment segment;
  z_low = low.run(z_low + z_high + e);
  z_high = high.run(z_high + z_low);
  segment.logits = at::linear(z_high.narrow(1, 2, 16), twin.at("puz.head.weight"));
  segment.q = at::linear(z_high.select(1, 0), twin.at("puz.q.weight"), twin.at("puz.q.bias"));
  some_loss(segment).backward();
  for (const auto& [name, tensor] : net.parameters()) {
    if (!tensor.requires_grad()) continue;
    const at::Tensor other = twin.at(name).grad();
    EXPECT_LT((tensor.grad() - other).norm().item<double>(), 1e-12 * other.norm().item<double>())
        << name;
  }
}

TEST(PuzzleAutograd, TheInputLearnsThroughRecordedLowCallsAlone) {
  const PuzzleNet net = small_net(small_config("trm"), 5, at::kDouble);
  some_loss(run(net, some_tokens(2, 3), 1)).backward();  // the last H call
  EXPECT_FALSE(net.at("puz.emb.weight").grad().defined());
  EXPECT_TRUE(net.at("puz.F.blocks.0.mix.down.weight").grad().defined());
  some_loss(run(net, some_tokens(2, 3), 2)).backward();
  EXPECT_TRUE(net.at("puz.emb.weight").grad().defined());
  EXPECT_TRUE(net.at("puz.id.weight").grad().defined());
}

TEST(PuzzleAutograd, TheWindowChangesGradientsButNoValue) {
  const PuzzleNet net = small_net(small_config("trm"), 5, at::kDouble);
  const at::Tensor tokens = some_tokens(2, 3);
  const PuzzleSegment cycle = run(net, tokens, kLastCycle), three = run(net, tokens, 3);
  EXPECT_TRUE(at::equal(cycle.logits, three.logits));
  EXPECT_TRUE(at::equal(cycle.carry.z_low, run(net, tokens, 0).carry.z_low));
  EXPECT_FALSE(cycle.carry.z_high.requires_grad());
  const auto gradient = [&](const PuzzleSegment& segment) {
    at::Tensor weight = net.at("puz.F.blocks.1.ff.down.weight");
    weight.mutable_grad().reset();
    some_loss(segment).backward();
    return weight.grad().clone();
  };
  // T_L = 2, so that the last cycle is three calls.
  const at::Tensor whole = gradient(cycle), last_three = gradient(three);
  const at::Tensor last_two = gradient(run(net, tokens, kOneStep));
  EXPECT_TRUE(at::equal(whole, last_three));
  EXPECT_FALSE(at::allclose(whole, last_two));
}

// What CUDA does, on the CPU: f32 weights cast at use, z in bf16, q and gradients in f32.
TEST(PuzzleAutograd, Bf16IsNearF32) {
  for (const char* recipe : {"hrm-exact", "trm"}) {
    PuzzleConfig config = small_config(recipe);
    config.recursion = {1, 1};  // more calls of a random net blow up roundings
    const PuzzleNet exact = small_net(config, 5, at::kFloat);
    Parameters copies;
    for (const auto& [name, tensor] : exact.parameters()) {
      copies.emplace(name, tensor.detach().clone().requires_grad_(tensor.requires_grad()));
    }
    const PuzzleNet rough = PuzzleNet::create(exact.config(), copies, at::kBFloat16).value();
    const at::Tensor tokens = some_tokens(4, 3);
    const PuzzleSegment one = run(exact, tokens, kLastCycle), two = run(rough, tokens, kLastCycle);
    EXPECT_EQ(two.carry.z_low.scalar_type(), at::kBFloat16);
    EXPECT_EQ(two.q.scalar_type(), at::kFloat);
    EXPECT_LT((one.logits - two.logits).abs().mean().item<double>(), 0.05) << recipe;
    some_loss(one).backward();
    some_loss(two).backward();
    for (const auto& [name, tensor] : exact.parameters()) {
      if (!tensor.requires_grad()) continue;
      const at::Tensor grad = tensor.grad(), other = rough.at(name).grad();
      ASSERT_EQ(other.scalar_type(), at::kFloat) << name;
      const double cosine = ((grad * other).sum() / (grad.norm() * other.norm())).item<double>();
      EXPECT_GT(cosine, 0.98) << recipe << " " << name;
    }
  }
}

TEST(PuzzleAutograd, RefusesWhatItCannotTrain) {
  const PuzzleConfig config = small_config("rwkv", 64);
  Parameters parameters = small_net(config, 5, at::kFloat).parameters();
  Parameters wide;
  for (const auto& [name, tensor] : parameters) wide.emplace(name, tensor.to(at::kDouble));
  const auto refused = PuzzleNet::create(config, std::move(wide));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  parameters.erase("puz.pos.weight");
  const auto missing = PuzzleNet::create(config, parameters);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("puz.pos.weight"), std::string::npos);
}

// A forward scan cannot look ahead; the mean read-out sees everything.
TEST(PuzzleAutograd, ACausalScanSeesNothingAhead) {
  PuzzleConfig config = small_config("rwkv", 64);
  config.scan = PuzzleScan::Causal;
  const at::NoGradGuard no_grad;
  const auto logits_change = [&](PuzzleScan scan) {
    config.scan = scan;
    const PuzzleNet net = small_net(config, 5, at::kFloat);
    const at::Tensor tokens = some_tokens(1, 3);
    at::Tensor other = tokens.clone();
    other.data_ptr<int64_t>()[9] = 1 + other.data_ptr<int64_t>()[9] % 5;
    return (run(net, tokens, 0).logits - run(net, other, 0).logits).abs().amax({0, 2});
  };
  const at::Tensor causal = logits_change(PuzzleScan::Causal);
  EXPECT_EQ(causal.narrow(0, 0, 9).max().item<float>(), 0.0f);
  EXPECT_GT(causal.narrow(0, 9, 7).min().item<float>(), 0.0f);
  EXPECT_GT(logits_change(PuzzleScan::Alternating).min().item<float>(), 0.0f);
}

}  // namespace
}  // namespace greylag::reason
