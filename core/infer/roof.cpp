// SPDX-License-Identifier: Apache-2.0
// Plain loops that every compiler turns into vector code: at the speed of memory, 16-byte loads are
// as good as 64-byte ones (checked against hand-written AVX-512).
#include "core/infer/roof.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <thread>
#include <vector>

#include "core/base/platform.h"

namespace greylag {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::align_val_t kAlignment{64};
constexpr size_t kBlockWords = 32;        // four cache lines, one sum for each word
constexpr int kPasses = 8;                // of reading, and of copying, at most
constexpr double kSecondsPerKind = 0.15;  // no pass begins later; a busy machine gets fewer
constexpr uint64_t kMemoryShare = 4;      // at most this fraction of the free memory

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct AlignedDelete {
  void operator()(uint64_t* words) const { ::operator delete[](words, kAlignment); }
};
using Words = std::unique_ptr<uint64_t[], AlignedDelete>;

uint64_t sum_of(std::span<const uint64_t> words) {
  std::array<uint64_t, kBlockWords> sums{};
  for (size_t block = 0; block + kBlockWords <= words.size(); block += kBlockWords) {
    for (size_t i = 0; i < kBlockWords; ++i) sums[i] += words[block + i];
  }
  uint64_t sum = 0;
  for (const uint64_t one : sums) sum += one;
  return sum;
}

// Runs work(part) for every part of the buffer on a thread of its own; returns the seconds.
template <typename Work>
double run_parts(std::span<uint64_t> words, unsigned threads, Work work) {
  const size_t part = words.size() / threads / kBlockWords * kBlockWords;
  const auto start = Clock::now();
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) {
      helpers.emplace_back([&work, words, part, i] { work(words.subspan(i * part, part)); });
    }
    work(words.first(part));
  }
  return seconds_since(start);
}

// Bytes per second of the best of several passes that move `bytes` each; 0 when stopped.
template <typename Pass>
double best_of(double bytes, const std::stop_token& stop, Pass pass) {
  double best = 0;
  const auto start = Clock::now();
  for (int i = 0; i < kPasses && (i == 0 || seconds_since(start) < kSecondsPerKind); ++i) {
    if (stop.stop_requested()) return 0;
    best = std::max(best, bytes / std::max(pass(), 1e-9));
  }
  return best;
}

MemoryBandwidth measure_with(unsigned threads, size_t buffer_bytes, const std::stop_token& stop) {
  const size_t block_bytes = kBlockWords * sizeof(uint64_t) * 2 * threads;
  const size_t count =
      std::max(buffer_bytes / block_bytes, size_t{1}) * block_bytes / sizeof(uint64_t);
  const Words buffer(
      static_cast<uint64_t*>(::operator new[](count * sizeof(uint64_t), kAlignment)));
  const std::span words(buffer.get(), count);
  run_parts(words, threads, [](std::span<uint64_t> part) {
    std::memset(part.data(), 1, part.size_bytes());  // pages of one's own: reads of untouched
  });                                                // memory all hit one page of zeros
  std::atomic<uint64_t> sum{0};                      // read below, so that no loop is left out
  MemoryBandwidth bandwidth;
  const auto bytes = static_cast<double>(words.size_bytes());
  bandwidth.read = best_of(bytes, stop, [&] {
    return run_parts(words, threads, [&](std::span<uint64_t> part) { sum += sum_of(part); });
  });
  bandwidth.copy = best_of(bytes, stop, [&] {
    return run_parts(words, threads, [](std::span<uint64_t> part) {
      const size_t half = part.size() / 2;
      std::memcpy(part.data(), part.data() + half, half * sizeof(uint64_t));
    });
  });
  if (sum == 0 || bandwidth.read <= 0 || bandwidth.copy <= 0) return {};
  return bandwidth;
}

