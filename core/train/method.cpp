// SPDX-License-Identifier: Apache-2.0
#include "core/train/method.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "core/adapter/adapter_tensor.h"
#include "core/base/random.h"

namespace greylag::train {

namespace {

// Streams of CounterRandom: LoRA starts here, one stream per pair.
constexpr uint64_t kLoraStream = 0x10000;

std::string matrix_name(int64_t layer, int target) {
  return fmt::format("blocks.{}.{}", layer,
                     adapter_target_name(static_cast<AdapterTarget>(target)));
}

// Kaiming-uniform with a = sqrt 5 is uniform within 1 / sqrt(fan in).
at::Tensor kaiming(int64_t rank, int64_t inputs, uint64_t seed, uint64_t stream) {
  at::Tensor tensor = at::empty({rank, inputs}, at::kFloat);
  const double bound = 1.0 / std::sqrt(static_cast<double>(inputs));
  CounterRandom random(seed, stream);
  float* const values = tensor.data_ptr<float>();
  for (int64_t i = 0; i < rank * inputs; ++i) {
    values[i] = static_cast<float>((2.0 * random.uniform() - 1.0) * bound);
  }
  return tensor;
}

bool is_norm(const std::string& name) {
  return parse_adapter_tensor(name).part == AdapterPart::Norm;
}

std::vector<TrainedTensor> prepare_lora(Rwkv7Autograd& model, const protocol::RunConfig& config) {
  std::vector<TrainedTensor> trained;
  Lora lora;
  lora.scale = config.alpha / static_cast<double>(config.rank);
  lora.layers.resize(static_cast<size_t>(model.config().layers));
  uint64_t stream = kLoraStream;
  for (int64_t l = 0; l < model.config().layers; ++l) {
    for (int t = 0; t < kAdapterTargetCount; ++t) {
      const std::string name = matrix_name(l, t);
      const at::Tensor& matrix = model.at(name + ".weight");
      LoraPair& pair = lora.layers[static_cast<size_t>(l)][static_cast<size_t>(t)];
      pair.a = kaiming(config.rank, matrix.size(1), static_cast<uint64_t>(config.seed), stream++);
      pair.b = at::zeros({matrix.size(0), config.rank}, at::kFloat);
      trained.push_back(make_trained(name + ".lora_A", pair.a));
      trained.push_back(make_trained(name + ".lora_B", pair.b));
    }
  }
  model.set_lora(std::move(lora));
  if (!config.train_norms) return trained;
  for (auto& [name, tensor] : model.parameters()) {
    if (is_norm(name)) trained.push_back(make_trained(name, tensor));
  }
  return trained;
}

std::vector<TrainedTensor> prepare_state(Rwkv7Autograd& model) {
  const Config& c = model.config();
  std::vector<TrainedTensor> trained;
  std::vector<at::Tensor> states;
  for (int64_t l = 0; l < c.layers; ++l) {
    const std::string name = fmt::format("blocks.{}.att.time_state", l);
    // A base that is state-tuned already goes on from its own states.
    states.push_back(model.has(name) ? model.at(name).clone()
                                     : at::zeros({c.heads, c.head_size, c.head_size}, at::kFloat));
    trained.push_back(make_trained(name, states.back()));
  }
  model.set_time_state(std::move(states));
  return trained;
}

std::vector<TrainedTensor> prepare_full(Rwkv7Autograd& model) {
  std::vector<TrainedTensor> trained;
  for (auto& [name, tensor] : model.parameters()) {
    // Some files hold value-residual tensors in layer 0; nothing uses them.
    if (name == "blocks.0.att.v0" || name == "blocks.0.att.v1" || name == "blocks.0.att.v2") {
      continue;
    }
    trained.push_back(make_trained(name, tensor));
  }
  return trained;
}

at::Tensor copied(const std::vector<float>& values, std::vector<int64_t> sizes) {
  at::Tensor tensor = at::empty(sizes, at::kFloat);
  std::memcpy(tensor.data_ptr(), values.data(), values.size() * sizeof(float));
  return tensor;
}

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().contiguous();
  const float* const values = plain.data_ptr<float>();
  return {values, values + plain.numel()};
}

}  // namespace

std::vector<TrainedTensor> prepare_method(Rwkv7Autograd& model, const protocol::RunConfig& config) {
  if (config.method == "lora") return prepare_lora(model, config);
  if (config.method == "state") return prepare_state(model);
  return prepare_full(model);
}

void apply_adapter(Rwkv7Autograd& model, const AdapterFile& adapter) {
  const Config& c = model.config();
  for (const auto& [name, values] : adapter.norms) {
    model.parameters().at(name) = copied(values, {static_cast<int64_t>(values.size())});
  }
  if (!adapter.time_state.empty()) {
    std::vector<at::Tensor> states;
    const int64_t size = c.heads * c.head_size * c.head_size;
    const at::Tensor all =
        copied(adapter.time_state, {c.layers, c.heads, c.head_size, c.head_size});
    for (int64_t l = 0; l < c.layers && size > 0; ++l) states.push_back(all.select(0, l));
    model.set_time_state(std::move(states));
  }
  if (adapter.lora.empty()) return;
  Lora lora;
  lora.scale = adapter.alpha / static_cast<double>(adapter.rank);
  lora.layers.resize(adapter.lora.size());
  for (size_t l = 0; l < adapter.lora.size(); ++l) {
    for (size_t t = 0; t < adapter.lora[l].size(); ++t) {
      const AdapterFile::Pair& from = adapter.lora[l][t];
      if (from.a.empty()) continue;
      lora.layers[l][t].a =
          copied(from.a, {adapter.rank, static_cast<int64_t>(from.a.size()) / adapter.rank});
      lora.layers[l][t].b =
          copied(from.b, {static_cast<int64_t>(from.b.size()) / adapter.rank, adapter.rank});
    }
  }
  model.set_lora(std::move(lora));
}

AdapterFile extract_adapter(const Rwkv7Autograd& model, const protocol::RunConfig& config) {
  AdapterFile adapter;
  adapter.base_sha256 = config.model_sha256;
  if (config.method == "state") {
    adapter.method = AdapterMethod::State;
    for (const at::Tensor& state : model.time_state()) {
      const std::vector<float> values = values_of(state);
      adapter.time_state.insert(adapter.time_state.end(), values.begin(), values.end());
    }
    return adapter;
  }
  adapter.rank = config.rank;
  adapter.alpha = config.alpha;
  adapter.lora.resize(model.lora().layers.size());
  for (size_t l = 0; l < adapter.lora.size(); ++l) {
    for (size_t t = 0; t < adapter.lora[l].size(); ++t) {
      const LoraPair& pair = model.lora().layers[l][t];
      if (!pair.a.defined()) continue;
      adapter.lora[l][t] = {.a = values_of(pair.a), .b = values_of(pair.b)};
    }
  }
  if (!config.train_norms) return adapter;
  for (const auto& [name, tensor] : model.parameters()) {
    if (is_norm(name)) adapter.norms[name] = values_of(tensor);
  }
  return adapter;
}

}  // namespace greylag::train
