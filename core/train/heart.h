// SPDX-License-Identifier: Apache-2.0
// The trainer's sign of life: a thread that touches the run's heartbeat once a second, also while
// a step takes long or the run is paused.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace greylag::train {

class Heart {
 public:
  explicit Heart(std::function<void()> beat)
      : thread_([this, beat = std::move(beat)](std::stop_token stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
            beat();
            stopped_.wait_for(lock, stop, std::chrono::seconds(1), [] { return false; });
          }
        }) {}

  // Waits, for instance for the next look at the control file. Main thread.
  void wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    waiting_.wait_for(lock, time, [] { return false; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any stopped_, waiting_;
  std::jthread thread_;  // last: ends before what it uses
};

}  // namespace greylag::train
