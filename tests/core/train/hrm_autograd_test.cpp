// SPDX-License-Identifier: Apache-2.0
#include "core/train/hrm_autograd.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "core/base/random.h"
#include "core/train/block_init.h"
#include "core/train/hrm_file.h"
#include "core/train/hrm_loss.h"
#include "core/train/loss.h"
#include "core/train/truncated_normal.h"
#include "tests/core/train/hrm_reference.h"

namespace greylag::train {
namespace {

// f32 against f64; measured: at most 6e-6. Blocks alone agree to 5e-5 on a whole model
// (parity_test).
constexpr double kGradientTolerance = 3e-5;
constexpr double kResidualTolerance = 2e-5;

at::Tensor random_tensor(std::vector<int64_t> sizes, uint64_t seed, double std = 1.0) {
  at::Tensor out = at::empty(sizes, at::kFloat);
  CounterRandom random(seed, 99);
  fill_truncated_normal({out.data_ptr<float>(), static_cast<size_t>(out.numel())}, std, random);
  return out;
}

Config base_config() {
  Config base;
  base.width = 64;
  base.layers = 1;
  base.vocab = 32;
  base.heads = 1;
  base.ffn_width = 256;
  return base;
}

// A base of one block, whose own computation is not at issue here.
Rwkv7Autograd make_base(uint64_t seed) {
  Config c = base_config();
  Parameters p;
  p["emb.weight"] = random_tensor({c.vocab, c.width}, seed);
  p["head.weight"] = random_tensor({c.vocab, c.width}, seed + 1, 0.3);
  for (const char* norm : {"blocks.0.ln0", "ln_out"}) {
    p[std::string(norm) + ".weight"] = at::ones({c.width});
    p[std::string(norm) + ".bias"] = at::zeros({c.width});
  }
  const auto core = make_hrm_config(c, 64, 1);
  for (const HrmTensor& tensor : hrm_tensors(*core)) {
    static const std::string kPrefix = "hrm.L.";
    if (tensor.name.compare(0, kPrefix.size(), kPrefix) != 0) continue;
    const std::string name = tensor.name.substr(kPrefix.size());
    std::vector<int64_t> sizes;
    for (int i = 0; i < tensor.shape.rank(); ++i) sizes.push_back(tensor.shape[i]);
    CounterRandom random(seed, 7 + p.size());
    const std::vector<float> values =
        initial_block_tensor(name.substr(std::string("blocks.0.").size()), tensor.shape,
                             {.index = 0, .count = 1, .width = c.width}, BlockStart::Live, random);
    p[name] = at::empty(sizes, at::kFloat);
    std::copy(values.begin(), values.end(), p[name].data_ptr<float>());
  }
  return std::move(*Rwkv7Autograd::create(c, std::move(p)));
}

HrmConfig core_config(int64_t blocks, Recursion recursion, bool is_shared = false,
                      bool has_gate = false) {
  const auto config = make_hrm_config(base_config(), 64, blocks, recursion, 0, is_shared, has_gate);
  EXPECT_TRUE(config.ok());
  return *config;
}

// A core that says something: W_out and, if it has one, the gate are random too.
HrmAutograd lively_core(const HrmConfig& config, uint64_t seed) {
  HrmAutograd core = fresh_core(config, seed);
  core.parameters().at("hrm.out.weight") = random_tensor({64, config.width()}, seed + 10, 0.1);
  if (config.has_gate) {
    core.parameters().at("hrm.gate.weight") = random_tensor({1, 64}, seed + 11, 0.1);
    core.parameters().at("hrm.gate.bias") = random_tensor({1}, seed + 12);
  }
  return core;
}

MicroBatch make_tokens(int64_t batch, int64_t time, uint64_t seed) {
  MicroBatch out;
  out.tokens = at::empty({batch, time}, at::kLong);
  out.targets = at::empty({batch * time}, at::kLong);
  CounterRandom random(seed, 3);
  for (int64_t i = 0; i < batch * time; ++i) {
    out.tokens.data_ptr<int64_t>()[i] = static_cast<int64_t>(random.below(32));
    const bool is_learned = i % 4 != 0;
    out.targets.data_ptr<int64_t>()[i] =
        is_learned ? static_cast<int64_t>(random.below(32)) : kNotLearned;
    out.learned_tokens += is_learned ? 1 : 0;
  }
  out.input_tokens = batch * time;
  return out;
}

void require_gradients(HrmAutograd& core) {
  for (auto& [name, tensor] : core.parameters()) tensor.requires_grad_();
}

// Deep supervision's loss of one sequence, in f64 on the reference.
at::Tensor reference_loss(const HrmConfig& config, const Parameters& core, const Parameters& base,
                          const at::Tensor& h, const MicroBatch& batch, int64_t grad_cycles) {
  const at::Tensor learned = at::nonzero(batch.targets >= 0).view({-1});
  const at::Tensor targets = batch.targets.index_select(0, learned);
  at::Tensor sum;
  double weights = 0;
  const auto residuals = reference_residuals(config, core, h, grad_cycles);
  for (size_t i = 0; i < residuals.size(); ++i) {
    const at::Tensor x = h + residuals[i];
    const at::Tensor hidden =
        at::layer_norm(x, {64}, base.at("ln_out.weight"), base.at("ln_out.bias"), 1e-5);
    const at::Tensor logits =
        at::matmul(hidden.index_select(0, learned), base.at("head.weight").t());
    const at::Tensor entropy = -at::log_softmax(logits, 1).gather(1, targets.view({-1, 1})).sum();
    const double omega = i + 1 == residuals.size() ? 1.0 : 0.5;
    sum = sum.defined() ? sum + entropy * omega : entropy * omega;
    weights += omega;
  }
  return sum / weights;
}

struct GradientCase {
  const char* name;
  int64_t blocks;
  Recursion recursion;
  int64_t grad_cycles;
  bool is_shared, has_gate, is_recomputing;
};

class HrmGradients : public ::testing::TestWithParam<GradientCase> {};

TEST_P(HrmGradients, AgreeWithTheReferenceOnEveryTensor) {
  const GradientCase& c = GetParam();
  const HrmConfig config = core_config(c.blocks, c.recursion, c.is_shared, c.has_gate);
  const Rwkv7Autograd base = make_base(1);
  HrmAutograd core = lively_core(config, 2);
  core.set_recompute(c.is_recomputing);
  require_gradients(core);
  const MicroBatch batch = make_tokens(1, 5, 4);
  HrmLossOptions options;
  options.thinking.grad_cycles = c.grad_cycles;
  const HrmLoss found = hrm_loss({base, core}, batch, options);
  found.total.backward();

  const Parameters f64 = in_f64(core.parameters(), true);
  const Parameters base64 = in_f64(base.parameters(), false);
  const at::Tensor h = base.residual(batch.tokens, config.tap).x.to(at::kDouble);
  const at::Tensor expected = reference_loss(config, f64, base64, h, batch, c.grad_cycles);
  expected.backward();
  EXPECT_NEAR(found.loss, expected.item<double>(), 1e-5 * expected.item<double>());
  EXPECT_NEAR(found.total.item<double>(), found.loss, 1e-9 * found.loss);
  double largest = 0;
  for (const auto& [name, tensor] : core.parameters()) {
    const at::Tensor& wanted = f64.at(name).grad();
    const at::Tensor& grad = tensor.grad();
    ASSERT_EQ(wanted.defined(), grad.defined()) << name;
    if (!wanted.defined()) {  // q without halting; z0 where the first L call is not recorded
      EXPECT_TRUE(name.compare(0, 6, "hrm.q.") == 0 || (c.grad_cycles == 0 && name == "hrm.z0"))
          << name;
      continue;
    }
    const double norm = wanted.norm().item<double>();
    EXPECT_GT(norm, 0) << name;
    const double error =
        (grad.to(at::kDouble) - wanted).norm().item<double>() / std::max(norm, 1e-9);
    EXPECT_LE(error, kGradientTolerance) << name;
    largest = std::max(largest, error);
  }
  std::printf("%s: largest relative gradient error %.3g\n", c.name, largest);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, HrmGradients,
    ::testing::Values(GradientCase{"all_cycles", 1, {2, 1}, 2, false, false, false},
                      GradientCase{"all_cycles_recomputed", 1, {2, 1}, 2, false, false, true},
                      GradientCase{"each_cycle", 2, {2, 3}, 1, false, false, false},
                      GradientCase{"one_step", 1, {2, 2}, 0, false, false, false},
                      GradientCase{"shared_with_gate", 2, {2, 1}, 2, true, true, false}),
    [](const auto& test) { return std::string(test.param.name); });

// The reference's own gradients, by central differences in f64 along a random direction per tensor:
// with eps 1e-5 the truncation error is about 1e-10 and the rounding error 1e-11 of the loss.
TEST(HrmReference, ItsGradientsAreItsDifferences) {
  const HrmConfig config = core_config(1, {2, 1});
  const Rwkv7Autograd base = make_base(1);
  const Parameters base64 = in_f64(base.parameters(), false);
  const MicroBatch batch = make_tokens(1, 5, 4);
  const at::Tensor h = base.residual(batch.tokens, config.tap).x.to(at::kDouble);
  const Parameters core = in_f64(lively_core(config, 2).parameters(), true);
  reference_loss(config, core, base64, h, batch, 2).backward();
  const auto loss = [&] {
    return reference_loss(config, core, base64, h, batch, 2).item<double>();
  };
  for (const auto& [name, tensor] : core) {
    if (!tensor.grad().defined()) continue;
    const at::NoGradGuard no_grad;
    at::Tensor direction = random_tensor(tensor.sizes().vec(), 5).to(at::kDouble);
    direction = direction / direction.norm();
    const double expected = (tensor.grad() * direction).sum().item<double>();
    constexpr double kEps = 1e-5;
    at::Tensor value = tensor;
    value.add_(direction, kEps);
    const double above = loss();
    value.add_(direction, -2 * kEps);
    const double below = loss();
    value.add_(direction, kEps);
    const double norm = tensor.grad().norm().item<double>();
    EXPECT_NEAR((above - below) / (2 * kEps), expected, 1e-6 * norm + 1e-8) << name;
  }
}

TEST(HrmAutograd, GivesTheReferencesAnswerAfterEachCycle) {
  const HrmConfig config = core_config(2, {2, 3}, false, true);
  const HrmAutograd core = lively_core(config, 8);
  const at::Tensor h = random_tensor({2 * 9, 64}, 3);
  const at::NoGradGuard no_grad;
  const auto found = core.think(h, 2, {});
  const Parameters f64 = in_f64(core.parameters(), false);
  for (int64_t b = 0; b < 2; ++b) {
    const at::Tensor rows = h.narrow(0, b * 9, 9).to(at::kDouble);
    const auto expected = reference_residuals(config, f64, rows, 1);
    ASSERT_EQ(found.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const at::Tensor difference =
          found[i].residual.narrow(0, b * 9, 9).to(at::kDouble) - expected[i];
      EXPECT_LE(difference.norm().item<double>(),
                kResidualTolerance * expected[i].norm().item<double>());
    }
  }
}

TEST(HrmAutograd, AFreshCoreChangesNoBit) {
  const Rwkv7Autograd base = make_base(1);
  const HrmAutograd core = fresh_core(core_config(2, {2, 3}), 2);
  const MicroBatch batch = make_tokens(3, 16, 4);
  const double expected =
      head_loss(base.hidden(batch.tokens), base.head(), batch.targets, 0).item<double>();
  const HrmLoss found = hrm_loss({base, core}, batch, {});
  EXPECT_EQ(found.loss, expected);
  for (const double cycle : found.cycles) EXPECT_EQ(cycle, expected);
  EXPECT_TRUE(at::equal(hrm_hidden({base, core}, batch.tokens, {}), base.hidden(batch.tokens)));
}

// Only W_out can learn at first; then everything does: no tensor is dead.
TEST(HrmAutograd, EveryTensorLearnsFromTheSecondStepOn) {
  const Rwkv7Autograd base = make_base(1);
  for (const bool has_gate : {false, true}) {
    HrmAutograd core = fresh_core(core_config(2, {2, 2}, false, has_gate), 2);
    require_gradients(core);
    const MicroBatch batch = make_tokens(2, 16, 4);
    HrmLossOptions options;
    options.thinking.halting = HaltPolicy{};
    hrm_loss({base, core}, batch, options).total.backward();
    for (auto& [name, tensor] : core.parameters()) {
      const bool is_moving =
          tensor.grad().defined() && tensor.grad().abs().max().item<double>() > 0;
      EXPECT_EQ(is_moving, name == "hrm.out.weight" || name.compare(0, 6, "hrm.q.") == 0) << name;
    }
    {
      const at::NoGradGuard no_grad;
      at::Tensor out = core.at("hrm.out.weight");
      out.add_(out.grad(), -1e-3);
    }
    for (auto& [name, tensor] : core.parameters()) tensor.mutable_grad().reset();
    hrm_loss({base, core}, batch, options).total.backward();
    for (auto& [name, tensor] : core.parameters()) {
      ASSERT_TRUE(tensor.grad().defined()) << name;
      EXPECT_GT(tensor.grad().abs().max().item<double>(), 0) << name;
    }
  }
}

TEST(HrmAutograd, TheFirstCyclesAreThoseOfACoreThatHasNoMore) {
  const HrmAutograd two = lively_core(core_config(2, {2, 2}), 4);
  HrmConfig config = two.config();
  config.recursion.h_cycles = 1;
  const auto one = HrmAutograd::create(config, two.parameters());
  const at::Tensor h = random_tensor({2 * 8, 64}, 3);
  const at::NoGradGuard no_grad;
  Thinking first;
  first.cycles = 1;
  const auto whole = two.think(h, 2, {}), prefix = two.think(h, 2, first),
             single = one->think(h, 2, {});
  ASSERT_EQ(prefix.size(), 1u);
  EXPECT_TRUE(at::equal(prefix[0].residual, whole[0].residual));
  EXPECT_TRUE(at::equal(single[0].residual, whole[0].residual));
  EXPECT_FALSE(at::equal(whole[1].residual, whole[0].residual));
}

TEST(HrmAutograd, NothingDependsOnWhatComesLater) {
  const HrmAutograd core = lively_core(core_config(2, {2, 2}), 4);
  const at::Tensor h = random_tensor({12, 64}, 3);
  at::Tensor changed = h.clone();
  changed.select(0, 7).add_(1.0);
  const at::NoGradGuard no_grad;
  const at::Tensor before = core.think(h, 1, {}).back().residual;
  const at::Tensor after = core.think(changed, 1, {}).back().residual;
  EXPECT_TRUE(at::equal(before.narrow(0, 0, 7), after.narrow(0, 0, 7)));
  EXPECT_FALSE(at::equal(before.narrow(0, 7, 5), after.narrow(0, 7, 5)));
}

TEST(HrmAutograd, OtherGradientWindowsAreRefused) {
  const HrmAutograd core = fresh_core(core_config(1, {4, 1}), 1);
  for (const int64_t known : {0, 1, 4}) EXPECT_TRUE(core.check_grad_cycles(known).ok());
  for (const int64_t other : {-1, 2, 3, 5}) {
    const Status refused = core.check_grad_cycles(other);
    ASSERT_FALSE(refused.ok());
    EXPECT_NE(refused.error().message.find("hrm_grad_cycles must be 1"), std::string::npos);
  }
}

TEST(HrmAutograd, AMissingTensorIsNamed) {
  HrmAutograd core = fresh_core(core_config(1, {1, 1}), 1);
  Parameters parameters = core.parameters();
  parameters.erase("hrm.z0");
  const auto made = HrmAutograd::create(core.config(), std::move(parameters));
  ASSERT_FALSE(made.ok());
  EXPECT_NE(made.error().message.find("hrm.z0"), std::string::npos);
}

// q decides by token, so a q that reads one channel of z_H stops some tokens and not others.
HrmAutograd choosy_core(uint64_t seed) {
  HrmAutograd core = lively_core(core_config(2, {3, 2}), seed);
  at::Tensor q = at::zeros({1, 64});
  q.select(1, 5).fill_(8.0f);
  core.parameters().at("hrm.q.weight") = q;
  core.parameters().at("hrm.q.bias") = at::zeros({1});
  return core;
}

Thinking halting(const HaltPolicy& policy) {
  Thinking thinking;
  thinking.halting = policy;
  return thinking;
}

TEST(Halting, AHeldTokenIsOneThatTheLaterCallsNeverSaw) {
  const HrmAutograd core = choosy_core(6);
  const at::Tensor h = random_tensor({10, 64}, 3);
  const at::NoGradGuard no_grad;
  const auto cycles = core.think(h, 1, halting({.tau = 0.5}));
  const at::Tensor live = cycles[1].is_live;
  const int64_t count = live.sum().item<int64_t>();
  ASSERT_GT(count, 0);
  ASSERT_LT(count, 10);
  // The second cycle again, over the live tokens alone.
  const at::Tensor rows = at::nonzero(live).view({-1});
  const auto of_live = [&](const at::Tensor& all) {
    return all.index_select(0, rows).to(at::kDouble);
  };
  const Parameters f64 = in_f64(core.parameters(), false);
  at::Tensor high = of_live(cycles[0].z_high), low = of_live(cycles[0].z_low);
  reference_cycle(core.config(), f64, reference_input(f64, of_live(h)), high, low);
  const at::Tensor difference = of_live(cycles[1].z_high) - high;
  EXPECT_LE(difference.norm().item<double>(), kResidualTolerance * high.norm().item<double>());
  for (int64_t t = 0; t < 10; ++t) {
    const bool is_same = at::equal(cycles[1].z_high.select(0, t), cycles[0].z_high.select(0, t));
    EXPECT_EQ(is_same, !live.data_ptr<bool>()[t]) << t;
  }
}

TEST(Halting, APaddedBatchEqualsItsSequencesAlone) {
  const HrmAutograd core = choosy_core(6);
  const at::Tensor h = random_tensor({3 * 10, 64}, 3);
  const at::NoGradGuard no_grad;
  const Thinking thinking = halting({.tau = 0.5});
  const auto together = core.think(h, 3, thinking);
  bool is_ragged = false;
  for (int64_t b = 0; b < 3; ++b) {
    const auto alone = core.think(h.narrow(0, b * 10, 10), 1, thinking);
    for (size_t i = 0; i < alone.size(); ++i) {
      EXPECT_TRUE(at::equal(together[i].is_live.narrow(0, b * 10, 10), alone[i].is_live));
      // The same rows in products of another height: equal up to f32 rounding.
      EXPECT_TRUE(
          at::allclose(together[i].residual.narrow(0, b * 10, 10), alone[i].residual, 1e-4, 1e-5));
    }
    is_ragged |= alone[1].is_live.sum().item<int64_t>() !=
                 together[1].is_live.narrow(0, 0, 10).sum().item<int64_t>();
  }
  EXPECT_TRUE(is_ragged);  // else nothing was padded
}

TEST(Halting, ExplorationForcesFullDepth) {
  const HrmAutograd core = choosy_core(6);
  const at::Tensor h = random_tensor({64, 64}, 3);
  const at::NoGradGuard no_grad;
  const auto live = [&](const HaltPolicy& policy) {
    return core.think(h, 1, halting(policy)).back().is_live;
  };
  EXPECT_EQ(live({.tau = 0.5, .explore = 1}).sum().item<int64_t>(), 64);
  const at::Tensor none = live({.tau = 0.5}), some = live({.tau = 0.5, .explore = 0.5});
  EXPECT_LT(none.sum().item<int64_t>(), some.sum().item<int64_t>());
  EXPECT_TRUE(at::equal(some, live({.tau = 0.5, .explore = 0.5})));
  EXPECT_FALSE(at::equal(some, live({.tau = 0.5, .explore = 0.5, .stream = 1})));
}

TEST(Halting, ItsGradientEndsAtQ) {
  const Rwkv7Autograd base = make_base(1);
  const MicroBatch batch = make_tokens(2, 8, 4);
  std::map<std::string, at::Tensor> without;
  for (const double weight : {0.0, 0.5}) {
    HrmAutograd core = choosy_core(6);
    require_gradients(core);
    HrmLossOptions options;
    options.thinking.halting = HaltPolicy{.tau = 0.5};
    options.halt_weight = weight;
    hrm_loss({base, core}, batch, options).total.backward();
    for (auto& [name, tensor] : core.parameters()) {
      if (weight == 0) {
        without[name] = tensor.grad();
      } else if (name.compare(0, 6, "hrm.q.") == 0) {
        EXPECT_GT(tensor.grad().abs().max().item<double>(), 0) << name;
      } else {
        EXPECT_TRUE(at::equal(tensor.grad(), without.at(name))) << name;
      }
    }
  }
}

TEST(Halting, TokensThatAllStopEndTheWork) {
  HrmAutograd core = choosy_core(6);
  core.parameters().at("hrm.q.weight") = at::zeros({1, 64});
  core.parameters().at("hrm.q.bias") = at::full({1}, 20.0f);
  const Rwkv7Autograd base = make_base(1);
  HrmLossOptions options;
  options.thinking.halting = HaltPolicy{};
  const MicroBatch batch = make_tokens(2, 8, 4);
  const HrmLoss loss = hrm_loss({base, core}, batch, options);
  EXPECT_EQ(loss.depth, static_cast<double>(batch.learned_tokens));
  EXPECT_EQ(loss.cycles[2], loss.cycles[0]);
  EXPECT_EQ(loss.changes[1], 0);
}

}  // namespace
}  // namespace greylag::train
