// SPDX-License-Identifier: Apache-2.0
#include "core/model/weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <string>

#include "core/model/weight_loader.h"

namespace greylag {
namespace {

// All layers, zero where one has none; empty when no layer has one.
std::vector<float> load_time_state(WeightLoader& loader, const CheckpointReader& reader,
                                   const Config& c) {
  const int64_t one = c.heads * c.head_size * c.head_size;
  std::vector<float> state;
  for (int64_t layer = 0; layer < c.layers; ++layer) {
    const std::string name = fmt::format("blocks.{}.att.time_state", layer);
    if (reader.find(name) == nullptr) continue;
    state.resize(static_cast<size_t>(c.layers * one), 0.0f);
    std::ranges::copy(loader.floats(name, one), state.begin() + layer * one);
  }
  return state;
}

}  // namespace

Result<std::shared_ptr<const Weights>> Weights::load(
    CheckpointReader& reader, gpu::Device& device,
    const std::function<bool(uint64_t, uint64_t)>& progress) {
  Result<Config> config = read_config(reader);
  if (!config) return config.error();
  try {
    WeightLoader loader(reader, device, progress);
    auto weights = std::make_shared<Weights>();
    weights->config = *config;
    const int64_t width = config->width, vocab = config->vocab;
    weights->embedding = loader.table("emb.weight", vocab, width);
    weights->ln0_weight = loader.vector("blocks.0.ln0.weight", {width});
    weights->ln0_bias = loader.vector("blocks.0.ln0.bias", {width});
    weights->layers.reserve(static_cast<size_t>(config->layers));
    for (int64_t layer = 0; layer < config->layers; ++layer) {
      // Layer 0 makes v_first and has no gate; copies in the file are unused.
      weights->layers.push_back(loader.block(fmt::format("blocks.{}.", layer), *config, layer > 0));
    }
    weights->ln_out_weight = loader.vector("ln_out.weight", {width});
    weights->ln_out_bias = loader.vector("ln_out.bias", {width});
    weights->head = loader.matrix("head.weight", vocab, width);
    weights->time_state = load_time_state(loader, reader, *config);
    return std::shared_ptr<const Weights>(std::move(weights));
  } catch (const LoadFailure& failure) {
    return failure.error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::NoSpace,
                 fmt::format("not enough memory on {} for this model", device.info().id)};
  }
}

const char* adapter_target_name(AdapterTarget target) {
  switch (target) {
    case AdapterTarget::Receptance:
      return "att.receptance";
    case AdapterTarget::Key:
      return "att.key";
    case AdapterTarget::Value:
      return "att.value";
    case AdapterTarget::Output:
      return "att.output";
    case AdapterTarget::FfnKey:
      return "ffn.key";
    case AdapterTarget::FfnValue:
      return "ffn.value";
  }
  return "";
}

}  // namespace greylag
