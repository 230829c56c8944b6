// SPDX-License-Identifier: Apache-2.0
// Which function packs and reads which format? The pieces that quant.cpp chooses from; inside
// gpu/quant only. Every encoder takes finite values; n is a multiple of the block.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "gpu/half.h"

namespace greylag::gpu::quant {

constexpr float kMaxF16 = 65504.0f;

inline float load_f16(const uint8_t* bytes) {
  uint16_t half = 0;
  std::memcpy(&half, bytes, sizeof half);
  return f16_to_f32(half);
}

// A scale too large for f16 becomes the largest one, so that what is read back is finite.
inline float saturated(float scale) { return std::clamp(scale, -kMaxF16, kMaxF16); }

inline void store_f16(float scale, uint8_t* bytes) {
  const uint16_t half = f32_to_f16(saturated(scale));
  std::memcpy(bytes, &half, sizeof half);
}

// Half away from zero. v + 0.5 alone would round the number just below 0.5 up.
inline int rounded(float v) {
  const int whole = static_cast<int>(v);
  const float rest = v - static_cast<float>(whole);
  return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

using Decode = void (*)(const uint8_t* packed, float* values, int64_t n);
using Encode = void (*)(const float* values, uint8_t* packed, int64_t n);

// blocks_of_32.cpp
void decode_q8_0(const uint8_t* packed, float* values, int64_t n);
void decode_q4_0(const uint8_t* packed, float* values, int64_t n);
void decode_q4_1(const uint8_t* packed, float* values, int64_t n);
void decode_q5_0(const uint8_t* packed, float* values, int64_t n);
void decode_q5_1(const uint8_t* packed, float* values, int64_t n);
void encode_q8_0(const float* values, uint8_t* packed, int64_t n);
void encode_q4_0(const float* values, uint8_t* packed, int64_t n);
void encode_q4_1(const float* values, uint8_t* packed, int64_t n);
void encode_q5_0(const float* values, uint8_t* packed, int64_t n);
void encode_q5_1(const float* values, uint8_t* packed, int64_t n);

// int8_nf4.cpp
void decode_int8(const uint8_t* packed, float* values, int64_t n);
void decode_nf4(const uint8_t* packed, float* values, int64_t n);
void encode_int8(const float* values, uint8_t* packed, int64_t n);
void encode_nf4(const float* values, uint8_t* packed, int64_t n);

// k_layout.cpp
void decode_q4_k(const uint8_t* packed, float* values, int64_t n);
void decode_q5_k(const uint8_t* packed, float* values, int64_t n);
void decode_q6_k(const uint8_t* packed, float* values, int64_t n);

// k_scale_min.cpp, k_scale.cpp
void encode_q4_k(const float* values, uint8_t* packed, int64_t n);
void encode_q5_k(const float* values, uint8_t* packed, int64_t n);
void encode_q6_k(const float* values, uint8_t* packed, int64_t n);
void encode_q4_k_naive(const float* values, uint8_t* packed, int64_t n);
void encode_q5_k_naive(const float* values, uint8_t* packed, int64_t n);
void encode_q6_k_naive(const float* values, uint8_t* packed, int64_t n);

}  // namespace greylag::gpu::quant
