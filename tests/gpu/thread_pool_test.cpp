// SPDX-License-Identifier: Apache-2.0
// Does every index run exactly once, whoever calls, and do errors come back?
#include "gpu/cpu/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#endif

namespace greylag::gpu {
namespace {

TEST(ThreadPool, CoversEachIndexOnceForEveryShape) {
  for (const unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const int64_t n : {0, 1, 7, 64, 1000}) {
      for (const int64_t chunk : {1, 3, 1000}) {
        std::vector<std::atomic<int>> visits(static_cast<size_t>(n));
        pool.parallel_for(n, chunk, [&](int64_t begin, int64_t end, Scratch& scratch) {
          scratch.floats(end - begin)[0] = 1.0f;
          for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
        });
        for (const auto& count : visits) EXPECT_EQ(count.load(), 1);
      }
    }
  }
}

TEST(ThreadPool, ManyShortLoopsInARowAllFinish) {
  ThreadPool pool(3);
  std::atomic<int64_t> total{0};
  for (int i = 0; i < 2000; ++i) {
    pool.parallel_for(4, 1, [&](int64_t begin, int64_t end, Scratch&) { total += end - begin; });
  }
  EXPECT_EQ(total.load(), 8000);
}

// The caller's chunk ends as soon as the worker's has begun; the loop must still wait for it.
TEST(ThreadPool, ReturnsOnlyWhenTheWorkersHaveFinished) {
  ThreadPool pool(2);
  const std::thread::id caller = std::this_thread::get_id();
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> has_started{false}, is_finished{false};
    pool.parallel_for(2, 1, [&](int64_t, int64_t, Scratch&) {
      if (std::this_thread::get_id() == caller) {
        has_started.wait(false);
        return;
      }
      has_started = true;
      has_started.notify_all();
      for (int i = 0; i < 1000; ++i) std::this_thread::yield();
      is_finished = true;
    });
    EXPECT_TRUE(is_finished.load());
  }
}

// Both chunks wait for each other, so each loop needs the worker; between loops the caller works
// for longer than the worker looks for the next one.
TEST(ThreadPool, AWorkerThatFellAsleepIsWoken) {
  ThreadPool pool(2);
  for (int round = 0; round < 30; ++round) {
    std::atomic<int> inside{0};
    pool.parallel_for(2, 1, [&](int64_t, int64_t, Scratch&) {
      ++inside;
      inside.notify_all();
      for (int seen = inside; seen < 2; seen = inside) inside.wait(seen);
    });
    EXPECT_EQ(inside.load(), 2);
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(300);
    while (std::chrono::steady_clock::now() < end) {
    }
  }
}

TEST(ThreadPool, TwoCallersTakeTurns) {
  ThreadPool pool(2);
  std::atomic<int64_t> total{0};
  const auto caller = [&] {
    for (int i = 0; i < 200; ++i) {
      pool.parallel_for(8, 2, [&](int64_t begin, int64_t end, Scratch&) { total += end - begin; });
    }
  };
  std::thread other(caller);
  caller();
  other.join();
  EXPECT_EQ(total.load(), 3200);
}

TEST(ThreadPool, AnErrorReachesTheCallerAndThePoolLivesOn) {
  ThreadPool pool(2);
  bool is_caught = false;
  try {
    pool.parallel_for(100, 1, [](int64_t begin, int64_t, Scratch&) {
      if (begin == 37) throw std::runtime_error("no memory");
    });
  } catch (const std::runtime_error& error) {
    is_caught = std::string(error.what()) == "no memory";
  }
  EXPECT_TRUE(is_caught);
  std::atomic<int> count{0};
  pool.parallel_for(10, 1, [&](int64_t, int64_t, Scratch&) { ++count; });
  EXPECT_EQ(count.load(), 10);
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// In a process of its own with room for the stacks of a few threads: as where the number of
// processes is limited, the start of a thread fails with EAGAIN.
TEST(ThreadPoolDeathTest, GoesOnWithTheThreadsThatItGets) {
  const auto count_with_few = [] {
    uint64_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t taken = pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    const rlimit stack{8 << 20, 8 << 20}, space{taken + (40 << 20), taken + (40 << 20)};
    setrlimit(RLIMIT_STACK, &stack);
    setrlimit(RLIMIT_AS, &space);
    ThreadPool pool(64);
    std::atomic<int64_t> total{0};
    pool.parallel_for(1000, 1, [&](int64_t begin, int64_t end, Scratch&) { total += end - begin; });
    _exit(pool.threads() < 64 && total == 1000 ? 0 : 1);
  };
  EXPECT_EXIT(count_with_few(), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace greylag::gpu
