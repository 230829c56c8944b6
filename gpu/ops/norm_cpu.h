// SPDX-License-Identifier: Apache-2.0
// Mean and inverse deviation of n floats, in f64, in two passes; eight partial sums in fixed order.
#pragma once

#include <cmath>
#include <cstdint>

namespace greylag::gpu::cpu {

struct Moments {
  float mean = 0.0f, inverse_deviation = 0.0f;
};

// mean = sum x / n;  inverse_deviation = 1 / sqrt(sum (x - mean)² / n + eps)
inline Moments moments(const float* x, int64_t n, double eps) {
  const auto total = [x, n](auto term) {
    double partial[8] = {};
    int64_t i = 0;
    for (; i + 8 <= n; i += 8) {
      for (int lane = 0; lane < 8; ++lane) partial[lane] += term(static_cast<double>(x[i + lane]));
    }
    for (; i < n; ++i) partial[0] += term(static_cast<double>(x[i]));
    return ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
           ((partial[4] + partial[5]) + (partial[6] + partial[7]));
  };
  const double count = static_cast<double>(n);
  const double mean = total([](double value) { return value; }) / count;
  const double variance =
      total([mean](double value) { return (value - mean) * (value - mean); }) / count;
  return {static_cast<float>(mean), static_cast<float>(1.0 / std::sqrt(variance + eps))};
}

}  // namespace greylag::gpu::cpu
