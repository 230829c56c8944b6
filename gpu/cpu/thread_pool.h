// SPDX-License-Identifier: Apache-2.0
// How does one op use several cores? Workers take chunks of an index range; the caller works too.
// Between loops a worker spins for some microseconds, then sleeps on a condition variable. Nobody
// spins while other programs are seen to use the cores, nor in a pool of more threads than cores.
// Which thread takes which chunk is not fixed, so an op must give each index the same result
// wherever it runs.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gpu/cpu/aligned.h"

namespace greylag::gpu {

// May be used from several threads; their loops run one after another.
class ThreadPool {
 public:
  // threads counts the caller; 0 = all cores. Fewer where the machine lets no more be started.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned threads() const { return static_cast<unsigned>(workers_.size()) + 1; }

  // Calls body(begin, end, Scratch&) for disjoint chunks that cover [0, n), each `chunk` long but
  // the last, and returns when all are done. One chunk runs on the calling thread alone. An
  // exception of a body is thrown again here, after the others have stopped. Not from inside a
  // body.
  template <class Body>
  void parallel_for(int64_t n, int64_t chunk, Body&& body) {
    run(n, chunk,
        Call{[](void* context, int64_t begin, int64_t end, Scratch& scratch) {
               (*static_cast<std::remove_reference_t<Body>*>(context))(begin, end, scratch);
             },
             const_cast<void*>(static_cast<const void*>(&body))});
  }

 private:
  struct Call {
    void (*function)(void* context, int64_t begin, int64_t end, Scratch&);
    void* context;
  };
  struct Loop {
    Call call;
    int64_t n, chunk;
    std::atomic<int64_t> next{0};
    std::mutex mutex;
    std::exception_ptr error;
  };

  void run(int64_t n, int64_t chunk, Call call);
  void wake_workers(int64_t wanted);
  void await_workers(std::chrono::steady_clock::time_point begin);
  template <class Condition>
  bool spin_until(Condition&& is_true);
  template <class Condition>
  void sleep_until(Condition&& is_true);
  void stop_spinning();
  bool join(uint64_t& last);
  void leave();
  void work(size_t worker);
  static void take_chunks(Loop& loop, Scratch& scratch);

  std::mutex caller_mutex_;  // held by the calling thread for the length of a loop
  std::vector<Scratch> scratches_;
  bool has_core_each_ = false;          // constant
  std::atomic<int64_t> spin_again_{0};  // steady_clock ticks before which nobody spins

  // Which loop it is, whether it may be joined and by how many it is (thread_pool.cpp). loop_ is
  // written while no worker is inside and read by those inside only.
  std::atomic<uint64_t> word_{0};
  Loop* loop_ = nullptr;
  std::atomic<bool> is_stopping_{false};
  std::mutex mutex_;                  // guards what follows
  std::atomic<int64_t> sleepers_{0};  // workers at wake_ that nobody has woken; read without it
  int64_t signals_ = 0;               // workers woken that have not yet noticed
  std::condition_variable wake_, idle_;

  std::vector<std::thread> workers_;
};

// Chunk length for n equal units such that a chunk is at least `least_cost` of work and every
// thread gets about four.
int64_t chunk_for(const ThreadPool& pool, int64_t n, int64_t unit_cost, int64_t least_cost = 65536);

}  // namespace greylag::gpu
