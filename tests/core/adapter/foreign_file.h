// SPDX-License-Identifier: Apache-2.0
// Adapter files as RWKV-PEFT writes them, and what they mean for a matrix by the formulas of facts
// 4.1, computed from the file's tensors alone. All numbers are small multiples of 1/64: exact in
// every dtype, and so are their sums of products.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/adapter/adapter_shape.h"
#include "core/model/config.h"
#include "tests/core/adapter/sample_adapter.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag::test {

using Tensors = std::map<std::string, TinyTensor>;

inline void put(Tensors& tensors, const std::string& name, gpu::Shape shape, uint64_t stream,
                float divisor = 16) {
  std::vector<float> values = quarters(shape.elements(), stream);
  for (float& value : values) value /= divisor;
  tensors[name] = make_tensor(name, shape, std::move(values));
}

// Every matrix but the receptance of layer 1.
template <typename Put>
void for_each_matrix(const Config& config, Put put_matrix) {
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    for (int i = 0; i < kAdapterTargetCount; ++i) {
      const auto target = static_cast<AdapterTarget>(i);
      if (layer == 1 && target == AdapterTarget::Receptance) continue;
      put_matrix(target_key(layer, target), target_out(config, target), target_in(config, target));
    }
  }
}

inline Tensors lora_tensors(const Config& config, int64_t rank, uint64_t seed = 1,
                            const std::string& part = ".lora_") {
  Tensors tensors;
  for_each_matrix(config, [&](const std::string& key, int64_t out, int64_t in) {
    put(tensors, key + part + "A", {rank, in}, seed++);
    put(tensors, key + part + "B", {out, rank}, seed++, 1);
  });
  return tensors;
}

inline Tensors miss_tensors(const Config& config, int64_t rank, uint64_t seed = 1) {
  Tensors tensors;
  for_each_matrix(config, [&](const std::string& key, int64_t out, int64_t) {
    put(tensors, key + ".disha", {rank, out}, seed++);
  });
  return tensors;
}

// What PEFT's default train_parts add: every layer norm.
inline void add_norms(const Config& config, Tensors& tensors) {
  std::vector<std::string> names = {"blocks.0.ln0", "ln_out"};
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string block = "blocks." + std::to_string(layer);
    for (const char* norm : {".ln1", ".ln2", ".att.ln_x"}) names.push_back(block + norm);
  }
  uint64_t stream = 500;
  for (const std::string& name : names) {
    put(tensors, name + ".weight", {config.width}, stream++, 1);
    put(tensors, name + ".bias", {config.width}, stream++);
  }
}

inline void add_state(const Config& config, Tensors& tensors) {
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    put(tensors, time_state_key(layer), {config.heads, config.head_size, config.head_size},
        900 + static_cast<uint64_t>(layer));
  }
}

// The extension picks the format; names get `prefix`, those of LoRA halves `suffix`.
inline Status write_foreign(const std::filesystem::path& path, const Tensors& tensors,
                            gpu::DType dtype = gpu::DType::F32, const std::string& prefix = "",
                            const std::string& suffix = "") {
  std::vector<TinyTensor> list;
  for (const auto& [name, tensor] : tensors) {
    const bool is_half = name.find(".lora_") != std::string::npos;
    list.push_back(make_tensor(prefix + name + (is_half ? suffix : ""), tensor.info.shape,
                               tensor.values, dtype));
  }
  return write_tensors(path, list);
}

// scale B A, or D[i mod r, o], of one matrix, [out, in]; zeros when it is not in the file.
inline std::vector<double> delta(const Tensors& tensors, const std::string& key, int64_t out,
                                 int64_t in, double scale, const std::string& part = ".lora_") {
  std::vector<double> result(static_cast<size_t>(out * in), 0.0);
  const auto a = tensors.find(key + part + "A"), b = tensors.find(key + part + "B");
  const auto d = tensors.find(key + ".disha");
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t i = 0; i < in; ++i) {
      double& sum = result[static_cast<size_t>(o * in + i)];
      if (d != tensors.end()) {
        const int64_t rank = d->second.info.shape[0];
        sum = scale * double{d->second.values[static_cast<size_t>(i % rank * out + o)]};
      }
      if (a == tensors.end()) continue;
      const int64_t rank = a->second.info.shape[0];
      for (int64_t r = 0; r < rank; ++r) {
        sum += scale * double{b->second.values[static_cast<size_t>(o * rank + r)]} *
               double{a->second.values[static_cast<size_t>(r * in + i)]};
      }
    }
  }
  return result;
}

// The same of a loaded adapter's pair.
inline std::vector<double> pair_product(const AdapterFile& adapter, size_t layer, size_t target) {
  const AdapterFile::Pair& pair = adapter.lora[layer][target];
  const auto rank = static_cast<size_t>(adapter.rank);
  const size_t in = pair.a.size() / rank, out = pair.b.size() / rank;
  std::vector<double> result(in * out, 0.0);
  const double scale = adapter.alpha / static_cast<double>(adapter.rank);
  for (size_t o = 0; o < out; ++o) {
    for (size_t i = 0; i < in; ++i) {
      for (size_t r = 0; r < rank; ++r) {
        result[o * in + i] += scale * double{pair.b[o * rank + r]} * double{pair.a[r * in + i]};
      }
    }
  }
  return result;
}

}  // namespace greylag::test
