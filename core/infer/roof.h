// SPDX-License-Identifier: Apache-2.0
// How fast could this machine write tokens at best? A decode step must read every weight once, so
// memory bandwidth is its roof (facts inference 7). Here: the bytes that a step moves, the measured
// bandwidth, and which share of it was reached. bench and the engine's status both ask here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "core/model/hrm_core.h"

namespace greylag {

// What a decode step moves, in bytes. Work buffers, adapters and logits are not counted: they stay
// in the caches or are small.
struct StepBytes {
  // Read once for all sequences of the step, all of them: what the zeros of relu^2 save is not
  // subtracted, so a model with many zeros can pass this roof.
  uint64_t weights = 0;
  uint64_t per_sequence = 0;  // a row of the embedding; the state, read and written
  uint64_t of(int64_t sequences) const {
    return weights + static_cast<uint64_t>(sequences) * per_sequence;
  }
};
// state_bytes: StatePool::bytes_per_slot.
StepBytes step_bytes(const Weights& weights, uint64_t state_bytes);
// What a reasoning core adds. Its weights count once: between the calls of a step they can stay in
// the caches.
StepBytes step_bytes(const HrmWeights& core, uint64_t state_bytes);

// Decode steps that have run.
struct Traffic {
  double bytes = 0, seconds = 0;
  int64_t steps = 0;
  void add(uint64_t step_bytes, double step_seconds);
};

struct MemoryBandwidth {
  double read = 0;  // bytes per second; 0 = unknown
  double copy = 0;  // bytes read and written, together
};

inline constexpr size_t kBandwidthBytes = size_t{256} << 20;  // beyond the last cache of most
// Memory as `threads` threads (0 = all cores) reach it: the best of several passes over
// buffer_bytes, in about 0.3 s. Zeros when asked to stop or when there is no memory for it.
MemoryBandwidth measure_memory_bandwidth(unsigned threads, size_t buffer_bytes = kBandwidthBytes,
                                         const std::stop_token& stop = {});

inline constexpr double kCacheBytes = 64e6;
// The roof of one machine, measured on demand and then kept. Any thread.
class Roof {
 public:
  // threads: as the device has, 0 = all cores.
  explicit Roof(unsigned threads, size_t buffer_bytes = kBandwidthBytes);
  // cache_bytes: steps below it may be served by caches, so that nothing can be said about them.
  explicit Roof(const MemoryBandwidth& known, double cache_bytes = kCacheBytes);

  // Measures if nobody has; waits for whoever is at it. Zeros when stopped: the next call measures.
  MemoryBandwidth measure(const std::stop_token& stop = {});
  // What is known so far. Never waits.
  MemoryBandwidth bandwidth() const;
  // Which part of the read bandwidth the steps reached, above 0 and at most 1. None: nothing
  // measured or run yet, another device than the CPU, or steps so small that caches may hold them.
  std::optional<double> share(std::string_view device_id, const Traffic& traffic) const;

 private:
  const unsigned threads_;
  const size_t buffer_bytes_;
  const double cache_bytes_;
  std::mutex measuring_;      // held by whoever measures
  mutable std::mutex mutex_;  // guards bandwidth_
  MemoryBandwidth bandwidth_;
};

}  // namespace greylag
