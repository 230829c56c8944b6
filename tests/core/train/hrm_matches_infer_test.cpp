// SPDX-License-Identifier: Apache-2.0
// The second deliberate pair: a reasoning core on autograd and the one of core/model give the same
// logits, read from one file.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "core/base/platform.h"
#include "core/base/random.h"
#include "core/model/rwkv7.h"
#include "core/train/base_model.h"
#include "core/train/hrm_file.h"
#include "core/train/hrm_loss.h"
#include "core/train/truncated_normal.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

constexpr int kTokens = 40;

// As train_matches_infer_test allows the base alone: each forward within 1e-4 of the formulas.
constexpr float kTolerance = 2e-4f;

std::vector<float> inferred(const fs::path& model_path, const fs::path& core_path,
                            const std::vector<int32_t>& tokens, const HrmUse& use) {
  std::string why;
  const auto device = gpu::make_device("cpu", 1, &why);
  const auto queue = device->make_queue();
  auto reader = open_checkpoint(model_path);
  const auto weights = Weights::load(**reader, *device);
  EXPECT_TRUE(weights.ok());
  auto core_reader = open_checkpoint(core_path);
  const auto core_weights = HrmWeights::load(**core_reader, "", *device);
  EXPECT_TRUE(core_weights.ok()) << core_weights.error().message;
  StatePool pool((*weights)->config, *device, *queue, 1);
  const auto slot = pool.take();
  HrmCore core(*core_weights, *device, *queue, 1);
  const auto core_slot = core.states().take();
  Rwkv7 model(*weights, *device, *queue);
  Batch batch;
  batch.add(tokens, slot->index(), nullptr, true, {&core, core_slot->index(), use});
  batch.logit_rows.resize(tokens.size());
  std::iota(batch.logit_rows.begin(), batch.logit_rows.end(), 0);
  std::vector<float> logits(tokens.size() * static_cast<size_t>((*weights)->config.vocab));
  EXPECT_TRUE(model.forward(batch, pool, logits).ok());
  return logits;
}

struct Case {
  const char* name;
  int64_t tap;
  bool is_shared, has_gate;
  double halt_tau;  // 0 = no halting
  int32_t effort;
  float strength;
};

class HrmMatchesInfer : public ::testing::TestWithParam<Case> {};

TEST_P(HrmMatchesInfer, BothForwardsGiveTheSameLogits) {
  const Case& c = GetParam();
  const char* shared = std::getenv("GREYLAG_SHARED");
  const fs::path model_path =
      fs::path(shared == nullptr ? "" : shared) / "parity" / "lively-rwkv7-byte.safetensors";
  if (!fs::exists(model_path)) GTEST_SKIP() << "no parity data";
  const auto base = load_base_model(model_path);
  ASSERT_TRUE(base.ok()) << base.error().message;
  auto config = make_hrm_config(base->model.config(), 0, 2, {2, 2}, c.tap, c.is_shared, c.has_gate);
  ASSERT_TRUE(config.ok());
  config->halt_tau = c.halt_tau;
  HrmAutograd core = fresh_core(*config, 3);
  CounterRandom random(3, 1);
  const auto fill = [&](const char* name, double std) {
    at::Tensor& tensor = core.parameters().at(name);
    fill_truncated_normal({tensor.data_ptr<float>(), static_cast<size_t>(tensor.numel())}, std,
                          random);
  };
  fill("hrm.out.weight", 0.1);
  if (c.has_gate) fill("hrm.gate.weight", 0.1);
  if (c.halt_tau > 0) {
    fill("hrm.q.weight", 0.3);
    core.parameters().at("hrm.q.bias").zero_();
  }
  const fs::path core_path =
      fs::temp_directory_path() / ("greylag-hrm-pair-" + std::to_string(platform::process_id()) +
                                   "-" + c.name + ".safetensors");
  ASSERT_TRUE(save_core(core_path, core).ok());

  std::vector<int32_t> tokens;
  at::Tensor ids = at::empty({1, kTokens}, at::kLong);
  for (int i = 0; i < kTokens; ++i) {
    tokens.push_back((i * 37 + 11) % 256);
    ids.data_ptr<int64_t>()[i] = tokens.back();
  }
  const auto expected =
      inferred(model_path, core_path, tokens, {.strength = c.strength, .effort = c.effort});
  std::error_code ignored;
  fs::remove(core_path, ignored);
  const at::NoGradGuard no_grad;
  Thinking thinking;
  thinking.cycles = c.effort;
  thinking.strength = static_cast<double>(c.strength);
  if (c.halt_tau > 0) {
    thinking.halting = HaltPolicy{.tau = c.halt_tau};
    const auto cycles = core.think(base->model.residual(ids, config->tap).x, 1, thinking);
    const int64_t live = cycles.back().is_live.sum().item<int64_t>();
    EXPECT_TRUE(live > 0 && live < kTokens) << live;  // else halting is not tested
  }
  const at::Tensor hidden = hrm_hidden({base->model, core}, ids, thinking);
  const at::Tensor found = at::mm(hidden, base->model.head().t()).contiguous();
  float largest = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::abs(expected[i] - found.data_ptr<float>()[i]));
  }
  const float moved = (found - base->model.forward(ids).view_as(found)).abs().max().item<float>();
  std::printf("%s: largest logit difference %.3g; the core moves logits by %.3g\n", c.name,
              static_cast<double>(largest), static_cast<double>(moved));
  EXPECT_LE(largest, kTolerance);
  EXPECT_EQ(moved > 0, c.strength > 0);
}

INSTANTIATE_TEST_SUITE_P(Cases, HrmMatchesInfer,
                         ::testing::Values(Case{"last_block", 0, false, false, 0, 0, 1},
                                           Case{"first_cycle", 0, false, false, 0, 1, 1},
                                           Case{"inner_tap", 1, true, true, 0, 0, 0.5f},
                                           Case{"halting", 0, false, false, 0.5, 0, 1},
                                           Case{"left_out", 0, false, false, 0, 0, 0}),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace greylag::train
