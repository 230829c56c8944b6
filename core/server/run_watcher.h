// SPDX-License-Identifier: Apache-2.0
// What happens in the run folders? Ten times a second the sizes of their files are looked at; what
// is new goes out as `metric` and `run` events. Live runs are picked up at start by the same look.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "core/protocol/engine.h"
#include "core/protocol/training.h"

namespace greylag {

struct RunWatcherHooks {
  std::function<void(const protocol::RunStatus&)> on_status;
  std::function<void(const protocol::MetricEvent&)> on_metrics;
  std::function<void()> on_tick;  // ten times a second
};

class RunWatcher {
 public:
  // Hooks are called on the watcher's thread.
  RunWatcher(std::filesystem::path runs, RunWatcherHooks hooks);
  ~RunWatcher() = default;
  RunWatcher(const RunWatcher&) = delete;
  // One look; for the thread and for tests.
  void look();

 private:
  // A file that only grows, read from where it was left.
  struct Tail {
    uint64_t offset = 0;
    // New whole lines; a file that shrank (resume cuts it) is taken up at its new end.
    std::string read(const std::filesystem::path& file);
  };
  struct Watched {
    Tail metrics, timings;
    uint64_t journal_size = 0;
    std::string shown;  // last status sent, as JSON
    bool may_be_live = true;
    double tokens_per_second = 0;
    std::map<int64_t, double> speeds;  // step -> tokens/s not yet matched
  };
  void look_at(const std::filesystem::path& folder, Watched& run, bool is_full_look);
  bool read_metrics(const std::filesystem::path& folder, Watched& run);

  const std::filesystem::path runs_;
  const RunWatcherHooks hooks_;
  std::map<std::string, Watched> watched_;  // watcher's thread
  bool is_first_look_ = true;
  uint64_t looks_ = 0;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace greylag
