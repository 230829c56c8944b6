// SPDX-License-Identifier: Apache-2.0
// base + adapter -> one checkpoint, tensor by tensor in the base's order. A matrix is widened to
// f32, gets scale B A (sum over the rank first), and is rounded once to its dtype, to f16 if that
// was a block format; a .pth holds no blocks at all. A layer norm is replaced. A state is added as
// f32, or takes the place of the state that the base has.
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <unordered_map>

#include "core/adapter/adapter_file.h"
#include "core/adapter/adapter_shape.h"
#include "core/adapter/check_base.h"
#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/writer.h"

namespace greylag {

namespace {

constexpr size_t kRowsBetweenLooks = 64;  // a few milliseconds

// What the adapter does to one tensor of the result.
struct Change {
  const AdapterFile::Pair* pair = nullptr;  // add scale B A
  std::span<const float> replacement;       // or: these values, rounded to the tensor's dtype
};

class Merge {
 public:
  Merge(CheckpointReader& base, const Config& config, const AdapterFile& adapter,
        bool can_hold_blocks, const std::stop_token& stop)
      : base_(base), adapter_(adapter), stop_(stop) {
    for (const TensorInfo& info : base.tensors()) {
      infos_.push_back(can_hold_blocks ? info : without_blocks(info));
    }
    if (!adapter.lora.empty()) plan_pairs(config);
    for (const auto& [name, values] : adapter.norms) changes_[name] = {nullptr, values};
    if (!adapter.time_state.empty()) plan_state(config);
  }
  std::span<const TensorInfo> infos() const { return infos_; }
  Status produce(const TensorInfo& info, std::span<std::byte> out);

 private:
  void plan_pairs(const Config& config);
  void plan_state(const Config& config);
  Status add_product(const AdapterFile::Pair& pair, std::span<float> weight) const;

  CheckpointReader& base_;
  const AdapterFile& adapter_;
  const std::stop_token& stop_;
  std::vector<TensorInfo> infos_;  // of the result
  std::unordered_map<std::string, Change> changes_;
};

void Merge::plan_pairs(const Config& config) {
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    for (size_t i = 0; i < size_t{kAdapterTargetCount}; ++i) {
      const AdapterFile::Pair& pair = adapter_.lora[static_cast<size_t>(layer)][i];
      if (pair.a.empty()) continue;
      const std::string name = target_key(layer, static_cast<AdapterTarget>(i)) + ".weight";
      changes_[name] = {&pair, {}};
      const auto info = std::ranges::find(infos_, name, &TensorInfo::name);
      if (info != infos_.end()) *info = without_blocks(*info);
    }
  }
}

void Merge::plan_state(const Config& config) {
  const gpu::Shape shape{config.heads, config.head_size, config.head_size};
  const auto elements = static_cast<size_t>(shape.elements());
  const std::span<const float> all(adapter_.time_state);
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string key = time_state_key(layer);
    const TensorInfo info{key, gpu::DType::F32, shape, elements * sizeof(float)};
    changes_[key] = {nullptr, all.subspan(static_cast<size_t>(layer) * elements, elements)};
    const auto old = std::ranges::find(infos_, key, &TensorInfo::name);
    if (old == infos_.end()) {
      infos_.push_back(info);
    } else {
      *old = info;
    }
  }
}

Error cancelled() { return {ErrorCode::Cancelled, "merging was cancelled"}; }

// weight [out, in] += scale B [out, rank] A [rank, in]
Status Merge::add_product(const AdapterFile::Pair& pair, std::span<float> weight) const {
  const auto rank = static_cast<size_t>(adapter_.rank);
  const auto scale = static_cast<float>(adapter_.alpha / static_cast<double>(adapter_.rank));
  const size_t in = pair.a.size() / rank;
  std::vector<float> row(in);
  for (size_t o = 0; o < pair.b.size() / rank; ++o) {
    if (o % kRowsBetweenLooks == 0 && stop_.stop_requested()) return cancelled();
    std::ranges::fill(row, 0.0f);
    for (size_t r = 0; r < rank; ++r) {
      const float b = pair.b[o * rank + r];
      const float* a = pair.a.data() + r * in;
      for (size_t i = 0; i < in; ++i) row[i] += b * a[i];
    }
    for (size_t i = 0; i < in; ++i) weight[o * in + i] += scale * row[i];
  }
  return {};
}

Status Merge::produce(const TensorInfo& info, std::span<std::byte> out) {
  if (stop_.stop_requested()) return cancelled();
  const auto change = changes_.find(info.name);
  const TensorInfo* old = base_.find(info.name);
  if (change == changes_.end() && old->dtype == info.dtype) return base_.read(info, out);
  if (change != changes_.end() && change->second.pair == nullptr) {
    gpu::convert(change->second.replacement.data(), gpu::DType::F32, out.data(), info.dtype,
                 info.shape.elements());
    return {};
  }
  Result<std::vector<float>> weight = base_.read_f32(info.name);
  if (!weight) return weight.error();
  if (change != changes_.end()) {
    if (Status added = add_product(*change->second.pair, *weight); !added) return added;
  }
  gpu::convert(weight->data(), gpu::DType::F32, out.data(), info.dtype, info.shape.elements());
  return {};
}

Status check_paths(const std::filesystem::path& base, const std::filesystem::path& adapter,
                   const std::filesystem::path& out) {
  const std::string extension = path_to_utf8(out.extension());
  if (extension != ".pth" && extension != ".safetensors") {
    return Error{ErrorCode::InvalidArgument, "the merged file must end in .pth or .safetensors"};
  }
  for (const auto& input : {base, adapter}) {
    std::error_code ignored;
    if (std::filesystem::equivalent(input, out, ignored)) {
      return Error{ErrorCode::InvalidArgument, "the merged file must not replace its own input"};
    }
  }
  return {};
}

// Error::in with the file's name; without folders, which are nobody's business in a log.
Error in_file(const Error& error, const std::filesystem::path& path) {
  return error.in(path_to_utf8(path.filename()));
}

}  // namespace

Status merge_adapter(const std::filesystem::path& base, const std::filesystem::path& adapter,
                     const std::filesystem::path& out, const AdapterOptions& options,
                     const std::stop_token& stop) {
  if (Status status = check_paths(base, adapter, out); !status) return status;
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(base);
  if (!reader) return in_file(reader.error(), base);
  const Result<Config> config = read_config(**reader);
  if (!config) return in_file(config.error(), base);
  const Result<AdapterFile> loaded = load_adapter(adapter, *config, {}, options);
  if (!loaded) return in_file(loaded.error(), adapter);
  if (Status status = check_paths(base, loaded->pissa_init, out); !status) return status;
  log_assumptions(*loaded, adapter);
  if (!loaded->base_sha256.empty()) {
    const Result<std::string> hash =
        checkpoint_sha256(base, [&](uint64_t, uint64_t) { return !stop.stop_requested(); });
    if (!hash) return in_file(hash.error(), base);
    if (Status status = check_base(*loaded, *hash); !status)
      return in_file(status.error(), adapter);
  }
  Merge merge(**reader, *config, *loaded, out.extension() != ".pth", stop);
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> bytes) -> Status {
    if (Status status = merge.produce(info, bytes); !status) return in_file(status.error(), base);
    return {};
  };
  if (out.extension() == ".pth") return write_pth(out, merge.infos(), source);
  return write_safetensors(out, merge.infos(), (*reader)->metadata(), source);
}

}  // namespace greylag
