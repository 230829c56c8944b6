// SPDX-License-Identifier: Apache-2.0
// How are values packed with one scale a row (int8), and as quantiles of the normal distribution
// (NF4)? NF4 is near-optimal for normal weights; its levels are those of QLoRA, arXiv 2305.14314,
// appendix E. Here a level belongs to the rounded absmax, which is the one that readers see.
#include <array>
#include <cmath>

#include "gpu/quant/formats.h"
#include "gpu/quant/raw_quants.h"

namespace greylag::gpu::quant {
namespace {

constexpr int kNf4Block = 64;
constexpr int kNf4Half = kNf4Block / 2;
constexpr int kNf4Zero = 7;  // the level 0.0
float largest_magnitude(const float* x, int64_t n) {
  float largest = 0.0f;
  for (int64_t i = 0; i < n; ++i) largest = std::max(largest, std::abs(x[i]));
  return largest;
}

// The number of middles between neighbouring levels that v is above.
int nearest_level(float v) {
  int level = 0;
  for (size_t k = 0; k + 1 < kNf4Levels.size(); ++k) {
    level += v > 0.5f * (kNf4Levels[k] + kNf4Levels[k + 1]) ? 1 : 0;
  }
  return level;
}

}  // namespace

void decode_int8(const uint8_t* packed, float* values, int64_t n) {
  float scale = 0.0f;
  std::memcpy(&scale, packed, sizeof scale);
  const auto* q = reinterpret_cast<const int8_t*>(packed + sizeof scale);
  for (int64_t i = 0; i < n; ++i) values[i] = scale * static_cast<float>(q[i]);
}

// scale = (largest magnitude) / 127, q = round(x / scale)
void encode_int8(const float* values, uint8_t* packed, int64_t n) {
  float scale = largest_magnitude(values, n) / 127.0f;
  // The largest f32 / 127 rounds up, and times 127 would be infinite.
  if (std::isinf(scale * 127.0f)) scale = std::nextafter(scale, 0.0f);
  std::memcpy(packed, &scale, sizeof scale);
  const float divisor = scale == 0.0f ? 1.0f : scale;
  for (int64_t i = 0; i < n; ++i) {
    const float level = std::clamp(values[i] / divisor, -127.0f, 127.0f);
    packed[sizeof scale + static_cast<size_t>(i)] =
        static_cast<uint8_t>(static_cast<int8_t>(rounded(level)));
  }
}

void decode_nf4(const uint8_t* packed, float* values, int64_t n) {
  for (int64_t block = 0; block < n / kNf4Block; ++block, packed += 34, values += kNf4Block) {
    const float absmax = load_f16(packed);
    std::array<float, 16> scaled;
    for (size_t k = 0; k < scaled.size(); ++k) scaled[k] = absmax * kNf4Levels[k];
    for (int j = 0; j < kNf4Half; ++j) {
      values[j] = scaled[packed[2 + j] & 15];
      values[j + kNf4Half] = scaled[packed[2 + j] >> 4];
    }
  }
}

// absmax in f16, q = the level nearest to x / absmax
void encode_nf4(const float* values, uint8_t* packed, int64_t n) {
  for (int64_t block = 0; block < n / kNf4Block; ++block, packed += 34, values += kNf4Block) {
    store_f16(largest_magnitude(values, kNf4Block), packed);
    const float absmax = load_f16(packed);
    int level[kNf4Block];
    for (int i = 0; i < kNf4Block; ++i) {
      level[i] = absmax == 0.0f ? kNf4Zero : nearest_level(values[i] / absmax);
    }
    for (int j = 0; j < kNf4Half; ++j) {
      packed[2 + j] = static_cast<uint8_t>(level[j] | level[j + kNf4Half] << 4);
    }
  }
}

}  // namespace greylag::gpu::quant
