// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: value = f(seed, stream, counter), so that a resumed run needs to
// store only the counter and two sequences never share a state. SplitMix64 finaliser over the
// mixed key (Steele, Lea, Flood 2014, constants of the public-domain reference).
#pragma once

#include <cstdint>

namespace greylag {

class CounterRandom {
 public:
  CounterRandom(uint64_t seed, uint64_t stream, uint64_t counter = 0)
      : key_(mix(seed ^ mix(stream + 0x9E3779B97F4A7C15ull))), counter_(counter) {}
  uint64_t next() { return mix(key_ + 0x9E3779B97F4A7C15ull * ++counter_); }
  // Uniform in [0, 1), 53 bits.
  double uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
  // Uniform in [0, n), n > 0; the bias of the multiply-shift is below n / 2^64.
  uint64_t below(uint64_t n) {
    return static_cast<uint64_t>(uniform() * static_cast<double>(n)) % n;
  }
  uint64_t counter() const { return counter_; }

 private:
  static uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  uint64_t key_;
  uint64_t counter_;
};

}  // namespace greylag
