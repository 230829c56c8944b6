// SPDX-License-Identifier: Apache-2.0
// Which models are ready to talk? Loaded on demand, as jobs; whoever needs one waits without a
// thread. Shared with the generations that use them, so that unloading never cuts an answer.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "core/hub/model_library.h"
#include "core/infer/model_host.h"
#include "core/server/job_runner.h"

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
  // loads: does the loading; outlives the pool. on_change(id): loaded, loading or unloaded; called
  // without a lock.
  ModelPool(Options options, JobRunner& loads,
            std::function<void(const std::string& id)> on_change);
  // As clear. The runner of the loads must have been stopped.
  ~ModelPool();

  using OnHost = std::function<void(Result<std::shared_ptr<ModelHost>>)>;
  // Calls `ready` once, without a lock: before this returns when the model is loaded or cannot be,
  // else when its load ends, on the loader's thread. Returns 0 or, while it waits, the number for
  // leave. As many may wait for a model as its scheduler takes; beyond: TooManyRequests. The last
  // reference to what is handed out may be dropped anywhere: its threads are waited for elsewhere.
  uint64_t acquire(const ModelEntry& entry, OnHost ready);
  // It no longer waits; `ready` may be under way. The load goes on.
  void leave(uint64_t waiter);
  // Loads it unless it is loaded or loading; nobody waits.
  Status begin_load(const ModelEntry& entry);

  Status unload(const std::string& id);  // Conflict while loading; ok when not loaded
  // Unloads a model whose file goes: no load of it can begin while `remove_file` runs, and it stays
  // loaded if that fails. Conflict while loading.
  Status remove(const std::string& id, const std::function<Status()>& remove_file);
  // Every waiter hears that the engine is stopping; nothing is loaded afterwards.
  void close();
  // close, then ends everything, once the loads have ended: generations get their last event with
  // reason Cancelled.
  void clear();

  bool is_loaded(const std::string& id) const;
  bool is_loading(const std::string& id) const;
  std::vector<std::string> loaded() const;
  Scheduler::Load load() const;  // summed over the models; waiting: for a model, too

 private:
  struct Waiter {
    uint64_t number = 0;
    OnHost ready;
  };
  struct Slot {
    std::filesystem::path path;
    std::filesystem::file_time_type written;
    std::shared_ptr<ModelHost> host;  // null while loading
    bool is_loading = false;
    std::vector<Waiter> waiters;
    bool is_of(const ModelEntry& entry) const {
      return path == entry.path && written == entry.written;
    }
  };
  using Host = std::shared_ptr<ModelHost>;
  struct Start {
    Host host;            // null: it loads
    uint64_t waiter = 0;  // of `ready`, when it loads and one was given
    bool is_new = false;  // this call began the load
  };
  Result<Start> start(const ModelEntry& entry, OnHost* ready);
  Status start_load(const ModelEntry& entry);
  void await_releases();
  void run_load(const ModelEntry& entry, const std::stop_token& stop);
  Result<Host> load_host(const ModelEntry& entry, const std::stop_token& stop);

  const Options options_;
  JobRunner& loads_;
  const std::function<void(const std::string&)> on_change_;
  // Waits for the device threads of models that nobody uses any more.
  const std::shared_ptr<JobRunner> releases_;
  mutable std::mutex mutex_;  // guards what follows; no host is freed under it
  bool is_closed_ = false;
  uint64_t next_waiter_ = 1;
  std::map<std::string, Slot> slots_;
  std::set<std::string> being_removed_;
};

}  // namespace greylag
