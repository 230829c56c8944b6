// SPDX-License-Identifier: Apache-2.0
// Adapters with numbers that follow from their place, for a model of any size.
#pragma once

#include <vector>

#include "core/adapter/adapter_file.h"

namespace greylag::test {

inline AdapterFile make_lora(const Config& c, int64_t rank, double alpha, int seed) {
  AdapterFile adapter;
  adapter.rank = rank;
  adapter.alpha = alpha;
  adapter.lora.resize(static_cast<size_t>(c.layers));
  const auto fill = [seed](std::vector<float>& values, int64_t size) {
    values.resize(static_cast<size_t>(size));
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] =
          static_cast<float>((i * 31 + static_cast<size_t>(seed) * 17) % 23) / 100.0f - 0.1f;
    }
  };
  for (auto& layer : adapter.lora) {
    for (size_t i = 0; i < kAdapterTargetCount; ++i) {
      const auto target = static_cast<AdapterTarget>(i);
      fill(layer[i].a, rank * (target == AdapterTarget::FfnValue ? c.ffn_width : c.width));
      fill(layer[i].b, rank * (target == AdapterTarget::FfnKey ? c.ffn_width : c.width));
    }
  }
  return adapter;
}

inline AdapterFile make_tuned_state(const Config& c) {
  AdapterFile adapter;
  adapter.method = AdapterMethod::State;
  adapter.time_state.resize(static_cast<size_t>(c.layers * c.heads * c.head_size * c.head_size));
  for (size_t i = 0; i < adapter.time_state.size(); ++i) {
    adapter.time_state[i] = static_cast<float>(i % 13) / 10.0f - 0.6f;
  }
  return adapter;
}

// scale * B A of one matrix, [out, in]; empty when it is not adapted.
inline std::vector<double> product(const AdapterFile& adapter, size_t layer, size_t target) {
  const AdapterFile::Pair& pair = adapter.lora[layer][target];
  const auto rank = static_cast<size_t>(adapter.rank);
  const size_t in = pair.a.size() / rank, out = pair.b.size() / rank;
  std::vector<double> result(in * out, 0.0);
  const double scale = adapter.alpha / static_cast<double>(adapter.rank);
  for (size_t o = 0; o < out; ++o) {
    for (size_t r = 0; r < rank; ++r) {
      for (size_t i = 0; i < in; ++i) {
        result[o * in + i] += scale * static_cast<double>(pair.b[o * rank + r]) *
                              static_cast<double>(pair.a[r * in + i]);
      }
    }
  }
  return result;
}

}  // namespace greylag::test
