// SPDX-License-Identifier: Apache-2.0
// Adapters for the tiny checkpoint whose numbers are small multiples of 1/4: products and sums of
// them are exact in f32, in any order.
#pragma once

#include "core/adapter/adapter_file.h"
#include "core/adapter/adapter_shape.h"
#include "core/base/random.h"

namespace greylag::test {

inline std::vector<float> quarters(int64_t count, uint64_t stream) {
  CounterRandom random(11, stream);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) value = (static_cast<float>(random.below(17)) - 8) / 4;
  return values;
}

// All six matrices of every layer but receptance of layer 1.
inline AdapterFile sample_lora(const Config& config, int64_t rank = 4, double alpha = 8) {
  AdapterFile adapter;
  adapter.rank = rank;
  adapter.alpha = alpha;
  adapter.lora.resize(static_cast<size_t>(config.layers));
  uint64_t stream = 0;
  for (auto& layer : adapter.lora) {
    for (size_t i = 0; i < layer.size(); ++i) {
      if (&layer == &adapter.lora[1] && i == 0) continue;
      const auto target = static_cast<AdapterTarget>(i);
      layer[i].a = quarters(rank * target_in(config, target), stream++);
      layer[i].b = quarters(rank * target_out(config, target), stream++);
    }
  }
  return adapter;
}

inline AdapterFile sample_state(const Config& config) {
  AdapterFile adapter;
  adapter.method = AdapterMethod::State;
  adapter.time_state = quarters(config.layers * config.width * config.head_size, 99);
  return adapter;
}

}  // namespace greylag::test
