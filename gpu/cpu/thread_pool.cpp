// SPDX-License-Identifier: Apache-2.0
// One atomic word says whether there is a loop and how many workers are in it, so that a worker
// that is awake joins and leaves without a lock. Before sleeping, workers and caller look at the
// word for some microseconds: the loops of a forward pass follow each other faster than a thread
// wakes up. The caller closes its loop when the chunks are gone and waits only for workers that
// joined; a worker that comes too late finds the loop closed.
#include "gpu/cpu/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#ifdef _MSC_VER
#include <intrin.h>
#endif

namespace greylag::gpu {
namespace {

using Clock = std::chrono::steady_clock;

// Longer than the work of one thread between two loops of a forward pass; about what being put to
// sleep and woken costs (5 us, on a virtual machine 50 us).
constexpr std::chrono::microseconds kSpinTime{40};
constexpr int kPausesPerLook = 16;  // reading the clock costs about one pause
// Nobody who has a core to himself stands still for so long: other programs use the cores too.
// Then spinning takes time from the worker that everybody waits for, and is left for a while.
constexpr std::chrono::microseconds kStandstill{300};
constexpr std::chrono::milliseconds kTimeWithoutSpinning{100};

// Tells the core that this is a waiting loop: gives way to its other thread, saves power.
inline void pause_core() {
#if defined(_MSC_VER) && (defined(_M_X64) || defined(_M_IX86))
  _mm_pause();
#elif defined(_MSC_VER) && defined(_M_ARM64)
  __yield();
#elif defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// The word: workers inside | loop is open | caller sleeps | number of the loop.
constexpr uint64_t kOneWorker = 1, kWorkers = 0xffff;
constexpr uint64_t kIsOpen = 0x10000, kCallerSleeps = 0x20000, kOneLoop = 0x40000;

uint64_t number_of(uint64_t word) { return word / kOneLoop; }

}  // namespace

ThreadPool::ThreadPool(unsigned threads) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const unsigned count = std::min(threads != 0 ? threads : cores, static_cast<unsigned>(kWorkers));
  has_core_each_ = count <= cores;
  scratches_.resize(count);
  workers_.reserve(count - 1);
  try {
    while (workers_.size() + 1 < count) {
      workers_.emplace_back([this, i = workers_.size() + 1] { work(i); });
    }
  } catch (const std::system_error&) {
    // The machine lets no more be started (a limit of processes or of a container): with fewer.
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_.store(true);
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
  loop_ = &loop;
  word_.store((number_of(word_.load()) + 1) * kOneLoop | kIsOpen);
  wake_workers((n + chunk - 1) / chunk - 1);
  const Clock::time_point begin = Clock::now();
  take_chunks(loop, scratches_[0]);
  word_.fetch_and(~kIsOpen);
  await_workers(begin);
  if (loop.error) std::rethrow_exception(loop.error);
}

// A worker counts itself in sleepers_ before it looks at the word for the last time, the caller
// stores the word before it reads sleepers_: one of them sees the other (all sequentially
// consistent). A sleeper that has been woken is out of sleepers_ at once, before it gets a core.
void ThreadPool::wake_workers(int64_t wanted) {
  const int64_t awake = static_cast<int64_t>(workers_.size()) - sleepers_.load();
  if (wanted <= awake || sleepers_.load() == 0) return;
  int64_t woken = 0;
  {
    const std::lock_guard lock(mutex_);
    woken = std::min(wanted - awake, sleepers_.load());
    sleepers_.fetch_sub(woken);
    signals_ += woken;
  }
  for (int64_t i = 0; i < woken; ++i) wake_.notify_one();
}

template <class Condition>
void ThreadPool::sleep_until(Condition&& is_true) {
  std::unique_lock lock(mutex_);
  sleepers_.fetch_add(1);
  while (!is_true()) {
    wake_.wait(lock);
    if (signals_ == 0) continue;  // woken by nobody
    --signals_;
    sleepers_.fetch_add(1);
  }
  sleepers_.fetch_sub(1);
}

// Waits until nobody is in the loop that began at `begin`. The caller has done chunks of like
// length all that time, so a worker that takes longer still was stopped in the middle of one.
void ThreadPool::await_workers(Clock::time_point begin) {
  const auto is_empty = [this] { return (word_.load() & kWorkers) == 0; };
  if (is_empty()) return;
  const Clock::time_point end = Clock::now();
  if (spin_until(is_empty)) return;
  {
    std::unique_lock lock(mutex_);
    word_.fetch_or(kCallerSleeps);
    idle_.wait(lock, is_empty);
  }
  if (Clock::now() - end > (end - begin) + kStandstill) stop_spinning();
}

void ThreadPool::stop_spinning() {
  spin_again_.store((Clock::now() + kTimeWithoutSpinning).time_since_epoch().count(),
                    std::memory_order_relaxed);
}

// Looks at is_true() for kSpinTime at most; whether it came true.
template <class Condition>
bool ThreadPool::spin_until(Condition&& is_true) {
  if (is_true()) return true;
  Clock::time_point last = Clock::now();
  const Clock::time_point end = last + kSpinTime;
  if (!has_core_each_ ||
      last.time_since_epoch().count() < spin_again_.load(std::memory_order_relaxed)) {
    return false;
  }
  while (true) {
    for (int i = 0; i < kPausesPerLook; ++i) {
      pause_core();
      if (is_true()) return true;
    }
    const Clock::time_point now = Clock::now();
    if (now - last > kStandstill) stop_spinning();
    if (now > end) return false;
    last = now;
  }
}

// Joins the open loop unless it is `last`, which this worker has been in.
bool ThreadPool::join(uint64_t& last) {
  uint64_t word = word_.load();
  while ((word & kIsOpen) != 0 && number_of(word) != last) {
    if (!word_.compare_exchange_weak(word, word + kOneWorker)) continue;
    last = number_of(word);
    return true;
  }
  return false;
}

void ThreadPool::leave() {
  const uint64_t before = word_.fetch_sub(kOneWorker);
  if ((before & kWorkers) != kOneWorker || (before & kCallerSleeps) == 0) return;
  { const std::lock_guard lock(mutex_); }  // the caller is not between its look and its sleep
  idle_.notify_one();
}

void ThreadPool::work(size_t worker) {
  uint64_t last = 0;
  const auto can_go_on = [&] { return is_stopping_.load() || join(last); };
  while (true) {
    if (!spin_until(can_go_on)) sleep_until(can_go_on);
    if (is_stopping_.load()) return;
    take_chunks(*loop_, scratches_[worker]);
    leave();
  }
}

int64_t chunk_for(const ThreadPool& pool, int64_t n, int64_t unit_cost, int64_t least_cost) {
  const int64_t shares = static_cast<int64_t>(pool.threads()) * 4;
  const int64_t least = (least_cost + unit_cost - 1) / std::max<int64_t>(1, unit_cost);
  return std::max<int64_t>({1, least, (n + shares - 1) / shares});
}

}  // namespace greylag::gpu
