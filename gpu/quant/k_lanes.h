// SPDX-License-Identifier: Apache-2.0
// How does the search for scales look at a block of 256 values? Transposed: lane j is sub-block j,
// so that every candidate is tried for all sub-blocks at once, and each sum runs over its own
// sub-block in order. The loops over lanes become vector instructions of any width with the same
// result. Values are first divided by a power of two near the largest (exact), so that no square
// overflows or vanishes.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "gpu/half.h"
#include "gpu/quant/formats.h"
#include "gpu/quant/k_layout.h"

namespace greylag::gpu::quant {

constexpr float kLeastF16 = 0x1p-24f;  // above 0

template <int kLanes>
using Lanes = std::array<float, static_cast<size_t>(kLanes)>;

// The quants that a format has. Kept as variables: with constants, GCC 12 makes branches instead of
// minimum and maximum instructions (the Q4_K search a fifth slower).
struct Levels {
  float least, most;
};

template <int kLanes>
struct LaneBlock {
  static constexpr int kDepth = kKBlock / kLanes;
  using Row = Lanes<kLanes>;

  // Nothing but the levels is set before load() has returned true.
  explicit LaneBlock(Levels all_levels) : levels(all_levels) {}

  Levels levels;
  float unit = 1.0f;  // what the values were divided by
  // Weight of a squared error: root mean square of the block + |x|. An error at a large value costs
  // more, one near zero not nothing.
  alignas(64) std::array<Row, static_cast<size_t>(kDepth)> x, weight;

  // False when all values are nearer to 0 than to the least that a K block can hold: 2^-24.
  bool load(const float* values) {
    // The most that one can hold is 65504 x 128 x 32: what is above is cut.
    constexpr float kMost = 0x1p29f;
    float largest = 0.0f;
    for (int i = 0; i < kKBlock; ++i) largest = std::max(largest, std::abs(values[i]));
    if (largest <= kLeastF16 / 2.0f) return false;
    largest = std::min(largest, kMost);
    unit = std::bit_cast<float>(std::bit_cast<uint32_t>(largest) & 0x7f800000u);
    const float factor = 1.0f / unit;
    Row squares{};
    for (size_t l = 0; l < kDepth; ++l) {
      for (size_t j = 0; j < kLanes; ++j) {
        x[l][j] = std::clamp(values[j * kDepth + l], -kMost, kMost) * factor;
        squares[j] += x[l][j] * x[l][j];
      }
    }
    float total = 0.0f;
    for (const float square : squares) total += square;
    const float rms = std::sqrt(total / static_cast<float>(kKBlock));
    for (size_t l = 0; l < kDepth; ++l) {
      for (size_t j = 0; j < kLanes; ++j) weight[l][j] = rms + std::abs(x[l][j]);
    }
    return true;
  }

  // The nearest scale other than 0 that f16 can hold, in units of this block; 0 for 0.
  float as_f16(float scale) const {
    if (scale == 0.0f) return 0.0f;
    const float wanted = std::max(std::abs(scale) * unit, kLeastF16);
    return std::copysign(f16_to_f32(f32_to_f16(saturated(wanted))) / unit, scale);
  }
};

// 1 / s, and 0 for 0: then all quants are those of 0.
inline float inverse_or_zero(float s) { return s == 0.0f ? 0.0f : 1.0f / s; }

}  // namespace greylag::gpu::quant
