// SPDX-License-Identifier: Apache-2.0
// Reading takes every tensor of the file or refuses it: nothing is skipped silently.
#include "core/adapter/adapter_file.h"

#include <fmt/format.h>

#include "core/adapter/adapter_pairs.h"
#include "core/adapter/adapter_tensor.h"
#include "core/adapter/check_base.h"
#include "core/adapter/describe_adapter.h"
#include "core/base/file.h"
#include "core/checkpoint/file_text.h"
#include "core/model/state_pool.h"

namespace greylag {

namespace {

std::string short_hash(const std::string& hash) { return hash.substr(0, 12); }

Status read_norms(CheckpointReader& reader, const Config& config, AdapterFile& adapter) {
  for (const TensorInfo& info : reader.tensors()) {
    const AdapterTensor tensor = parse_adapter_tensor(info.name);
    if (tensor.part != AdapterPart::Norm) continue;
    if (tensor.layer >= config.layers) return unknown_adapter_tensor(info.name, &config);
    Result<std::vector<float>> values = read_adapter_tensor(reader, info, {config.width});
    if (!values) return values.error();
    if (!adapter.norms.emplace(tensor.norm, std::move(*values)).second) {
      return bad_file(printable(info.name) + ": this layer norm occurs twice");
    }
  }
  return {};
}

// The pairs of an init file, which holds nothing else.
Result<AdapterPairs> read_init(const std::filesystem::path& path, const Config& config,
                               int64_t rank) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return reader.error();
  for (const TensorInfo& info : (*reader)->tensors()) {
    const AdapterPart part = parse_adapter_tensor(info.name).part;
    if (part >= AdapterPart::Disha) return unknown_adapter_tensor(info.name, &config);
  }
  return read_lora_pairs(**reader, config, rank);
}

// Doubles the rank.
Status subtract_initial(const Config& config, AdapterFile& adapter) {
  const std::string name = path_to_utf8(adapter.pissa_init.filename());
  const Result<AdapterPairs> initial = read_init(adapter.pissa_init, config, adapter.rank);
  if (!initial) return initial.error().in(name);
  Result<AdapterPairs> both = subtract_pairs(adapter.lora, *initial, adapter.rank);
  if (!both) return both.error().in(name);
  adapter.lora = std::move(*both);
  adapter.rank *= 2;
  adapter.alpha = static_cast<double>(adapter.rank);
  return {};
}

Status read_matrices(CheckpointReader& reader, const Config& config,
                     const std::optional<PeftConfig>& beside, AdapterFile& adapter) {
  if (adapter.method == AdapterMethod::State) return {};
  const PeftConfig* peft = beside ? &*beside : nullptr;
  Result<AdapterPairs> pairs = adapter.method == AdapterMethod::Miss
                                   ? read_miss_pairs(reader, config, adapter.rank, peft)
                                   : read_lora_pairs(reader, config, adapter.rank, peft);
  if (!pairs) return pairs.error();
  adapter.lora = std::move(*pairs);
  return adapter.method == AdapterMethod::Pissa ? subtract_initial(config, adapter) : Status();
}

}  // namespace

Status check_base(const AdapterHeader& adapter, const std::string& base_sha256) {
  if (adapter.base_sha256.empty() || base_sha256.empty()) return {};
  if (adapter.base_sha256 == base_sha256) return {};
  return Error{
      ErrorCode::Conflict,
      fmt::format("this adapter was made for another base model (SHA-256 {}..., not {}...)",
                  short_hash(adapter.base_sha256), short_hash(base_sha256))};
}

Result<AdapterFile> load_adapter(const std::filesystem::path& path, const Config& config,
                                 const std::string& expected_base_sha256,
                                 const AdapterOptions& options) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(path);
  if (!reader) return reader.error();
  return read_adapter(**reader, path, config, expected_base_sha256, options);
}

Result<AdapterFile> read_adapter(CheckpointReader& reader, const std::filesystem::path& path,
                                 const Config& config, const std::string& expected_base_sha256,
                                 const AdapterOptions& options) {
  const Result<AdapterSummary> summary = describe_open_adapter(reader, path, options);
  if (!summary) return summary.error();
  AdapterFile adapter;
  static_cast<AdapterHeader&>(adapter) = *summary;
  if (Status status = check_base(adapter, expected_base_sha256); !status) return status.error();
  if (Status status = read_matrices(reader, config, summary->peft, adapter); !status)
    return status.error();
  if (Status status = read_norms(reader, config, adapter); !status) return status.error();
  if (summary->has_state) {
    Result<std::vector<float>> state = read_time_state(reader, config);
    if (!state) return state.error();
    adapter.time_state = std::move(*state);
  }
  return adapter;
}

}  // namespace greylag
