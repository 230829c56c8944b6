// SPDX-License-Identifier: Apache-2.0
// Adapter, state or core? identify_architecture says so from the tensor names.
#include "core/infer/extras.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/adapter/check_base.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/sha256.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/infer/file_context.h"

namespace greylag {
namespace {

std::shared_ptr<const HostState> start_state(std::vector<float> time_state, const Config& config) {
  auto state = std::make_shared<HostState>();
  state->wkv = std::move(time_state);
  state->att_shift.assign(static_cast<size_t>(config.layers * config.width), 0.0f);
  state->ffn_shift.assign(state->att_shift.size(), 0.0f);
  return state;
}

// Writes one adapter's pair at rank rows [offset, offset + rank) of the sum.
void put_pair(const AdapterFile::Pair& from, int64_t rank, float scale, int64_t offset,
              int64_t total_rank, AdapterFile::Pair& to) {
  const auto in = static_cast<int64_t>(from.a.size()) / rank;
  const auto out = static_cast<int64_t>(from.b.size()) / rank;
  if (to.a.empty()) {  // zero rows for adapters that leave this matrix alone
    to.a.assign(static_cast<size_t>(total_rank * in), 0.0f);
    to.b.assign(static_cast<size_t>(out * total_rank), 0.0f);
  }
  std::ranges::copy(from.a, to.a.begin() + offset * in);
  for (int64_t o = 0; o < out; ++o) {
    for (int64_t r = 0; r < rank; ++r) {
      to.b[static_cast<size_t>(o * total_rank + offset + r)] =
          scale * from.b[static_cast<size_t>(o * rank + r)];
    }
  }
}

}  // namespace

Result<ExtraFile> read_extra(const std::filesystem::path& path, const Config& config,
                             const std::function<Result<std::string>()>& base_sha256,
                             const AdapterOptions& options) {
  Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return in_file(reader.error(), path);
  const std::string kind = identify_architecture(**reader);
  if (kind != "adapter" && kind != "state" && kind != "hrm") {
    return Error{ErrorCode::BadFile,
                 fmt::format("{}: holds no adapter, state or reasoning core (it looks like: {})",
                             path_to_utf8(path.filename()), kind)};
  }
  AdapterHeader header;
  std::string expected;
  const auto& metadata = (*reader)->metadata();
  if (const auto made_for = metadata.find("base_sha256");
      made_for != metadata.end() && !made_for->second.empty()) {
    const Result<std::string> hash = base_sha256();
    if (!hash) return hash.error();
    header.base_sha256 = made_for->second;
    expected = *hash;
  }
  ExtraFile extra;
  if (kind == "hrm") {
    const Result<HrmConfig> core = read_hrm_config(**reader);
    if (!core) return in_file(core.error(), path);
    if (Status status = check_hrm_base(*core, config); !status)
      return in_file(status.error(), path);
    if (core->base_sha256 != expected) {
      log_warn("infer", "this reasoning core was made for another base model of the same shape");
    }
    extra.core = std::move(reader).value();
    return extra;
  }
  if (kind == "state") {
    if (Status status = check_base(header, expected); !status) {
      return in_file(status.error(), path);
    }
    Result<HostState> state = load_state(path, config);
    if (!state) return in_file(state.error(), path);
    extra.state = std::make_shared<const HostState>(std::move(state).value());
    return extra;
  }
  Result<AdapterFile> adapter = load_adapter(path, config, expected, options);
  if (!adapter) return in_file(adapter.error(), path);
  log_assumptions(*adapter, path);
  if (!adapter->time_state.empty()) {
    extra.state = start_state(std::exchange(adapter->time_state, {}), config);
  }
  extra.adapter = std::move(adapter).value();
  return extra;
}

Result<AdapterFile> combine_adapters(std::span<const AdapterFile> adapters, const Config& config) {
  if (adapters.size() == 1) return adapters[0];
  AdapterFile sum;
  for (const AdapterFile& adapter : adapters) sum.rank += adapter.rank;
  sum.alpha = static_cast<double>(sum.rank);  // scale 1: each B holds its own
  sum.lora.resize(static_cast<size_t>(config.layers));
  int64_t offset = 0;
  for (const AdapterFile& adapter : adapters) {
    const auto scale = static_cast<float>(adapter.alpha / static_cast<double>(adapter.rank));
    for (size_t layer = 0; layer < adapter.lora.size(); ++layer) {
      for (size_t target = 0; target < kAdapterTargetCount; ++target) {
        const AdapterFile::Pair& pair = adapter.lora[layer][target];
        if (pair.a.empty()) continue;
        put_pair(pair, adapter.rank, scale, offset, sum.rank, sum.lora[layer][target]);
      }
    }
    offset += adapter.rank;
    for (const auto& [name, values] : adapter.norms) {
      if (sum.norms.emplace(name, values).second) continue;
      return Error{ErrorCode::InvalidArgument,
                   fmt::format("two of the adapters replace {}; such adapters do not add up, give "
                               "one of them",
                               name)};
    }
  }
  return sum;
}

Result<std::shared_ptr<const HrmWeights>> load_core(CheckpointReader& reader,
                                                    const std::filesystem::path& path,
                                                    gpu::Device& device) {
  Result<std::string> hash = sha256_file(path);
  if (!hash) return hash.error();
  Result<std::shared_ptr<const HrmWeights>> core = HrmWeights::load(reader, *hash, device);
  return core ? std::move(core) : in_file(core.error(), path);
}

Result<LoadedExtras> load_extras(std::span<const std::filesystem::path> paths, const Config& config,
                                 const std::filesystem::path& base_model, gpu::Device& device,
                                 gpu::Queue& queue, const AdapterOptions& options) {
  LoadedExtras loaded;
  std::shared_ptr<const HostState> brought;  // by an adapter
  std::vector<AdapterFile> adapters;
  for (const std::filesystem::path& path : paths) {
    Result<ExtraFile> extra = read_extra(
        path, config, [&base_model] { return checkpoint_sha256(base_model); }, options);
    if (!extra) return extra.error();
    if (extra->core) {
      if (loaded.core) {
        return Error{ErrorCode::InvalidArgument,
                     fmt::format("{}: a model takes one reasoning core only, and one is given",
                                 path_to_utf8(path.filename()))};
      }
      Result<std::shared_ptr<const HrmWeights>> core = load_core(*extra->core, path, device);
      if (!core) return core.error();
      loaded.core = std::move(core).value();
      continue;
    }
    std::shared_ptr<const HostState>& place = extra->adapter ? brought : loaded.state;
    if (extra->adapter) adapters.push_back(std::move(*extra->adapter));
    if (extra->state && place) {
      return Error{ErrorCode::InvalidArgument,
                   fmt::format("{}: a conversation starts from one state only, and one is given",
                               path_to_utf8(path.filename()))};
    }
    if (extra->state) place = extra->state;
  }
  if (!loaded.state) loaded.state = brought;
  if (!adapters.empty()) {
    const Result<AdapterFile> sum = combine_adapters(adapters, config);
    if (!sum) return sum.error();
    loaded.adapter = upload_adapter(*sum, config, device, queue);
  }
  return loaded;
}

}  // namespace greylag
