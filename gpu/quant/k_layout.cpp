// SPDX-License-Identifier: Apache-2.0
// How are the bytes of Q4_K, Q5_K and Q6_K blocks read and written? (facts inference 3.4)
// Q4_K and Q5_K: chunk c of 32 bytes holds sub-block 2c in its low and 2c + 1 in its high nibbles.
// Q6_K: two halves of 128; byte l of 32 holds parts of the elements l, l + 32, l + 64, l + 96.
#include "gpu/quant/k_layout.h"

#include "gpu/quant/formats.h"

namespace greylag::gpu::quant {
namespace {

constexpr int kSub = 32;       // elements that share a scale in Q4_K and Q5_K
constexpr int kSubBlocks = 8;  // of these in a block

void pack_scales_mins(const ScaleMinBlock& block, uint8_t* s) {
  for (size_t j = 0; j < 4; ++j) {
    s[j] = static_cast<uint8_t>(block.scale[j] | (block.scale[j + 4] >> 4) << 6);
    s[j + 4] = static_cast<uint8_t>(block.min[j] | (block.min[j + 4] >> 4) << 6);
    s[j + 8] = static_cast<uint8_t>((block.scale[j + 4] & 15) | (block.min[j + 4] & 15) << 4);
  }
}

// kFifths: bit j of fifths[l] is the fifth bit of element l of sub-block j.
template <bool kFifths>
void read_scale_min(const uint8_t* packed, const uint8_t* fifths, const uint8_t* nibbles,
                    float* y) {
  const float d = load_f16(packed), dmin = load_f16(packed + 2);
  for (int j = 0; j < kSubBlocks; ++j, y += kSub) {
    const float scale = d * static_cast<float>(scale_of(packed + 4, j));
    const float min = dmin * static_cast<float>(min_of(packed + 4, j));
    const uint8_t* bytes = nibbles + j / 2 * kSub;
    const int shift = j % 2 * 4;
    for (int l = 0; l < kSub; ++l) {
      int q = (bytes[l] >> shift) & 15;
      if constexpr (kFifths) q |= ((fifths[l] >> j) & 1) << 4;
      y[l] = scale * static_cast<float>(q) - min;
    }
  }
}

void pack_nibbles(const ScaleMinBlock& block, uint8_t* nibbles) {
  for (size_t c = 0; c < kSubBlocks / 2; ++c) {
    for (size_t l = 0; l < kSub; ++l) {
      const int low = block.q[2 * c * kSub + l] & 15, high = block.q[(2 * c + 1) * kSub + l] & 15;
      nibbles[c * kSub + l] = static_cast<uint8_t>(low | high << 4);
    }
  }
}

void pack_header(const ScaleMinBlock& block, uint8_t* packed) {
  store_f16(block.d, packed);
  store_f16(block.dmin, packed + 2);
  pack_scales_mins(block, packed + 4);
}

}  // namespace

void decode_q4_k(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kKBlock; ++block) {
    const uint8_t* bytes = packed + block * kQ4KBytes;
    read_scale_min<false>(bytes, nullptr, bytes + 16, values + block * kKBlock);
  }
}

void decode_q5_k(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kKBlock; ++block) {
    const uint8_t* bytes = packed + block * kQ5KBytes;
    read_scale_min<true>(bytes, bytes + 16, bytes + 48, values + block * kKBlock);
  }
}

void pack_q4_k(const ScaleMinBlock& block, uint8_t* packed) {
  pack_header(block, packed);
  pack_nibbles(block, packed + 16);
}

void pack_q5_k(const ScaleMinBlock& block, uint8_t* packed) {
  pack_header(block, packed);
  for (size_t l = 0; l < kSub; ++l) {
    int bits = 0;
    for (size_t j = 0; j < kSubBlocks; ++j) bits |= (block.q[j * kSub + l] >> 4) << j;
    packed[16 + l] = static_cast<uint8_t>(bits);
  }
  pack_nibbles(block, packed + 48);
}

void decode_q6_k(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kKBlock; ++block, packed += kQ6KBytes) {
    const float d = load_f16(packed + 208);
    for (int half = 0; half < 2; ++half, values += 128) {
      const uint8_t* low = packed + half * 64;
      const uint8_t* high = packed + 128 + half * 32;
      const auto* scales = reinterpret_cast<const int8_t*>(packed + 192 + half * 8);
      // Quarter k: elements 32 k + l, from nibble k / 2 of byte l or l + 32 and bits 2k of high[l].
      for (int k = 0; k < 4; ++k) {
        const uint8_t* nibbles = low + k % 2 * 32;
        for (int part = 0; part < 2; ++part) {
          const float scale = d * static_cast<float>(scales[2 * k + part]);
          for (int l = 16 * part; l < 16 * part + 16; ++l) {
            const int q = ((nibbles[l] >> (k / 2 * 4)) & 15) | ((high[l] >> (2 * k)) & 3) << 4;
            values[32 * k + l] = scale * static_cast<float>(q - 32);
          }
        }
      }
    }
  }
}

void pack_q6_k(const ScaleBlock& block, uint8_t* packed) {
  for (size_t half = 0; half < 2; ++half) {
    const uint8_t* q = block.q.data() + 128 * half;
    for (size_t l = 0; l < 32; ++l) {
      const int a = q[l], b = q[l + 32], c = q[l + 64], d = q[l + 96];
      packed[64 * half + l] = static_cast<uint8_t>((a & 15) | (c & 15) << 4);
      packed[64 * half + 32 + l] = static_cast<uint8_t>((b & 15) | (d & 15) << 4);
      packed[128 + 32 * half + l] =
          static_cast<uint8_t>(a >> 4 | (b >> 4) << 2 | (c >> 4) << 4 | (d >> 4) << 6);
    }
  }
  for (size_t j = 0; j < 16; ++j) packed[192 + j] = static_cast<uint8_t>(block.scale[j]);
  store_f16(block.d, packed + 208);
}

}  // namespace greylag::gpu::quant
