// SPDX-License-Identifier: Apache-2.0
// Loading is a named place for exceptions: what the device or the standard library throws becomes
// an Error here.
#include "core/infer/model_host.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/infer/extras.h"
#include "core/infer/file_context.h"

namespace greylag {
namespace {

constexpr const char* kAdapterBesideCore = "adapter.safetensors";

// Tensors belong to their device: whoever holds the weights holds the device.
template <typename Weights>
std::shared_ptr<const Weights> with_device(std::shared_ptr<gpu::Device> device,
                                           std::shared_ptr<const Weights> weights) {
  struct Both {
    std::shared_ptr<gpu::Device> device;  // first: destroyed last
    std::shared_ptr<const Weights> weights;
  };
  const Weights* plain = weights.get();
  auto both = std::make_shared<Both>(Both{std::move(device), std::move(weights)});
  return {std::move(both), plain};
}

}  // namespace

Result<std::shared_ptr<ModelHost>> ModelHost::load(
    const ModelFiles& files, std::shared_ptr<gpu::Device> device,
    const std::filesystem::path& tokenizers_dir, SchedulerOptions options,
    const std::function<bool(uint64_t, uint64_t)>& progress) {
  try {
    const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(files.model);
    if (!reader) return in_file(reader.error(), files.model.filename());
    const std::filesystem::path name = files.model.filename();
    const Result<Config> config = read_config(**reader);
    if (!config) return in_file(config.error(), name);

    std::shared_ptr<ModelHost> host(new ModelHost);
    host->id_ = path_to_utf8(files.model.stem());
    host->path_ = files.model;
    host->config_ = *config;
    host->device_ = std::move(device);
    for (const TensorInfo& tensor : (*reader)->tensors()) host->weight_bytes_ += tensor.size_bytes;
    Result<std::shared_ptr<const Tokenizer>> tokenizer =
        choose_tokenizer(config->vocab, files.model, files.vocabulary, tokenizers_dir);
    if (!tokenizer) {
      return in_file(tokenizer.error(), files.vocabulary.value_or(files.model).filename());
    }
    host->tokenizer_ = *tokenizer;
    Result<std::shared_ptr<const Weights>> weights =
        Weights::load(**reader, *host->device_, progress);
    if (!weights) return in_file(weights.error(), name);
    host->scheduler_ = std::make_unique<Scheduler>(std::move(weights).value(), host->device_,
                                                   host->tokenizer_, options);
    return host;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::NoSpace, fmt::format("{}: not enough memory to load this model",
                                                 path_to_utf8(files.model.filename()))};
  } catch (const std::exception& problem) {
    return Error{ErrorCode::Internal,
                 fmt::format("{}: {}", path_to_utf8(files.model.filename()), problem.what())};
  }
}

// None: there is no such file.
std::optional<ModelHost::Stamp> ModelHost::stamp_of(const std::filesystem::path& path,
                                                    std::optional<double> adapter_alpha) {
  std::error_code failed;
  const auto written = std::filesystem::last_write_time(path, failed);
  if (failed) return std::nullopt;
  const uintmax_t size = std::filesystem::file_size(path, failed);
  if (failed) return std::nullopt;
  return Stamp{written, size, adapter_alpha};
}

std::optional<ModelHost::Extra> ModelHost::loaded_extra(
    const std::filesystem::path& adapter_or_state, std::optional<double> adapter_alpha) {
  const std::optional<Stamp> stamp = stamp_of(adapter_or_state, adapter_alpha);
  const std::lock_guard lock(extras_mutex_);
  const auto known = extras_.find(adapter_or_state);
  if (!stamp || known == extras_.end() || known->second.stamp != *stamp) return std::nullopt;
  return known->second.extra;
}

Result<ModelHost::Extra> ModelHost::extra(const std::filesystem::path& adapter_or_state,
                                          std::optional<double> adapter_alpha,
                                          const BaseHash& base_sha256) {
  if (auto known = loaded_extra(adapter_or_state, adapter_alpha)) return *std::move(known);
  const std::optional<Stamp> stamp = stamp_of(adapter_or_state, adapter_alpha);  // before the read
  try {
    Result<Extra> loaded = load_extra(
        adapter_or_state, adapter_alpha,
        base_sha256 ? base_sha256 : [this] { return checkpoint_sha256(path_); });
    if (!loaded || !stamp) return loaded;
    Loaded entry{*stamp, *loaded};
    const std::lock_guard lock(extras_mutex_);
    std::swap(extras_[adapter_or_state], entry);  // what it replaces goes after the lock
    return loaded;
  } catch (const std::exception& problem) {
    return Error{ErrorCode::Internal,
                 fmt::format("{}: {}", path_to_utf8(adapter_or_state.filename()), problem.what())};
  }
}

Result<ModelHost::Extra> ModelHost::load_extra(const std::filesystem::path& path,
                                               std::optional<double> adapter_alpha,
                                               const BaseHash& base_sha256) {
  const Result<ExtraFile> file = read_extra(path, config_, base_sha256, {.alpha = adapter_alpha});
  if (!file) return file.error();
  Extra extra;
  if (file->core) {
    const std::filesystem::path beside = path.parent_path() / kAdapterBesideCore;
    std::error_code failed;
    if (beside != path && std::filesystem::exists(beside, failed)) {
      Result<Extra> adapter = load_extra(beside, adapter_alpha, base_sha256);
      if (!adapter) return adapter.error();
      extra = *adapter;
    }
    Result<std::shared_ptr<const HrmWeights>> core = Error{ErrorCode::Internal, ""};
    scheduler_->run_on_device([&](Rwkv7&, StatePool&, gpu::Device& device, gpu::Queue&) {
      core = load_core(*file->core, path, device);
    });
    if (!core) return core.error();
    extra.core = with_device(device_, std::move(core).value());
    return extra;
  }
  extra.state = file->state;
  if (file->adapter) {
    scheduler_->run_on_device([&](Rwkv7&, StatePool&, gpu::Device& device, gpu::Queue& queue) {
      extra.adapter = with_device(device_, upload_adapter(*file->adapter, config_, device, queue));
    });
  }
  return extra;
}

}  // namespace greylag
