// SPDX-License-Identifier: Apache-2.0
// A LoRA from host memory to a device.
#include "core/adapter/adapter_file.h"
#include "core/adapter/adapter_shape.h"
#include "core/base/log.h"

namespace greylag {

std::shared_ptr<const AdapterWeights> upload_adapter(const AdapterFile& adapter,
                                                     const Config& config, gpu::Device& device,
                                                     gpu::Queue& queue) {
  check(adapter.method == AdapterMethod::Lora && adapter.rank > 0,
        "only a LoRA can be uploaded as an adapter");
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
  for (size_t layer = 0; layer < adapter.lora.size(); ++layer) {
    for (size_t i = 0; i < size_t{kAdapterTargetCount}; ++i) {
      const AdapterFile::Pair& pair = adapter.lora[layer][i];
      if (pair.a.empty()) continue;
      const auto target = static_cast<AdapterTarget>(i);
      auto& to = weights->layers[layer][i];
      to.a = upload(pair.a, {adapter.rank, target_in(config, target)});
      to.b = upload(pair.b, {target_out(config, target), adapter.rank});
    }
  }
  queue.wait();  // the host vectors may go away
  return weights;
}

}  // namespace greylag
