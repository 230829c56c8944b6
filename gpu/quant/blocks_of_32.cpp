// SPDX-License-Identifier: Apache-2.0
// How are 32 values packed into Q8_0, Q4_0, Q4_1, Q5_0 and Q5_1? By the rules of facts
// inference 3.4, those of ggml. The quants are chosen with the f32 scale, before it is rounded to
// f16.
#include <array>
#include <cmath>

#include "gpu/quant/formats.h"

namespace greylag::gpu::quant {
namespace {

constexpr int kBlock = 32;
constexpr int kHalf = kBlock / 2;

struct Extremes {
  float low, high;
  float largest;  // the first value of the largest magnitude, with its sign
};

Extremes extremes_of(const float* x) {
  Extremes e{x[0], x[0], x[0]};
  for (int i = 1; i < kBlock; ++i) {
    e.low = std::min(e.low, x[i]);
    e.high = std::max(e.high, x[i]);
    if (std::abs(x[i]) > std::abs(e.largest)) e.largest = x[i];
  }
  return e;
}

// n = trunc((x - low) / d + shift), from 0 to top; a d of 0 gives the n of x = low.
void quantise(const float* x, float d, float low, float shift, int top, uint8_t* n) {
  const float divisor = d == 0.0f ? 1.0f : d;
  for (int i = 0; i < kBlock; ++i) {
    const float offset = d == 0.0f ? 0.0f : x[i] - low;
    const float level = std::max(0.0f, offset / divisor + shift);
    n[i] = static_cast<uint8_t>(static_cast<int>(std::min(level, static_cast<float>(top))));
  }
}

void pack_nibbles(const uint8_t* n, uint8_t* bytes) {
  for (int j = 0; j < kHalf; ++j) {
    bytes[j] = static_cast<uint8_t>((n[j] & 15) | (n[j + kHalf] & 15) << 4);
  }
}

void pack_fifth_bits(const uint8_t* n, uint8_t* bytes) {
  uint32_t high = 0;
  for (int i = 0; i < kBlock; ++i) high |= static_cast<uint32_t>(n[i] >> 4) << i;
  for (int k = 0; k < 4; ++k) bytes[k] = static_cast<uint8_t>(high >> (8 * k));
}

// y = d (q - 8), or d q + m
template <bool kHasMin>
void read_nibbles(const uint8_t* bytes, float d, float m, float* y) {
  for (int j = 0; j < kHalf; ++j) {
    const int low = bytes[j] & 15, high = bytes[j] >> 4;
    y[j] = kHasMin ? d * static_cast<float>(low) + m : d * static_cast<float>(low - 8);
    y[j + kHalf] = kHasMin ? d * static_cast<float>(high) + m : d * static_cast<float>(high - 8);
  }
}

// y = d (q - 16), or d q + m; the fifth bit of element e is bit e of `fifths`.
template <bool kHasMin>
void read_five_bits(const uint8_t* fifths, const uint8_t* bytes, float d, float m, float* y) {
  std::array<uint8_t, kBlock> q;
  for (size_t j = 0; j < kHalf; ++j) {
    q[j] = bytes[j] & 15;
    q[j + kHalf] = static_cast<uint8_t>(bytes[j] >> 4);
  }
  for (size_t k = 0; k < kBlock; ++k) {
    q[k] = static_cast<uint8_t>(q[k] | ((fifths[k / 8] >> (k % 8)) & 1) << 4);
  }
  for (size_t i = 0; i < kBlock; ++i) {
    y[i] = kHasMin ? d * static_cast<float>(q[i]) + m : d * static_cast<float>(q[i] - 16);
  }
}

}  // namespace

void decode_q8_0(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 34, values += kBlock) {
    const float d = load_f16(packed);
    const auto* q = reinterpret_cast<const int8_t*>(packed + 2);
    for (int i = 0; i < kBlock; ++i) values[i] = d * static_cast<float>(q[i]);
  }
}

void decode_q4_0(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 18, values += kBlock) {
    read_nibbles<false>(packed + 2, load_f16(packed), 0.0f, values);
  }
}

void decode_q4_1(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 20, values += kBlock) {
    read_nibbles<true>(packed + 4, load_f16(packed), load_f16(packed + 2), values);
  }
}

void decode_q5_0(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 22, values += kBlock) {
    read_five_bits<false>(packed + 2, packed + 6, load_f16(packed), 0.0f, values);
  }
}

void decode_q5_1(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 24, values += kBlock) {
    read_five_bits<true>(packed + 4, packed + 8, load_f16(packed), load_f16(packed + 2), values);
  }
}

// d = (largest magnitude) / 127, q = round(x / d)
void encode_q8_0(const float* values, uint8_t* packed, int64_t n) {
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 34, values += kBlock) {
    const float d = saturated(std::abs(extremes_of(values).largest) / 127.0f);
    const float divisor = d == 0.0f ? 1.0f : d;
    store_f16(d, packed);
    for (int i = 0; i < kBlock; ++i) {
      // A subnormal d is so coarse that x / d can pass 127.
      const float level = std::clamp(values[i] / divisor, -127.0f, 127.0f);
      packed[2 + i] = static_cast<uint8_t>(static_cast<int8_t>(rounded(level)));
    }
  }
}

// d = (signed value of the largest magnitude) / -8, n = min(15, trunc(x / d + 8.5))
void encode_q4_0(const float* values, uint8_t* packed, int64_t n) {
  uint8_t q[kBlock];
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 18, values += kBlock) {
    const float d = saturated(extremes_of(values).largest / -8.0f);
    quantise(values, d, 0.0f, 8.5f, 15, q);
    store_f16(d, packed);
    pack_nibbles(q, packed + 2);
  }
}

// d = (max - min) / 15, m = min, n = min(15, trunc((x - m) / d + 0.5))
void encode_q4_1(const float* values, uint8_t* packed, int64_t n) {
  uint8_t q[kBlock];
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 20, values += kBlock) {
    const Extremes e = extremes_of(values);
    const float d = saturated((e.high - e.low) / 15.0f), m = saturated(e.low);
    quantise(values, d, m, 0.5f, 15, q);
    store_f16(d, packed);
    store_f16(m, packed + 2);
    pack_nibbles(q, packed + 4);
  }
}

// As Q4_0 with -16, 31 and 16.5.
void encode_q5_0(const float* values, uint8_t* packed, int64_t n) {
  uint8_t q[kBlock];
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 22, values += kBlock) {
    const float d = saturated(extremes_of(values).largest / -16.0f);
    quantise(values, d, 0.0f, 16.5f, 31, q);
    store_f16(d, packed);
    pack_fifth_bits(q, packed + 2);
    pack_nibbles(q, packed + 6);
  }
}

// As Q4_1 with 31.
void encode_q5_1(const float* values, uint8_t* packed, int64_t n) {
  uint8_t q[kBlock];
  for (int64_t block = 0; block < n / kBlock; ++block, packed += 24, values += kBlock) {
    const Extremes e = extremes_of(values);
    const float d = saturated((e.high - e.low) / 31.0f), m = saturated(e.low);
    quantise(values, d, m, 0.5f, 31, q);
    store_f16(d, packed);
    store_f16(m, packed + 2);
    pack_fifth_bits(q, packed + 4);
    pack_nibbles(q, packed + 8);
  }
}

}  // namespace greylag::gpu::quant
