// SPDX-License-Identifier: Apache-2.0
// A worker joins a loop under the mutex and leaves under it, so that the caller, once the chunks
// are gone, waits only for workers that joined. A worker that woke too late finds no loop.
#include "gpu/cpu/thread_pool.h"

#include <algorithm>

namespace greylag::gpu {

ThreadPool::ThreadPool(unsigned threads) {
  const unsigned count = threads != 0 ? threads : std::max(1u, std::thread::hardware_concurrency());
  scratches_.resize(count);
  workers_.reserve(count - 1);
  for (size_t i = 1; i < count; ++i) workers_.emplace_back([this, i] { work(i); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::take_chunks(Loop& loop, Scratch& scratch) {
  while (true) {
    const int64_t begin = loop.next.fetch_add(loop.chunk, std::memory_order_relaxed);
    if (begin >= loop.n) return;
    try {
      loop.call.function(loop.call.context, begin, std::min(begin + loop.chunk, loop.n), scratch);
    } catch (...) {
      const std::lock_guard lock(loop.mutex);
      if (!loop.error) loop.error = std::current_exception();
      loop.next.store(loop.n, std::memory_order_relaxed);
    }
  }
}

void ThreadPool::run(int64_t n, int64_t chunk, Call call) {
  if (n <= 0) return;
  const std::lock_guard caller(caller_mutex_);
  if (workers_.empty() || n <= chunk) {
    call.function(call.context, 0, n, scratches_[0]);
    return;
  }
  Loop loop{.call = call, .n = n, .chunk = chunk, .next = 0, .mutex = {}, .error = {}};
  {
    const std::lock_guard lock(mutex_);
    loop_ = &loop;
    ++loop_number_;
  }
  const int64_t chunks = (n + chunk - 1) / chunk;
  if (chunks > static_cast<int64_t>(workers_.size())) {
    wake_.notify_all();
  } else {
    for (int64_t i = 1; i < chunks; ++i) wake_.notify_one();
  }
  take_chunks(loop, scratches_[0]);
  {
    std::unique_lock lock(mutex_);
    loop_ = nullptr;
    idle_.wait(lock, [this] { return busy_ == 0; });
  }
  if (loop.error) std::rethrow_exception(loop.error);
}

void ThreadPool::work(size_t worker) {
  uint64_t last_loop = 0;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock,
               [&] { return is_stopping_ || (loop_ != nullptr && loop_number_ != last_loop); });
    if (is_stopping_) return;
    Loop& loop = *loop_;
    last_loop = loop_number_;
    ++busy_;
    lock.unlock();
    take_chunks(loop, scratches_[worker]);
    lock.lock();
    if (--busy_ == 0) idle_.notify_all();
  }
}

int64_t chunk_for(const ThreadPool& pool, int64_t n, int64_t unit_cost, int64_t least_cost) {
  const int64_t shares = static_cast<int64_t>(pool.threads()) * 4;
  const int64_t least = (least_cost + unit_cost - 1) / std::max<int64_t>(1, unit_cost);
  return std::max<int64_t>({1, least, (n + shares - 1) / shares});
}

}  // namespace greylag::gpu
