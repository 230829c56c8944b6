// SPDX-License-Identifier: Apache-2.0
// A checkpoint loaded on the CPU with a state pool, and a way to run one sequence in chunks.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <numeric>
#include <span>
#include <vector>

#include "core/model/rwkv7.h"

namespace greylag::test {

struct Outputs {
  std::vector<float> logits, hidden;  // [T, V], [T, C]
};

struct LoadedModel {
  std::unique_ptr<gpu::Device> device;
  std::unique_ptr<gpu::Queue> queue;
  std::shared_ptr<const Weights> weights;
  std::unique_ptr<StatePool> pool;
  std::unique_ptr<Rwkv7> model;

  explicit LoadedModel(const std::filesystem::path& path, int32_t slots = 4) {
    std::string why;
    device = gpu::make_device("cpu", 2, &why);
    const auto reader = open_checkpoint(path);
    if (device == nullptr || !reader) {
      ADD_FAILURE() << why << (reader ? "" : reader.error().message);
      return;
    }
    queue = device->make_queue();
    const auto loaded = Weights::load(**reader, *device);
    if (!loaded) {
      ADD_FAILURE() << loaded.error().message;
      return;
    }
    weights = *loaded;
    pool = std::make_unique<StatePool>(weights->config, *device, *queue, slots);
    model = std::make_unique<Rwkv7>(weights, *device, *queue);
  }

  const Config& config() const { return weights->config; }

  // Logits and hidden states of all positions; the slot goes on from where it is.
  Outputs run(const StateSlot& slot, std::span<const int32_t> tokens, size_t chunk,
              const AdapterWeights* adapter = nullptr) {
    Outputs all;
    Batch batch;
    for (size_t begin = 0; begin < tokens.size(); begin += chunk) {
      const size_t count = std::min(chunk, tokens.size() - begin);
      batch.clear();
      batch.add(tokens.subspan(begin, count), slot.index(), adapter, false);
      batch.logit_rows.resize(count);
      std::iota(batch.logit_rows.begin(), batch.logit_rows.end(), 0);
      std::vector<float> logits(count * static_cast<size_t>(config().vocab));
      std::vector<float> hidden(count * static_cast<size_t>(config().width));
      const Status status = model->forward(batch, *pool, logits, hidden);
      EXPECT_TRUE(status.ok()) << (status ? "" : status.error().message);
      all.logits.insert(all.logits.end(), logits.begin(), logits.end());
      all.hidden.insert(all.hidden.end(), hidden.begin(), hidden.end());
    }
    return all;
  }

  StateSlot take() {
    Result<StateSlot> slot = pool->take();
    EXPECT_TRUE(slot.ok());
    return std::move(slot).value();
  }
};

inline float largest_difference(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  float largest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const float difference = std::abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference;  // keeps a NaN
  }
  return largest;
}

inline std::vector<int32_t> some_tokens(size_t count, int32_t seed) {
  std::vector<int32_t> tokens(count);
  for (size_t i = 0; i < count; ++i) {
    tokens[i] = static_cast<int32_t>((i * 37 + static_cast<size_t>(seed) * 101 + i * i) % 255) + 1;
  }
  return tokens;
}

enum class WithNorms { No, Yes };

// A LoRA on all six matrices of every layer, and its own layer norms.
inline std::shared_ptr<const AdapterWeights> make_adapter(LoadedModel& loaded, float size,
                                                          WithNorms with_norms = WithNorms::No) {
  auto adapter = std::make_shared<AdapterWeights>();
  const Config& c = loaded.config();
  const auto tensor = [&](const gpu::Shape& shape, size_t seed) {
    std::vector<float> values(static_cast<size_t>(shape.elements()));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = size * (static_cast<float>((i * 7919 + seed * 131) % 101) / 50.0f - 1.0f);
    }
    if (shape.rank() == 2) {
      return loaded.device->upload_matrix(*loaded.queue, values.data(), gpu::DType::F32, shape);
    }
    gpu::Tensor made = loaded.device->allocate(gpu::DType::F32, shape);
    loaded.device->upload(*loaded.queue, values.data(), made);
    loaded.queue->wait();
    return made;
  };
  adapter->scale = 0.5f;
  adapter->layers.resize(static_cast<size_t>(c.layers));
  for (size_t layer = 0; layer < adapter->layers.size(); ++layer) {
    for (size_t i = 0; i < kAdapterTargetCount; ++i) {
      const auto target = static_cast<AdapterTarget>(i);
      const int64_t in = target == AdapterTarget::FfnValue ? c.ffn_width : c.width;
      const int64_t out = target == AdapterTarget::FfnKey ? c.ffn_width : c.width;
      adapter->layers[layer][i] = {tensor({4, in}, layer + i), tensor({out, 4}, layer + i + 7)};
    }
  }
  if (with_norms == WithNorms::Yes) {
    const auto norm = [&](size_t seed) {
      return AdapterWeights::Norm{tensor({c.width}, seed), tensor({c.width}, seed + 50)};
    };
    adapter->ln0 = norm(90), adapter->ln_out = norm(91);
    for (size_t layer = 0; layer < adapter->layers.size(); ++layer) {
      adapter->norms.push_back({norm(layer), norm(layer + 20), norm(layer + 40)});
    }
  }
  return adapter;
}

}  // namespace greylag::test
