// SPDX-License-Identifier: Apache-2.0
// No job is run or destroyed under the lock: what it holds may be the last reference of anything.
#include "core/server/job_runner.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "core/base/log.h"
#include "core/server/start_thread.h"

namespace greylag {

Result<uint64_t> JobRunner::submit(Work work, const void* key) {
  const std::lock_guard lock(mutex_);
  if (is_stopping_) return Error{ErrorCode::Unavailable, "the engine is stopping"};
  if (waiting_.size() >= options_.queue_limit) {
    return Error{ErrorCode::TooManyRequests,
                 "too many tasks of this kind wait already; try again when one is done"};
  }
  if (idle_threads_ <= waiting_.size() && threads_.size() < options_.threads) {
    auto thread = start_thread([this] { run(); });
    if (!thread && threads_.empty()) return thread.error();
    if (thread) threads_.push_back(std::move(*thread));
  }
  waiting_.push_back({next_id_++, std::move(work), key, {}});
  wake_.notify_one();
  return waiting_.back().id;
}

// The first that waits for nothing but a thread.
std::deque<JobRunner::Job>::iterator JobRunner::next_job() {
  return std::ranges::find_if(waiting_, [this](const Job& job) {
    return job.key == nullptr ||
           std::ranges::none_of(at_work_, [&](const Job* other) { return other->key == job.key; });
  });
}

void JobRunner::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto next = next_job();
    if (next == waiting_.end()) {
      if (is_stopping_ && waiting_.empty()) return;
      ++idle_threads_;
      wake_.wait(lock);
      --idle_threads_;
      continue;
    }
    Job job = std::move(*next);
    waiting_.erase(next);
    at_work_.push_back(&job);
    lock.unlock();
    try {
      job.work(job.stop.get_token());
    } catch (const std::exception& problem) {
      log_error("server", std::string("a job failed: ") + problem.what());
    }
    job.work = nullptr;
    lock.lock();
    std::erase(at_work_, &job);
    wake_.notify_all();  // its key is free
  }
}

bool JobRunner::drop(uint64_t id) {
  Job dropped;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  const auto job = std::ranges::find(waiting_, id, &Job::id);
  if (job == waiting_.end()) return false;
  dropped = std::move(*job);
  waiting_.erase(job);
  return true;
}

void JobRunner::cancel(uint64_t id) {
  if (drop(id)) return;
  std::stop_source stop(std::nostopstate);
  {
    const std::lock_guard lock(mutex_);
    const auto job = std::ranges::find(at_work_, id, [](const Job* other) { return other->id; });
    if (job == at_work_.end()) return;
    stop = (*job)->stop;
  }
  stop.request_stop();  // may run callbacks
}

void JobRunner::request_stop() {
  std::vector<std::stop_source> sources;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    for (const Job& job : waiting_) sources.push_back(job.stop);
    for (const Job* job : at_work_) sources.push_back(job->stop);
  }
  for (std::stop_source& source : sources) source.request_stop();
  wake_.notify_all();
}

void JobRunner::stop() {
  request_stop();
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads = std::move(threads_);
    threads_.clear();
  }
}  // joined here

}  // namespace greylag
