// SPDX-License-Identifier: Apache-2.0
// A model ready to talk: weights on a device, its vocabulary, its scheduler, and the adapters and
// states loaded beside it (each once, by path; no restart). Shared by the sessions that use it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/infer/scheduler.h"

namespace greylag {

struct ModelFiles {
  std::filesystem::path model;
  std::optional<std::filesystem::path> vocabulary;
};

class ModelHost {
 public:
  // Loads; errors as open_checkpoint, read_config, choose_tokenizer, Weights::load. Wrong
  // vocabulary size is BadFile. progress(done, total bytes) returns false to cancel.
  static Result<std::shared_ptr<ModelHost>> load(
      const ModelFiles& files, std::shared_ptr<gpu::Device> device,
      const std::filesystem::path& tokenizers_dir, SchedulerOptions options = {},
      const std::function<bool(uint64_t, uint64_t)>& progress = {});

  const std::string& id() const { return id_; }  // file name without extension
  const std::filesystem::path& path() const { return path_; }
  Scheduler& scheduler() { return *scheduler_; }
  const Config& config() const { return config_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  uint64_t weight_bytes() const { return weight_bytes_; }

  // Loaded on first use, then shared; read again when the file has changed. A state-method adapter
  // comes back as a state; an adapter may bring both; a reasoning core brings the adapter that was
  // trained with it, an adapter.safetensors in the same folder. adapter_alpha: for a LoRA that does
  // not say its own. What is handed out may outlive the host. Any thread but a sink's.
  struct Extra {
    std::shared_ptr<const AdapterWeights> adapter;
    std::shared_ptr<const HostState> state;
    std::shared_ptr<const HrmWeights> core;
  };
  // SHA-256 of the model's own file; asked only for a file that says which base it was made for.
  using BaseHash = std::function<Result<std::string>()>;
  // base_sha256 empty: the model's file is read for it, to its end. Errors of read_extra and of
  // base_sha256. Two threads that ask for the same file at once may both read it.
  Result<Extra> extra(const std::filesystem::path& adapter_or_state,
                      std::optional<double> adapter_alpha = {}, const BaseHash& base_sha256 = {});
  // The same when it is loaded and its file has not changed; reads nothing.
  std::optional<Extra> loaded_extra(const std::filesystem::path& adapter_or_state,
                                    std::optional<double> adapter_alpha = {});

 private:
  ModelHost() = default;
  std::string id_;
  std::filesystem::path path_;
  Config config_;
  uint64_t weight_bytes_ = 0;
  std::shared_ptr<gpu::Device> device_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  std::unique_ptr<Scheduler> scheduler_;

  // What a file was when it was looked at.
  struct Stamp {
    std::filesystem::file_time_type written;
    uintmax_t size_bytes = 0;
    std::optional<double> adapter_alpha;
    bool operator==(const Stamp&) const = default;
  };
  struct Loaded {
    Stamp stamp;
    Extra extra;
  };
  static std::optional<Stamp> stamp_of(const std::filesystem::path& path,
                                       std::optional<double> adapter_alpha);
  Result<Extra> load_extra(const std::filesystem::path& path, std::optional<double> adapter_alpha,
                           const BaseHash& base_sha256);
  std::mutex extras_mutex_;  // guards extras_; nothing is read or freed under it
  std::map<std::filesystem::path, Loaded> extras_;
};

}  // namespace greylag
