// SPDX-License-Identifier: Apache-2.0
// The layouts are those of quant.h.
#include "gpu/quant/raw_quants.h"

#include "gpu/cpu/check.h"
#include "gpu/quant/k_layout.h"

namespace greylag::gpu {
namespace {

constexpr int kStretch = 32;

// Byte j holds elements j (low nibble) and j + 16 (high).
void half_nibbles(const uint8_t* bytes, uint8_t* q) {
  for (int j = 0; j < kStretch / 2; ++j) {
    q[j] = bytes[j] & 15;
    q[j + kStretch / 2] = static_cast<uint8_t>(bytes[j] >> 4);
  }
}

// Bit e of the four bytes is the fifth bit of element e.
void add_fifths(const uint8_t* fifths, uint8_t* q) {
  for (int e = 0; e < kStretch; ++e) {
    q[e] = static_cast<uint8_t>(q[e] | ((fifths[e / 8] >> (e % 8)) & 1) << 4);
  }
}

void signed_bytes(const uint8_t* bytes, int64_t n, uint8_t* q) {
  for (int64_t i = 0; i < kStretch; ++i) q[i] = i < n ? static_cast<uint8_t>(bytes[i] ^ 128) : 128;
}

// Sub-block j of Q4_K or Q5_K (fifths may be null).
void sub_block(const uint8_t* nibbles, const uint8_t* fifths, int j, uint8_t* q) {
  const uint8_t* bytes = nibbles + j / 2 * kStretch;
  for (int l = 0; l < kStretch; ++l) {
    q[l] = static_cast<uint8_t>((bytes[l] >> (j % 2 * 4)) & 15);
    if (fifths != nullptr) q[l] = static_cast<uint8_t>(q[l] | ((fifths[l] >> j) & 1) << 4);
  }
}

// Quarter k of half h of Q6_K.
void quarter(const uint8_t* block, int h, int k, uint8_t* q) {
  const uint8_t* nibbles = block + h * 64 + k % 2 * 32;
  const uint8_t* high = block + 128 + h * 32;
  for (int l = 0; l < kStretch; ++l) {
    q[l] =
        static_cast<uint8_t>(((nibbles[l] >> (k / 2 * 4)) & 15) | ((high[l] >> (2 * k)) & 3) << 4);
  }
}

}  // namespace

void raw_quants(DType dtype, const uint8_t* row, int64_t n, int64_t stretch, uint8_t q[32]) {
  const int64_t block = stretch / 8;  // of a K format
  const int j = static_cast<int>(stretch % 8);
  switch (dtype) {
    case DType::Q8_0:
      return signed_bytes(row + stretch * 34 + 2, kStretch, q);
    case DType::Int8Row:
      return signed_bytes(row + 4 + stretch * kStretch, n - stretch * kStretch, q);
    case DType::Q4_0:
      return half_nibbles(row + stretch * 18 + 2, q);
    case DType::Q4_1:
      return half_nibbles(row + stretch * 20 + 4, q);
    case DType::Q5_0:
      half_nibbles(row + stretch * 22 + 6, q);
      return add_fifths(row + stretch * 22 + 2, q);
    case DType::Q5_1:
      half_nibbles(row + stretch * 24 + 8, q);
      return add_fifths(row + stretch * 24 + 4, q);
    case DType::Q4_K:
      return sub_block(row + block * quant::kQ4KBytes + 16, nullptr, j, q);
    case DType::Q5_K:
      return sub_block(row + block * quant::kQ5KBytes + 48, row + block * quant::kQ5KBytes + 16, j,
                       q);
    case DType::Q6_K:
      return quarter(row + block * quant::kQ6KBytes, j / 4, j % 4, q);
    default:
      check(false, "raw_quants: a block format with stretches of 32");
  }
}

}  // namespace greylag::gpu
