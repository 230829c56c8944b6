// SPDX-License-Identifier: Apache-2.0
// How do one f16 or bf16 and an f32 turn into each other? Widening is exact; narrowing rounds to
// nearest even, overflows to infinity and keeps NaN a NaN. Branch-light, so that loops vectorise.
#pragma once

#include <bit>
#include <cstdint>

namespace greylag::gpu {

inline float bf16_to_f32(uint16_t h) {
  return std::bit_cast<float>(static_cast<uint32_t>(h) << 16);
}

inline uint16_t f32_to_bf16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) {  // NaN: cut the payload, but never down to infinity
    const uint32_t high = bits >> 16;
    return static_cast<uint16_t>((high & 0x7fu) != 0 ? high : high | 0x40u);
  }
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

inline float f16_to_f32(uint16_t h) {
  constexpr uint32_t kRebias = (127u - 15u) << 23;
  constexpr float kSubnormalUnit = 0x1p-24f;
  const uint32_t sign = static_cast<uint32_t>(h & 0x8000u) << 16;
  const uint32_t magnitude = h & 0x7fffu;
  const uint32_t normal = (magnitude << 13) + kRebias;
  const uint32_t special = (magnitude << 13) | 0x7f800000u;
  const uint32_t subnormal =
      std::bit_cast<uint32_t>(static_cast<float>(static_cast<int32_t>(magnitude)) * kSubnormalUnit);
  const uint32_t finite = magnitude < 0x400u ? subnormal : normal;
  return std::bit_cast<float>(sign | (magnitude >= 0x7c00u ? special : finite));
}

inline uint16_t f32_to_f16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  uint32_t result = 0;
  if (magnitude > 0x7f800000u) {  // NaN
    const uint32_t payload = (magnitude >> 13) & 0x3ffu;
    result = 0x7c00u | (payload != 0 ? payload : 0x200u);
  } else if (magnitude >= 0x477ff000u) {  // 65520 and above round to infinity
    result = 0x7c00u;
  } else if (magnitude < 0x38800000u) {  // below 2^-14: one ulp of 0.5f is the subnormal unit 2^-24
    result = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  } else {
    result = (magnitude + 0xfffu + ((magnitude >> 13) & 1u) - (112u << 23)) >> 13;
  }
  return static_cast<uint16_t>(sign | result);
}

}  // namespace greylag::gpu
