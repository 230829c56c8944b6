// SPDX-License-Identifier: Apache-2.0
// The state of one sequence as a file: per layer blocks.N.att.time_state [H, N, N] (value, key),
// blocks.N.att.shift_state [C] and blocks.N.ffn.shift_state [C]; for a core hrm.states.N. RWKV-PEFT
// calls the learned shift states of its fullstate tuning ts_state (rwkvt/rwkv7/att.py and ffn.py:
// what is added to the difference of the first token, whose predecessor is zero).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "core/checkpoint/writer.h"
#include "core/model/state_pool.h"

namespace greylag {

namespace {

using gpu::Shape;

// One of the three tensors of a layer, as part of a HostState's vector.
struct Part {
  const char* name;
  const char* peft_name;  // null: the same
  std::vector<float> HostState::*values;
  Shape shape;
};

std::array<Part, 3> parts_of(const Config& config) {
  const int64_t size = config.head_size;
  return {{{"att.time_state", nullptr, &HostState::wkv, {config.heads, size, size}},
           {"att.shift_state", "att.ts_state", &HostState::att_shift, {config.width}},
           {"ffn.shift_state", "ffn.ts_state", &HostState::ffn_shift, {config.width}}}};
}

constexpr const char* kCoreHash = "core_sha256";
constexpr const char* kBase = "blocks";
constexpr const char* kCore = "hrm.states";

// owner: kBase or kCore.
std::string name_of(const Part& part, int64_t layer, const char* owner = kBase) {
  return fmt::format("{}.{}.{}", owner, layer, part.name);
}

Error bad_tensor(const std::string& name, std::string_view rule) {
  return Error{ErrorCode::BadFile, fmt::format("{}: {}", name, rule)};
}

// What differs between the model and a time_state of that shape; empty when it cannot be said.
std::string difference(const Shape& state, const Config& config) {
  if (state.rank() != 3 || state[1] != config.head_size || state[2] != config.head_size) return {};
  return fmt::format("; the state has {} heads, the model {}", state[0], config.heads);
}

// All layers of a part, [layers, ...]. Every shape is looked at before memory is taken: sizes that
// a file only claims cost nothing.
Result<std::vector<float>> read_part(CheckpointReader& reader, const Config& config,
                                     const Part& part, const char* owner = kBase) {
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string name = name_of(part, layer, owner);
    const TensorInfo* info = reader.find(name);
    if (info == nullptr) return bad_tensor(name, "this tensor is missing");
    if (info->shape != part.shape) {
      return bad_tensor(
          name, fmt::format("its shape is {}, expected {} for this model{}", info->shape.text(),
                            part.shape.text(), difference(info->shape, config)));
    }
  }
  std::vector<float> values;
  values.reserve(static_cast<size_t>(config.layers * part.shape.elements()));
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string name = name_of(part, layer, owner);
    const Result<std::vector<float>> read = reader.read_f32(name);
    if (!read) return read.error();
    if (!std::ranges::all_of(*read, [](float value) { return std::isfinite(value); })) {
      return bad_tensor(name, "it holds NaN or infinity");
    }
    values.insert(values.end(), read->begin(), read->end());
  }
  return values;
}

// The tensors of one owner; they refer to the state.
Status add_tensors(const Config& config, const HostState& state, const char* owner,
                   std::vector<NamedTensor>& tensors) {
  for (const Part& part : parts_of(config)) {
    const std::vector<float>& values = state.*part.values;
    const auto elements = static_cast<size_t>(part.shape.elements());
    if (values.size() != elements * static_cast<size_t>(config.layers)) {
      return Error{ErrorCode::InvalidArgument, "the state does not belong to this model"};
    }
    for (int64_t layer = 0; layer < config.layers; ++layer) {
      const auto own = std::span(values).subspan(static_cast<size_t>(layer) * elements, elements);
      tensors.push_back(
          {{name_of(part, layer, owner), gpu::DType::F32, part.shape, own.size_bytes()},
           std::as_bytes(own)});
    }
  }
  return {};
}

Config core_config(int64_t layers, int64_t width) {
  Config config;
  config.layers = layers;
  config.width = width;
  config.heads = width / config.head_size;
  return config;
}

