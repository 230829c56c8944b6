// SPDX-License-Identifier: Apache-2.0
// Who does what takes long? A few threads of their own with a bounded queue, so that no worker of
// the HTTP server is held. Every job can be stopped: by whoever asked for it, and by the engine.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/base/result.h"

namespace greylag {

// Any thread, but for stop() and the destructor: not from a job.
class JobRunner {
 public:
  struct Options {
    size_t threads = 2;       // at most; one is started when a job finds none idle
    size_t queue_limit = 16;  // jobs that wait; beyond: TooManyRequests
  };
  // Ends soon after the token fires. What it throws is logged.
  using Work = std::function<void(const std::stop_token&)>;

  explicit JobRunner(Options options) : options_(options) {}
  ~JobRunner() { stop(); }
  JobRunner(const JobRunner&) = delete;

  // First come, first served; jobs of one key (not null) are never at work at the same time.
  // Returns the job's number. TooManyRequests; Unavailable: stopping, or there is no thread.
  Result<uint64_t> submit(Work work, const void* key = nullptr);
  // A job that waits is dropped unheard. False: it is at work, or has ended.
  bool drop(uint64_t id);
  // As drop, or fires the token of the job at work.
  void cancel(uint64_t id);

  // Fires every token and takes no further jobs. Those that wait are still called, with a token
  // that has fired, so that each can answer whoever asked.
  void request_stop();
  // request_stop, then waits until all have ended.
  void stop();

 private:
  struct Job {
    uint64_t id = 0;
    Work work;
    const void* key = nullptr;
    std::stop_source stop;
  };
  void run();
  std::deque<Job>::iterator next_job();

  const Options options_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  uint64_t next_id_ = 1;
  std::deque<Job> waiting_;
  std::vector<const Job*> at_work_;  // each on the stack of its thread
  size_t idle_threads_ = 0;
  bool is_stopping_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace greylag
