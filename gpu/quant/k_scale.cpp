// SPDX-License-Identifier: Apache-2.0
// How are the scales of a Q6_K block chosen? y = d scale (q - 32): d first, then for each sub-block
// of 16 the whole number `scale` near the plain one that leaves the least weighted squared error;
// then d again by least squares with the quants fixed, while it helps.
#include "gpu/quant/k_lanes.h"

namespace greylag::gpu::quant {
namespace {

constexpr int kLanes = 16;
// The plain scale leaves no value outside the levels, so larger ones are more often better than
// smaller ones. It starts at 110 of 127 to have room for them. Half as many steps again lower the
// error by less than 0.3 % (measured on a million normal values).
constexpr float kMostScale = 128.0f;  // -128 is one
constexpr float kStart = 110.0f;
constexpr int kSmaller = 2, kLarger = 16;
constexpr int kRefits = 2, kNear = 2;
using Block = LaneBlock<kLanes>;
using Row = Lanes<kLanes>;

struct Choice {
  float d = 0.0f;
  Row scale{};  // whole numbers
  Row error{};
  float total = 0.0f;
};

// q - 32 of x / s; trunc after the shift is the floor, as nothing is below -32.
inline float level_of(Levels levels, float x, float inverse) {
  const float v = std::min(std::max(x * inverse, levels.least), levels.most);
  return static_cast<float>(static_cast<int>(v + 32.5f) - 32);
}

// Of each lane: sum of weight (s level - x)^2
Row error_of(const Block& block, const Row& s) {
  const Levels levels = block.levels;
  Row inverse, error{};
  for (size_t j = 0; j < kLanes; ++j) inverse[j] = inverse_or_zero(s[j]);
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) {
      const float off = s[j] * level_of(levels, block.x[l][j], inverse[j]) - block.x[l][j];
      error[j] += block.weight[l][j] * (off * off);
    }
  }
  return error;
}

void try_scales(const Block& block, const Row& candidate, Choice& best) {
  Row s;
  for (size_t j = 0; j < kLanes; ++j) s[j] = best.d * candidate[j];
  const Row error = error_of(block, s);
  for (size_t j = 0; j < kLanes; ++j) {
    const bool is_better = error[j] < best.error[j];
    best.scale[j] = is_better ? candidate[j] : best.scale[j];
    best.error[j] = is_better ? error[j] : best.error[j];
  }
}

inline float whole(float v) { return static_cast<float>(rounded(std::clamp(v, -128.0f, 127.0f))); }

// All whole scales from `smaller` below to `larger` above the magnitude of those of `best`.
void search(const Block& block, int smaller, int larger, Choice& best) {
  const Row middle = best.scale;
  best.error.fill(std::numeric_limits<float>::infinity());
  for (int step = -smaller; step <= larger; ++step) {
    Row candidate;
    for (size_t j = 0; j < kLanes; ++j) {
      candidate[j] =
          whole(middle[j] + (middle[j] < 0.0f ? -1.0f : 1.0f) * static_cast<float>(step));
    }
    try_scales(block, candidate, best);
  }
  best.total = 0.0f;
  for (const float error : best.error) best.total += error;
}

// d of the least error with the quants of `choice`.
float refitted(const Block& block, const Choice& choice) {
  const Levels levels = block.levels;
  Row inverse, products{}, squares{};
  for (size_t j = 0; j < kLanes; ++j) inverse[j] = inverse_or_zero(choice.d * choice.scale[j]);
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) {
      const float y = choice.scale[j] * level_of(levels, block.x[l][j], inverse[j]);
      products[j] += block.weight[l][j] * (block.x[l][j] * y);
      squares[j] += block.weight[l][j] * (y * y);
    }
  }
  float product = 0.0f, square = 0.0f;
  for (size_t j = 0; j < kLanes; ++j) {
    product += products[j];
    square += squares[j];
  }
  return square > 0.0f ? block.as_f16(product / square) : choice.d;
}

// The value of the largest magnitude of each lane / -32.
Row plain_scales(const Block& block) {
  Row largest{};
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) {
      const float x = block.x[l][j];
      largest[j] = std::abs(x) > std::abs(largest[j]) ? x : largest[j];
    }
  }
  for (float& s : largest) s /= -32.0f;
  return largest;
}

Choice plain_choice(const Block& block, const Row& s, float top) {
  float largest = 0.0f;
  for (const float v : s) largest = std::abs(v) > std::abs(largest) ? v : largest;
  Choice choice;
  choice.d = block.as_f16(largest / -top);
  const float inverse = inverse_or_zero(choice.d);
  for (size_t j = 0; j < kLanes; ++j) choice.scale[j] = whole(s[j] * inverse);
  return choice;
}

void pack(const Block& block, const Choice& choice, uint8_t* packed) {
  const Levels levels = block.levels;
  ScaleBlock out;
  out.d = choice.d * block.unit;
  for (size_t j = 0; j < kLanes; ++j) {
    out.scale[j] = static_cast<int8_t>(choice.scale[j]);
    const float inverse = inverse_or_zero(choice.d * choice.scale[j]);
    for (size_t l = 0; l < Block::kDepth; ++l) {
      out.q[j * Block::kDepth + l] =
          static_cast<uint8_t>(level_of(levels, block.x[l][j], inverse) + 32.0f);
    }
  }
  pack_q6_k(out, packed);
}

}  // namespace

void encode_q6_k(const float* values, uint8_t* packed, int64_t n) {
  for (int64_t i = 0; i < n / kKBlock; ++i, values += kKBlock, packed += kQ6KBytes) {
    Block block({-32.0f, 31.0f});
    if (!block.load(values)) {
      pack_q6_k({}, packed);
      continue;
    }
    Choice best = plain_choice(block, plain_scales(block), kStart);
    search(block, kSmaller, kLarger, best);
    for (int round = 0; round < kRefits; ++round) {
      Choice next = best;
      next.d = refitted(block, best);
      search(block, kNear, kNear, next);
      if (next.total >= best.total) break;
      best = next;
    }
    pack(block, best, packed);
  }
}

void encode_q6_k_naive(const float* values, uint8_t* packed, int64_t n) {
  for (int64_t i = 0; i < n / kKBlock; ++i, values += kKBlock, packed += kQ6KBytes) {
    Block block({-32.0f, 31.0f});
    if (block.load(values)) {
      pack(block, plain_choice(block, plain_scales(block), kMostScale), packed);
    } else {
      pack_q6_k({}, packed);
    }
  }
}

}  // namespace greylag::gpu::quant
