// SPDX-License-Identifier: Apache-2.0
// The deliberate pair: the forward on autograd and the forward of core/model give the same logits.
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "core/model/rwkv7.h"
#include "core/train/base_model.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

constexpr int kTokens = 40;

std::vector<float> inferred(const fs::path& path, const std::vector<int32_t>& tokens) {
  std::string why;
  const auto device = gpu::make_device("cpu", 1, &why);
  const auto queue = device->make_queue();
  auto reader = open_checkpoint(path);
  const auto weights = Weights::load(**reader, *device);
  EXPECT_TRUE(weights.ok());
  StatePool pool((*weights)->config, *device, *queue, 1);
  const auto slot = pool.take();
  Rwkv7 model(*weights, *device, *queue);
  Batch batch;
  batch.add(tokens, slot->index(), nullptr, true);
  batch.logit_rows.clear();
  for (int32_t i = 0; i < kTokens; ++i) batch.logit_rows.push_back(i);
  std::vector<float> logits(static_cast<size_t>(kTokens * (*weights)->config.vocab));
  EXPECT_TRUE(model.forward(batch, pool, logits).ok());
  return logits;
}

TEST(TrainMatchesInfer, BothForwardsGiveTheSameLogits) {
  const char* shared = std::getenv("GREYLAG_SHARED");
  const fs::path folder = fs::path(shared == nullptr ? "" : shared) / "parity";
  // Each forward may differ from the reference by 1e-5 (tiny) and 1e-4 (lively), so the two may
  // differ from each other by twice that. A wrong formula moves the lively model's logits by 4e-2.
  const std::pair<const char*, float> models[] = {{"tiny-rwkv7-byte.safetensors", 2e-5f},
                                                  {"lively-rwkv7-byte.safetensors", 2e-4f}};
  for (const auto& [name, tolerance] : models) {
    if (!fs::exists(folder / name)) GTEST_SKIP() << "no parity data";
    std::vector<int32_t> tokens;
    at::Tensor ids = at::empty({1, kTokens}, at::kLong);
    for (int i = 0; i < kTokens; ++i) {
      tokens.push_back((i * 37 + 11) % 256);
      ids.data_ptr<int64_t>()[i] = tokens.back();
    }
    const std::vector<float> expected = inferred(folder / name, tokens);
    auto base = load_base_model(folder / name);
    ASSERT_TRUE(base.ok()) << base.error().message;
    const at::NoGradGuard no_grad;
    const at::Tensor found = base->model.forward(ids);
    ASSERT_EQ(static_cast<size_t>(found.numel()), expected.size());
    float largest = 0, scale = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      largest = std::max(largest, std::abs(expected[i] - found.data_ptr<float>()[i]));
      scale = std::max(scale, std::abs(expected[i]));
    }
    std::printf("%s: largest logit difference %.3g of %.3g\n", name, static_cast<double>(largest),
                static_cast<double>(scale));
    EXPECT_LE(largest, tolerance);
  }
}

}  // namespace
}  // namespace greylag::train