uint64_t bytes_of(std::initializer_list<const gpu::Tensor*> tensors) {
  uint64_t bytes = 0;
  for (const gpu::Tensor* tensor : tensors) {
    if (*tensor) bytes += tensor->view().size_bytes();
  }
  return bytes;
}

uint64_t bytes_of(const std::vector<LayerWeights>& blocks) {
  uint64_t bytes = 0;
  for (const LayerWeights& w : blocks) {
    bytes += bytes_of({&w.ln1_weight, &w.ln1_bias, &w.ln2_weight, &w.ln2_bias,    &w.att_mix,
                       &w.w0,         &w.a0,       &w.v0,         &w.k_k,         &w.k_a,
                       &w.r_k,        &w.w1,       &w.a1,         &w.v1,          &w.g1,
                       &w.w2,         &w.a2,       &w.v2,         &w.g2,          &w.receptance,
                       &w.key,        &w.value,    &w.output,     &w.ln_x_weight, &w.ln_x_bias,
                       &w.ffn_mix,    &w.ffn_key,  &w.ffn_value});
  }
  return bytes;
}

}  // namespace

StepBytes step_bytes(const Weights& weights, uint64_t state_bytes) {
  StepBytes bytes;
  bytes.weights = bytes_of({&weights.ln0_weight, &weights.ln0_bias, &weights.ln_out_weight,
                            &weights.ln_out_bias, &weights.head}) +
                  bytes_of(weights.layers);
  bytes.per_sequence =
      weights.embedding.view().size_bytes() / static_cast<uint64_t>(weights.config.vocab) +
      2 * state_bytes;
  return bytes;
}

StepBytes step_bytes(const HrmWeights& core, uint64_t state_bytes) {
  StepBytes bytes;
  bytes.weights = bytes_of({&core.in, &core.out, &core.q_weight, &core.gate_weight}) +
                  bytes_of(core.low) + bytes_of(core.high);
  bytes.per_sequence = 2 * state_bytes;
  return bytes;
}

void Traffic::add(uint64_t step_bytes, double step_seconds) {
  bytes += static_cast<double>(step_bytes);
  seconds += step_seconds;
  ++steps;
}

MemoryBandwidth measure_memory_bandwidth(unsigned threads, size_t buffer_bytes,
                                         const std::stop_token& stop) {
  if (threads == 0) threads = std::max(1u, platform::cpu_count());
  if (buffer_bytes > platform::memory_available_bytes() / kMemoryShare) return {};
  try {
    return measure_with(threads, buffer_bytes, stop);
  } catch (const std::bad_alloc&) {
    return {};
  } catch (const std::system_error&) {  // no thread to be had
    return {};
  }
}

Roof::Roof(unsigned threads, size_t buffer_bytes)
    : threads_(threads), buffer_bytes_(buffer_bytes), cache_bytes_(kCacheBytes) {}

Roof::Roof(const MemoryBandwidth& known, double cache_bytes)
    : threads_(0), buffer_bytes_(0), cache_bytes_(cache_bytes), bandwidth_(known) {}

MemoryBandwidth Roof::measure(const std::stop_token& stop) {
  const std::lock_guard measuring(measuring_);
  if (const MemoryBandwidth known = bandwidth(); known.read > 0) return known;
  const MemoryBandwidth measured = measure_memory_bandwidth(threads_, buffer_bytes_, stop);
  const std::lock_guard lock(mutex_);
  return bandwidth_ = measured;
}

MemoryBandwidth Roof::bandwidth() const {
  const std::lock_guard lock(mutex_);
  return bandwidth_;
}

std::optional<double> Roof::share(std::string_view device_id, const Traffic& traffic) const {
  const double read = bandwidth().read;
  if (device_id != "cpu" || read <= 0 || traffic.steps <= 0 || traffic.seconds <= 0) return {};
  if (traffic.bytes / static_cast<double>(traffic.steps) < cache_bytes_) return {};
  return std::min(traffic.bytes / traffic.seconds / read, 1.0);
}

}  // namespace greylag
