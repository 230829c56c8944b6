// SPDX-License-Identifier: Apache-2.0
// Which models are ready to talk? Loaded on demand by a thread of their own; shared with the
// generations that use them, so that unloading never cuts an answer.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/hub/model_library.h"
#include "core/infer/model_host.h"

namespace greylag {

// Any thread; not from a GenerationSink.
class ModelPool {
 public:
  struct Options {
    std::string device = "auto";
    unsigned threads = 0;  // 0 = all cores
    std::filesystem::path tokenizers_dir;
    SchedulerOptions scheduler;
  };
  // on_change(id): loaded, loading or unloaded; called without a lock.
  ModelPool(Options options, std::function<void(const std::string& id)> on_change);
  // Cancels loads and generations.
  ~ModelPool();

  // The loaded model, after waiting at most `wait` for it. Unavailable: still loading. Else the
  // error of the load.
  Result<std::shared_ptr<ModelHost>> acquire(const ModelEntry& entry,
                                             std::chrono::milliseconds wait);
  Status unload(const std::string& id);  // Conflict while loading; ok when not loaded
  // Ends everything: generations get their last event with reason Cancelled.
  void clear();

  bool is_loaded(const std::string& id) const;
  bool is_loading(const std::string& id) const;
  std::vector<std::string> loaded() const;
  Scheduler::Load load() const;  // summed over the models

 private:
  struct Slot {
    std::filesystem::path path;
    std::filesystem::file_time_type written;
    std::shared_ptr<ModelHost> host;  // null while loading or failed
    bool is_loading = false;
    Error error;  // of the last load
    std::jthread loader;
  };
  void start_load(Slot& slot, const ModelEntry& entry);
  void run_load(const ModelEntry& entry, const std::stop_token& stop);
  Result<std::shared_ptr<ModelHost>> load_host(const ModelEntry& entry,
                                               const std::stop_token& stop);

  const Options options_;
  const std::function<void(const std::string&)> on_change_;
  mutable std::mutex mutex_;  // guards slots_, is_closed_
  std::condition_variable loaded_;
  bool is_closed_ = false;
  std::map<std::string, Slot> slots_;
  std::vector<std::jthread> ended_loaders_;  // joined at the end, never under the lock
};

}  // namespace greylag
