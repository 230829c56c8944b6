// SPDX-License-Identifier: Apache-2.0
#include "core/train/hrm_file.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/writer.h"
#include "core/train/base_model.h"
#include "core/train/block_init.h"
#include "core/train/truncated_normal.h"

namespace greylag::train {

namespace fs = std::filesystem;

namespace {

// First stream of CounterRandom for a core's tensors; one stream per tensor.
constexpr uint64_t kCoreStream = uint64_t{1} << 40;
constexpr float kHaltBias = -5.0f;  // sigmoid = 0.0067: nobody stops before q has learned

std::vector<int64_t> sizes_of(const gpu::Shape& shape) {
  std::vector<int64_t> sizes;
  for (int i = 0; i < shape.rank(); ++i) sizes.push_back(shape[i]);
  return sizes;
}

// hrm.X.blocks.J.PART
struct BlockName {
  int64_t block = 0;
  std::string part;
};
std::optional<BlockName> block_name(const std::string& name) {
  static constexpr std::string_view kBlocks = ".blocks.";
  const size_t at = name.find(kBlocks);
  if (at == std::string::npos) return std::nullopt;
  const size_t number = at + kBlocks.size(), dot = name.find('.', number);
  return BlockName{std::stoll(name.substr(number, dot - number)), name.substr(dot + 1)};
}

std::vector<float> fresh_values(const HrmConfig& config, const HrmTensor& tensor,
                                CounterRandom& random) {
  std::vector<float> out(static_cast<size_t>(tensor.shape.elements()));
  if (const auto block = block_name(tensor.name)) {
    const BlockPlace place{
        .index = block->block, .count = config.blocks(), .width = config.width()};
    return initial_block_tensor(block->part, tensor.shape, place, BlockStart::Live, random);
  }
  if (tensor.name == "hrm.in.weight") {
    fill_truncated_normal(out, 1.0 / std::sqrt(static_cast<double>(config.base_width)), random);
  } else if (tensor.name == "hrm.z0") {
    fill_truncated_normal(out, 1.0, random);
  } else if (tensor.name == "hrm.alpha") {
    out.front() = 1.0f;
  } else if (tensor.name == "hrm.q.bias") {
    out.front() = kHaltBias;
  }
  return out;  // hrm.out, hrm.q.weight, hrm.gate: zero
}

}  // namespace

HrmAutograd fresh_core(const HrmConfig& config, uint64_t seed) {
  Parameters parameters;
  uint64_t stream = kCoreStream;
  for (const HrmTensor& tensor : hrm_tensors(config)) {
    CounterRandom random(seed, stream++);
    const std::vector<float> values = fresh_values(config, tensor, random);
    at::Tensor to = at::empty(sizes_of(tensor.shape), at::kFloat);
    std::copy(values.begin(), values.end(), to.data_ptr<float>());
    parameters.emplace(tensor.name, std::move(to));
  }
  return std::move(*HrmAutograd::create(config, std::move(parameters)));
}

Result<HrmAutograd> load_core(const fs::path& path) {
  auto reader = open_checkpoint(path);
  if (!reader) return reader.error();
  const auto config = read_hrm_config(**reader);
  if (!config) return config.error();
  Parameters parameters;
  for (const TensorInfo& info : (*reader)->tensors()) {
    auto tensor = read_tensor(**reader, info);
    if (!tensor) return tensor.error();
    parameters.emplace(info.name, std::move(*tensor));
  }
  return HrmAutograd::create(*config, std::move(parameters));
}

Status save_core(const fs::path& path, const HrmAutograd& core, gpu::DType dtype) {
  std::vector<TensorInfo> infos;
  for (const HrmTensor& tensor : hrm_tensors(core.config())) {
    const auto elements = static_cast<uint64_t>(tensor.shape.elements());
    infos.push_back({.name = tensor.name,
                     .dtype = dtype,
                     .shape = tensor.shape,
                     .size_bytes = elements * gpu::dtype_size(dtype)});
  }
  return write_safetensors(path, infos, hrm_metadata(core.config()),
                           [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
                             const at::Tensor tensor = core.at(info.name).detach().contiguous();
                             gpu::convert(tensor.data_ptr(), gpu::DType::F32, out.data(), dtype,
                                          tensor.numel());
                             return {};
                           });
}

Result<HrmConfig> plan_core(const InitialCore& o) {
  const auto reader = open_checkpoint(o.model);
  if (!reader) return reader.error();
  const auto base = read_config(**reader);
  if (!base) return base.error();
  auto config = make_hrm_config(*base, o.width, o.blocks, {o.h_cycles, o.l_cycles},
                                std::max<int64_t>(o.tap, 0), o.is_shared, o.has_gate);
  if (!config) return config.error();
  auto hash = checkpoint_sha256(o.model);
  if (!hash) return hash.error();
  config->base_sha256 = std::move(*hash);
  return config;
}

}  // namespace greylag::train
