// SPDX-License-Identifier: Apache-2.0
// Where do the numbers of a K block of 256 values lie in its bytes? The encoders choose the
// numbers in plain arrays, element by element; these functions pack them. gpu/quant only.
#pragma once

#include <array>
#include <cstdint>

namespace greylag::gpu::quant {

constexpr int kKBlock = 256;
constexpr int64_t kQ4KBytes = 144, kQ5KBytes = 176, kQ6KBytes = 210;

// The 6-bit scale and min of sub-block j: the first four lie in the low bits of bytes j and j + 4,
// the others have their low halves in byte j + 4 and their top bits above those of the first four.
inline uint8_t scale_of(const uint8_t* s, int j) {
  if (j < 4) return s[j] & 63;
  return static_cast<uint8_t>((s[j + 4] & 15) | (s[j - 4] >> 6) << 4);
}
inline uint8_t min_of(const uint8_t* s, int j) {
  if (j < 4) return s[j + 4] & 63;
  return static_cast<uint8_t>(s[j + 4] >> 4 | (s[j] >> 6) << 4);
}

// y = d scale[i / 32] q[i] - dmin min[i / 32]
struct ScaleMinBlock {
  float d = 0.0f, dmin = 0.0f;       // rounded to f16, and saturated, when packed
  std::array<uint8_t, 8> scale{};    // 0 to 63
  std::array<uint8_t, 8> min{};      // 0 to 63
  std::array<uint8_t, kKBlock> q{};  // 0 to 15 (Q4_K) or 31 (Q5_K)
};
void pack_q4_k(const ScaleMinBlock& block, uint8_t* packed);
void pack_q5_k(const ScaleMinBlock& block, uint8_t* packed);

// y = d scale[i / 16] (q[i] - 32)
struct ScaleBlock {
  float d = 0.0f;
  std::array<int8_t, 16> scale{};
  std::array<uint8_t, kKBlock> q{};  // 0 to 63
};
void pack_q6_k(const ScaleBlock& block, uint8_t* packed);

}  // namespace greylag::gpu::quant
