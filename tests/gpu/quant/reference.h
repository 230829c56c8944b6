// SPDX-License-Identifier: Apache-2.0
// What does each element of a packed row mean? One element at a time, in f64, written from the
// description of the formats alone (facts inference 3.4) and not from the code under test.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "gpu/quant/quant.h"
#include "tests/gpu/support.h"

namespace greylag::gpu::test {

inline constexpr std::array kBlockFormats{DType::Q8_0,    DType::Q4_0, DType::Q4_1, DType::Q5_0,
                                          DType::Q5_1,    DType::Q4_K, DType::Q5_K, DType::Q6_K,
                                          DType::Int8Row, DType::NF4};
inline constexpr std::array kKFormats{DType::Q4_K, DType::Q5_K, DType::Q6_K};

// Elements and bytes of a block, and where its f16 numbers lie (-1: none).
struct BlockFacts {
  size_t elements, bytes;
  int first_f16, second_f16;
};

inline BlockFacts block_facts(DType dtype) {
  switch (dtype) {
    case DType::Q8_0:
      return {32, 34, 0, -1};
    case DType::Q4_0:
      return {32, 18, 0, -1};
    case DType::Q4_1:
      return {32, 20, 0, 2};
    case DType::Q5_0:
      return {32, 22, 0, -1};
    case DType::Q5_1:
      return {32, 24, 0, 2};
    case DType::Q4_K:
      return {256, 144, 0, 2};
    case DType::Q5_K:
      return {256, 176, 0, 2};
    case DType::Q6_K:
      return {256, 210, 208, -1};
    case DType::NF4:
      return {64, 34, 0, -1};
    default:
      return {0, 0, -1, -1};
  }
}

inline double f16_at(const uint8_t* bytes) {
  const int bits = bytes[0] | bytes[1] << 8;
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (bits & 0x8000) != 0 ? -magnitude : magnitude;
}

inline double nf4_level(int index) {
  constexpr double kLevels[16] = {-1.0,
                                  -0.6961928009986877,
                                  -0.5250730514526367,
                                  -0.39491748809814453,
                                  -0.28444138169288635,
                                  -0.18477343022833252,
                                  -0.09105003625154495,
                                  0.0,
                                  0.07958029955625534,
                                  0.16093020141124725,
                                  0.24611230194568634,
                                  0.33791524171829224,
                                  0.44070982933044434,
                                  0.5626170039176941,
                                  0.7229568362236023,
                                  1.0};
  return static_cast<double>(static_cast<float>(kLevels[index]));
}

// Nibble of element e of 32: low ones first.
inline int nibble_of_32(const uint8_t* bytes, size_t e) {
  return e < 16 ? bytes[e] & 15 : bytes[e - 16] >> 4;
}

inline int signed_byte(uint8_t byte) { return byte < 128 ? byte : byte - 256; }

// y of element e of a Q4_K (fifth_bits null) or Q5_K block.
inline double scale_min_value(const uint8_t* block, const uint8_t* fifth_bits,
                              const uint8_t* nibbles, size_t e) {
  const size_t j = e / 32, l = e % 32;
  const uint8_t* s = block + 4;
  int scale = 0, min = 0;
  if (j < 4) {
    scale = s[j] & 63;
    min = s[j + 4] & 63;
  } else {
    scale = (s[j + 4] & 15) | ((s[j - 4] >> 6) << 4);
    min = (s[j + 4] >> 4) | ((s[j] >> 6) << 4);
  }
  const uint8_t byte = nibbles[j / 2 * 32 + l];
  int q = j % 2 == 0 ? byte & 15 : byte >> 4;
  if (fifth_bits != nullptr && (fifth_bits[l] & (1 << j)) != 0) q += 16;
  return f16_at(block) * scale * q - f16_at(block + 2) * min;
}

inline double q6_k_value(const uint8_t* block, size_t e) {
  const size_t half = e / 128, quarter = e % 128 / 32, l = e % 32;
  const uint8_t* low = block + 64 * half;
  const uint8_t* high = block + 128 + 32 * half;
  const uint8_t* scales = block + 192 + 8 * half;
  int q = 0;
  if (quarter == 0) q = low[l] & 15;
  if (quarter == 1) q = low[l + 32] & 15;
  if (quarter == 2) q = low[l] >> 4;
  if (quarter == 3) q = low[l + 32] >> 4;
  q += 16 * (high[l] >> (2 * quarter) & 3);
  return f16_at(block + 208) * signed_byte(scales[l / 16 + 2 * quarter]) * (q - 32);
}

// Element i of a packed row.
inline double defined_value(DType dtype, const uint8_t* row, size_t i) {
  if (dtype == DType::Int8Row) {
    float scale = 0.0f;
    std::memcpy(&scale, row, 4);
    return static_cast<double>(scale) * signed_byte(row[4 + i]);
  }
  const BlockFacts facts = block_facts(dtype);
  const uint8_t* b = row + i / facts.elements * facts.bytes;
  const size_t e = i % facts.elements;
  const auto fifth = [e](const uint8_t* bits) { return 16 * (bits[e / 8] >> (e % 8) & 1); };
  switch (dtype) {
    case DType::Q8_0:
      return f16_at(b) * signed_byte(b[2 + e]);
    case DType::Q4_0:
      return f16_at(b) * (nibble_of_32(b + 2, e) - 8);
    case DType::Q4_1:
      return f16_at(b) * nibble_of_32(b + 4, e) + f16_at(b + 2);
    case DType::Q5_0:
      return f16_at(b) * (nibble_of_32(b + 6, e) + fifth(b + 2) - 16);
    case DType::Q5_1:
      return f16_at(b) * (nibble_of_32(b + 8, e) + fifth(b + 4)) + f16_at(b + 2);
    case DType::Q4_K:
      return scale_min_value(b, nullptr, b + 16, e);
    case DType::Q5_K:
      return scale_min_value(b, b + 16, b + 48, e);
    case DType::Q6_K:
      return q6_k_value(b, e);
    case DType::NF4:
      return f16_at(b) * nf4_level(e < 32 ? b[2 + e] & 15 : b[2 + e - 32] >> 4);
    default:
      return std::nan("");
  }
}

inline std::vector<uint8_t> encoded(DType dtype, const std::vector<float>& values) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<uint8_t> packed(row_bytes(dtype, n));
  encode_row(dtype, values.data(), packed.data(), n);
  return packed;
}

inline std::vector<float> decoded(DType dtype, const std::vector<uint8_t>& packed, size_t n) {
  std::vector<float> values(n);
  decode_row(dtype, packed.data(), values.data(), static_cast<int64_t>(n));
  return values;
}

inline std::vector<float> through(DType dtype, const std::vector<float>& values) {
  return decoded(dtype, encoded(dtype, values), values.size());
}

// Near to normal, standard deviation 1, and exact in f32: the same on every machine.
inline std::vector<float> bell(size_t n, uint64_t seed) {
  const std::vector<float> parts = uniform(12 * n, seed, -0.5f, 0.5f);
  std::vector<float> values(n);
  for (size_t i = 0; i < 12 * n; ++i) values[i / 12] += parts[i];
  return values;
}

}  // namespace greylag::gpu::test