// Null when the sequence was under no core.
Result<std::shared_ptr<const CoreState>> read_core_state(CheckpointReader& file) {
  const auto hash = file.metadata().find(kCoreHash);
  if (hash == file.metadata().end()) return std::shared_ptr<const CoreState>();
  const auto of_core = [](const TensorInfo& info) {
    return info.name.starts_with(std::string(kCore) + ".");
  };
  const auto count = std::ranges::count_if(file.tensors(), of_core);
  const TensorInfo* shift = file.find("hrm.states.0.att.shift_state");
  CoreState core;
  core.sha256 = hash->second;
  core.layers = count / 3;
  core.width = shift != nullptr && shift->shape.rank() == 1 ? shift->shape[0] : 0;
  const Config config = core_config(core.layers, core.width);
  if (count % 3 != 0 || core.width <= 0 || core.width % config.head_size != 0) {
    return Error{ErrorCode::BadFile, "the states of the reasoning core are not whole"};
  }
  for (const Part& part : parts_of(config)) {
    Result<std::vector<float>> values = read_part(file, config, part, kCore);
    if (!values) return values.error();
    core.states.*part.values = std::move(*values);
  }
  return std::make_shared<const CoreState>(std::move(core));
}

}  // namespace

Status save_state(const std::filesystem::path& path, const Config& config, const HostState& state) {
  std::vector<NamedTensor> tensors;
  std::map<std::string, std::string> metadata{{"method", "state"}};
  if (Status status = add_tensors(config, state, kBase, tensors); !status) return status;
  if (state.core) {
    metadata[kCoreHash] = state.core->sha256;
    const Config core = core_config(state.core->layers, state.core->width);
    if (Status status = add_tensors(core, state.core->states, kCore, tensors); !status) {
      return status;
    }
  }
  return write_safetensors(path, tensors, metadata);
}

Result<std::vector<float>> read_time_state(CheckpointReader& reader, const Config& config) {
  const Part part = parts_of(config)[0];
  const auto layers = std::ranges::count_if(reader.tensors(), [&](const TensorInfo& info) {
    return info.name.starts_with(std::string(kBase) + ".") &&
           info.name.ends_with(std::string(".") + part.name);
  });
  if (layers != config.layers) {
    return bad_tensor(name_of(part, std::min<int64_t>(layers, config.layers)),
                      fmt::format("the state has {} layers, the model {}", layers, config.layers));
  }
  return read_part(reader, config, part);
}

Result<HostState> load_state(const std::filesystem::path& path, const Config& config) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return reader.error();
  return read_state(**reader, config);
}

Result<HostState> read_state(CheckpointReader& file, const Config& config) {
  if (const std::string kind = identify_architecture(file); kind != "state") {
    return Error{ErrorCode::BadFile,
                 fmt::format("this is not a state file (it looks like: {})", kind)};
  }
  HostState state;
  Result<std::vector<float>> wkv = read_time_state(file, config);
  if (!wkv) return wkv.error();
  state.wkv = std::move(*wkv);
  auto expected = static_cast<size_t>(config.layers);
  for (Part part : parts_of(config)) {
    if (part.values == &HostState::wkv) continue;
    if (file.find(name_of(part, 0)) == nullptr) part.name = part.peft_name;
    if (file.find(name_of(part, 0)) == nullptr) {
      (state.*part.values).assign(static_cast<size_t>(config.layers * config.width), 0.0f);
      continue;
    }
    Result<std::vector<float>> values = read_part(file, config, part);
    if (!values) return values.error();
    state.*part.values = std::move(*values);
    expected += static_cast<size_t>(config.layers);
  }
  Result<std::shared_ptr<const CoreState>> core = read_core_state(file);
  if (!core) return core.error();
  state.core = std::move(core).value();
  if (state.core) expected += static_cast<size_t>(3 * state.core->layers);
  if (file.tensors().size() != expected) {
    return Error{ErrorCode::BadFile,
                 fmt::format("it holds {} tensors, expected {} for a model of {} layers",
                             file.tensors().size(), expected, config.layers)};
  }
  return state;
}

}  // namespace greylag
