// SPDX-License-Identifier: Apache-2.0
// The modules are the blocks of two tiny models under other names.
#include "tests/support/tiny_core.h"

#include <cmath>
#include <map>
#include <vector>

#include "core/base/random.h"
#include "core/checkpoint/writer.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag::test {
namespace {

constexpr int64_t kRank = 32;

TinyTensor spread(const HrmTensor& tensor, double deviation, const TinyCore& o, uint64_t stream) {
  CounterRandom random(o.seed, 1000 + stream);
  std::vector<float> values(static_cast<size_t>(tensor.shape.elements()));
  const double width = deviation * std::sqrt(3.0);
  for (float& value : values) value = static_cast<float>(width * (2 * random.uniform() - 1));
  return make_tensor(tensor.name, tensor.shape, std::move(values), o.dtype);
}

std::map<std::string, TinyTensor> module_tensors(const HrmConfig& config, HrmModule which,
                                                 const TinyCore& o) {
  std::map<std::string, TinyTensor> out;
  const std::string prefix = "hrm." + config.module_name(which) + ".";
  const uint64_t seed = o.seed * 2 + (which == HrmModule::High ? 1 : 0);
  for (TinyTensor& tensor : make_tiny_tensors({.layers = o.blocks,
                            .width = o.width,
                            .vocab = 2,
                            .seed = seed,
                            .dtype = o.dtype,
                            .rank = kRank})) {
    tensor.info.name = prefix + tensor.info.name;
    out.emplace(tensor.info.name, std::move(tensor));
  }
  return out;
}

}  // namespace

Status write_tiny_core(const std::filesystem::path& path, const TinyCore& o) {
  Result<HrmConfig> config =
      make_hrm_config(o.base, o.width, o.blocks, o.recursion, o.tap, o.is_shared, o.has_gate);
  if (!config) return config.error();
  Config& module = config->module;
  module.decay_rank = module.alpha_rank = module.value_rank = module.gate_rank = kRank;
  config->halt_tau = o.halt_tau;
  std::map<std::string, TinyTensor> blocks = module_tensors(*config, HrmModule::Low, o);
  blocks.merge(module_tensors(*config, HrmModule::High, o));
  const double in_base = 1 / std::sqrt(static_cast<double>(o.base.width));
  const double in_core = 1 / std::sqrt(static_cast<double>(o.width));
  const std::map<std::string, double> deviations{{"hrm.in.weight", in_base},
                                                 {"hrm.z0", o.z_scale},
                                                 {"hrm.out.weight", o.is_fresh ? 0 : in_core},
                                                 {"hrm.q.weight", 4 * in_core},
                                                 {"hrm.q.bias", 0.1},
                                                 {"hrm.gate.weight", in_base},
                                                 {"hrm.gate.bias", 0.1}};
  std::vector<TinyTensor> tensors;
  for (const HrmTensor& tensor : hrm_tensors(*config)) {
    if (tensor.name == "hrm.alpha") {
      tensors.push_back(make_tensor(tensor.name, tensor.shape, {1.0f}, o.dtype));
    } else if (const auto block = blocks.find(tensor.name); block != blocks.end()) {
      tensors.push_back(std::move(block->second));
    } else {
      tensors.push_back(spread(tensor, deviations.at(tensor.name), o, tensors.size()));
    }
  }
  std::vector<TensorInfo> infos;
  for (const TinyTensor& tensor : tensors) infos.push_back(tensor.info);
  size_t next = 0;
  return write_safetensors(path, infos, hrm_metadata(*config),
                           [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
                             const std::vector<float>& values = tensors[next++].values;
                             gpu::convert(values.data(), gpu::DType::F32, out.data(), info.dtype,
                                          static_cast<int64_t>(values.size()));
                             return {};
                           });
}

}  // namespace greylag::test
