// SPDX-License-Identifier: Apache-2.0
// Pairs and layer norms from host memory to a device.
#include "core/adapter/adapter_file.h"
#include "core/adapter/adapter_shape.h"
#include "core/adapter/adapter_tensor.h"
#include "core/base/log.h"

namespace greylag {

namespace {

// Where the norm that the model calls `name` goes.
gpu::Tensor& norm_tensor(AdapterWeights& weights, const std::string& name) {
  const auto layer = static_cast<size_t>(parse_adapter_tensor(name).layer);
  const auto has = [&](const char* part) { return name.find(part) != std::string::npos; };
  AdapterWeights::Norm& norm = has("ln_out.") ? weights.ln_out
                               : has(".ln0.") ? weights.ln0
                               : has(".ln1.") ? weights.norms[layer].ln1
                               : has(".ln2.") ? weights.norms[layer].ln2
                                              : weights.norms[layer].ln_x;
  return name.ends_with(".weight") ? norm.weight : norm.bias;
}

}  // namespace

std::shared_ptr<const AdapterWeights> upload_adapter(const AdapterFile& adapter,
                                                     const Config& config, gpu::Device& device,
                                                     gpu::Queue& queue) {
  check(adapter.method != AdapterMethod::State && adapter.rank > 0,
        "a state is not uploaded as an adapter");
  check(adapter.lora.size() == static_cast<size_t>(config.layers),
        "the adapter was loaded for another model");
  auto weights = std::make_shared<AdapterWeights>();
  weights->scale = static_cast<float>(adapter.alpha / static_cast<double>(adapter.rank));
  weights->layers.resize(adapter.lora.size());
  const auto upload = [&](const std::vector<float>& values, const gpu::Shape& shape) {
    gpu::Tensor tensor = device.allocate(gpu::DType::F32, shape);
    device.upload(queue, values.data(), tensor);
    return tensor;
  };
  const auto matrix = [&](const std::vector<float>& values, const gpu::Shape& shape) {
    return device.upload_matrix(queue, values.data(), gpu::DType::F32, shape);
  };
  for (size_t layer = 0; layer < adapter.lora.size(); ++layer) {
    for (size_t i = 0; i < size_t{kAdapterTargetCount}; ++i) {
      const AdapterFile::Pair& pair = adapter.lora[layer][i];
      if (pair.a.empty()) continue;
      const auto target = static_cast<AdapterTarget>(i);
      auto& to = weights->layers[layer][i];
      to.a = matrix(pair.a, {adapter.rank, target_in(config, target)});
      to.b = matrix(pair.b, {target_out(config, target), adapter.rank});
    }
  }
  if (!adapter.norms.empty()) weights->norms.resize(adapter.lora.size());
  for (const auto& [name, values] : adapter.norms) {
    norm_tensor(*weights, name) = upload(values, {config.width});
  }
  queue.wait();  // the host vectors may go away
  return weights;
}

}  // namespace greylag
