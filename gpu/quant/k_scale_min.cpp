// SPDX-License-Identifier: Apache-2.0
// How are the scales and mins of a Q4_K or Q5_K block chosen? y = d scale q - dmin min. First for
// each sub-block of 32 the real scale and min of least weighted squared error, over a row of steps;
// d and dmin from the largest of these; then whole scales and mins around them with the error as it
// will be read; then d and dmin again by least squares with the quants fixed, while it helps.
#include "gpu/quant/k_lanes.h"

namespace greylag::gpu::quant {
namespace {

constexpr int kLanes = 8;
constexpr float kMostWhole = 63.0f;  // scales and mins have six bits
// Scales are tried that spread the range over 13, 13.5, ..., 21 steps (Q5_K: 29 to 37): beyond 15
// the largest values are cut, for a finer grid. Twice as many steps, or a wider search for the
// whole numbers, lower the error by less than 0.3 % (measured on a million normal values).
constexpr int kSteps = 17;
constexpr float kFirstStep = -2.0f, kStepSize = 0.5f;
constexpr int kRepeats = 2;
constexpr int kFarScale = 2, kFarMin = 1;
constexpr int kRefits = 2, kNear = 1;
using Block = LaneBlock<kLanes>;
using Row = Lanes<kLanes>;

// Of each lane, weighted: with the quants q, sums of q, q^2 and q x.
struct Sums {
  Row q{}, qq{}, qx{};
};
// Of each lane, whatever the quants: sums of the weights, and of x and x^2.
struct Moments {
  Row one{}, x{}, xx{}, low{}, high{};
};

struct Real {
  Row scale{}, min{}, error{};  // y = scale q - min
};
struct Choice {
  float d = 0.0f, dmin = 0.0f;
  Row scale{}, min{};  // whole numbers
  Row error{};
  float total = 0.0f;
};

inline float level_of(Levels levels, float x, float min, float inverse) {
  const float v = std::min(std::max((x + min) * inverse, levels.least), levels.most);
  return static_cast<float>(static_cast<int>(v + 0.5f));
}

Moments moments_of(const Block& block) {
  Moments m;
  m.low = m.high = block.x[0];
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) {
      const float x = block.x[l][j], weight = block.weight[l][j];
      m.one[j] += weight;
      m.x[j] += weight * x;
      m.xx[j] += weight * (x * x);
      m.low[j] = std::min(m.low[j], x);
      m.high[j] = std::max(m.high[j], x);
    }
  }
  return m;
}

using Rows = std::array<Row, Block::kDepth>;

Row sum_of_products(const Rows& a, const Rows& b) {
  Row sum{};
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) sum[j] += a[l][j] * b[l][j];
  }
  return sum;
}

Sums sums_of(const Block& block, const Row& scale, const Row& min) {
  const Levels levels = block.levels;
  Row inverse;
  for (size_t j = 0; j < kLanes; ++j) inverse[j] = inverse_or_zero(scale[j]);
  // Loops so simple that GCC 12 turns each into vector instructions.
  Rows q, weighted;
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) {
      q[l][j] = level_of(levels, block.x[l][j], min[j], inverse[j]);
      weighted[l][j] = block.weight[l][j] * q[l][j];
    }
  }
  return {sum_of_products(block.weight, q), sum_of_products(weighted, q),
          sum_of_products(weighted, block.x)};
}

// Of each lane: sum of weight (scale q - min - x)^2
Row error_of(const Block& block, const Row& scale, const Row& min) {
  const Levels levels = block.levels;
  Row inverse, error{};
  for (size_t j = 0; j < kLanes; ++j) inverse[j] = inverse_or_zero(scale[j]);
  for (size_t l = 0; l < Block::kDepth; ++l) {
    for (size_t j = 0; j < kLanes; ++j) {
      const float x = block.x[l][j];
      const float off = scale[j] * level_of(levels, x, min[j], inverse[j]) - min[j] - x;
      error[j] += block.weight[l][j] * (off * off);
    }
  }
  return error;
}

// Least squares with the quants fixed: the scale and the min >= 0 of each lane, and the error.
Real fitted(const Moments& m, const Sums& sums) {
  Real fit;
  for (size_t j = 0; j < kLanes; ++j) {
    const float determinant = m.one[j] * sums.qq[j] - sums.q[j] * sums.q[j];
    const bool is_line = determinant > 1e-6f * (m.one[j] * sums.qq[j]);
    const float free_min = (m.x[j] * sums.qq[j] - sums.q[j] * sums.qx[j]) / -determinant;
    const float min = is_line ? std::max(free_min, 0.0f) : std::max(0.0f, -m.low[j]);
    const float scale = sums.qq[j] > 0.0f ? (sums.qx[j] + min * sums.q[j]) / sums.qq[j] : 0.0f;
    fit.scale[j] = std::max(scale, 0.0f);
    fit.min[j] = min;
    // of sum w (s q - m - x)^2
    fit.error[j] =
        m.xx[j] + min * (min * m.one[j] + 2.0f * m.x[j]) +
        fit.scale[j] * (fit.scale[j] * sums.qq[j] - 2.0f * (sums.qx[j] + min * sums.q[j]));
  }
  return fit;
}

void keep_better(const Real& candidate, Real& best) {
  for (size_t j = 0; j < kLanes; ++j) {
    const bool is_better = candidate.error[j] < best.error[j];
    best.scale[j] = is_better ? candidate.scale[j] : best.scale[j];
    best.min[j] = is_better ? candidate.min[j] : best.min[j];
    best.error[j] = is_better ? candidate.error[j] : best.error[j];
  }
}

Real plain(const Block& block, const Moments& m) {
  Real real;
  for (size_t j = 0; j < kLanes; ++j) {
    real.min[j] = std::max(0.0f, -m.low[j]);
    real.scale[j] = std::max(0.0f, m.high[j] + real.min[j]) / block.levels.most;
  }
  return real;
}

Real best_real(const Block& block, const Moments& m) {
  const Real start = plain(block, m);
  Real best = start;
  best.error = error_of(block, start.scale, start.min);
  for (int i = 0; i < kSteps; ++i) {
    const float step = kFirstStep + static_cast<float>(i) * kStepSize;
    Row scale;
    for (size_t j = 0; j < kLanes; ++j) {
      scale[j] = start.scale[j] * (block.levels.most / (block.levels.most + step));
    }
    keep_better(fitted(m, sums_of(block, scale, start.min)), best);
  }
  for (int i = 0; i < kRepeats; ++i) {
    keep_better(fitted(m, sums_of(block, best.scale, best.min)), best);
  }
  return best;
}

inline float whole(float v) {
  return static_cast<float>(static_cast<int>(std::clamp(v, 0.0f, kMostWhole) + 0.5f));
}

Choice whole_choice(const Block& block, const Real& real) {
  float most_scale = 0.0f, most_min = 0.0f;
  for (size_t j = 0; j < kLanes; ++j) {
    most_scale = std::max(most_scale, real.scale[j]);
    most_min = std::max(most_min, real.min[j]);
  }
  Choice choice;
  choice.d = block.as_f16(most_scale / kMostWhole);
  choice.dmin = block.as_f16(most_min / kMostWhole);
  const float inverse = inverse_or_zero(choice.d), inverse_min = inverse_or_zero(choice.dmin);
  for (size_t j = 0; j < kLanes; ++j) {
    choice.scale[j] = whole(real.scale[j] * inverse);
    choice.min[j] = whole(real.min[j] * inverse_min);
  }
  return choice;
}

void try_whole(const Block& block, const Row& scale, const Row& min, Choice& best) {
  Row s, m;
  for (size_t j = 0; j < kLanes; ++j) {
    s[j] = best.d * scale[j];
    m[j] = best.dmin * min[j];
  }
  const Row error = error_of(block, s, m);
  for (size_t j = 0; j < kLanes; ++j) {
    const bool is_better = error[j] < best.error[j];
    best.scale[j] = is_better ? scale[j] : best.scale[j];
    best.min[j] = is_better ? min[j] : best.min[j];
    best.error[j] = is_better ? error[j] : best.error[j];
  }
}

// All whole scales and mins within these distances of those of `best`.
void search(const Block& block, int scale_reach, int min_reach, Choice& best) {
  const Row scale = best.scale, min = best.min;
  best.error.fill(std::numeric_limits<float>::infinity());
  for (int a = -scale_reach; a <= scale_reach; ++a) {
    for (int b = -min_reach; b <= min_reach; ++b) {
      Row near_scale, near_min;
      for (size_t j = 0; j < kLanes; ++j) {
        near_scale[j] = std::clamp(scale[j] + static_cast<float>(a), 0.0f, kMostWhole);
        near_min[j] = std::clamp(min[j] + static_cast<float>(b), 0.0f, kMostWhole);
      }
      try_whole(block, near_scale, near_min, best);
    }
  }
  best.total = 0.0f;
  for (const float error : best.error) best.total += error;
}

// d and dmin of the least error with the quants of `choice`; unchanged where there is no such pair.
void refit(const Block& block, const Moments& moments, Choice& choice) {
  Row s, m;
  for (size_t j = 0; j < kLanes; ++j) {
    s[j] = choice.d * choice.scale[j];
    m[j] = choice.dmin * choice.min[j];
  }
  const Sums sums = sums_of(block, s, m);
  // Normal equations of x = d (scale q) - dmin min.
  float uu = 0.0f, uv = 0.0f, vv = 0.0f, ux = 0.0f, vx = 0.0f;
  for (size_t j = 0; j < kLanes; ++j) {
    uu += choice.scale[j] * choice.scale[j] * sums.qq[j];
    uv -= choice.scale[j] * choice.min[j] * sums.q[j];
    vv += choice.min[j] * choice.min[j] * moments.one[j];
    ux += choice.scale[j] * sums.qx[j];
    vx -= choice.min[j] * moments.x[j];
  }
  const float determinant = uu * vv - uv * uv;
  if (determinant > 1e-6f * (uu * vv)) {
    choice.d = block.as_f16((ux * vv - vx * uv) / determinant);
    choice.dmin = block.as_f16((vx * uu - ux * uv) / determinant);
  } else if (uu > 0.0f) {
    choice.d = block.as_f16((ux - choice.dmin * uv) / uu);
  }
}

ScaleMinBlock numbers_of(const Block& block, const Choice& choice, float sign) {
  const Levels levels = block.levels;
  ScaleMinBlock out;
  out.d = sign * (choice.d * block.unit);
  out.dmin = sign * (choice.dmin * block.unit);
  for (size_t j = 0; j < kLanes; ++j) {
    out.scale[j] = static_cast<uint8_t>(choice.scale[j]);
    out.min[j] = static_cast<uint8_t>(choice.min[j]);
    const float inverse = inverse_or_zero(choice.d * choice.scale[j]);
    for (size_t l = 0; l < Block::kDepth; ++l) {
      out.q[j * Block::kDepth + l] = static_cast<uint8_t>(
          level_of(levels, block.x[l][j], choice.dmin * choice.min[j], inverse));
    }
  }
  return out;
}

// dmin min cannot be above 0 where d is: a sub-block all above 0 spends levels on what is below it.
// True where it costs less to pack -x, with d and dmin negative: one below 0 has the trouble then.
bool is_better_negated(const Moments& m) {
  float above = 0.0f, below = 0.0f;
  for (size_t j = 0; j < kLanes; ++j) {
    above = std::max(above, m.low[j]);
    below = std::max(below, -m.high[j]);
  }
  return above > below;
}

Choice plain_choice(const Block& block, const Moments& moments) {
  return whole_choice(block, plain(block, moments));
}

Choice searched_choice(const Block& block, const Moments& moments) {
  Choice best = whole_choice(block, best_real(block, moments));
  search(block, kFarScale, kFarMin, best);
  for (int round = 0; round < kRefits; ++round) {
    Choice next = best;
    refit(block, moments, next);
    search(block, kNear, kNear, next);
    if (next.total >= best.total) break;
    best = next;
  }
  return best;
}

using Choose = Choice (*)(const Block& block, const Moments& moments);

ScaleMinBlock encoded(const float* values, float top, Choose choose) {
  Block block({0.0f, top});
  if (!block.load(values)) return {};
  Moments moments = moments_of(block);
  if (!is_better_negated(moments)) return numbers_of(block, choose(block, moments), 1.0f);
  for (Row& row : block.x) {
    for (float& x : row) x = -x;
  }
  moments = moments_of(block);
  return numbers_of(block, choose(block, moments), -1.0f);
}

void encode_4(const float* values, uint8_t* packed, int64_t n, Choose choose) {
  for (int64_t i = 0; i < n / kKBlock; ++i) {
    pack_q4_k(encoded(values + i * kKBlock, 15.0f, choose), packed + i * kQ4KBytes);
  }
}

void encode_5(const float* values, uint8_t* packed, int64_t n, Choose choose) {
  for (int64_t i = 0; i < n / kKBlock; ++i) {
    pack_q5_k(encoded(values + i * kKBlock, 31.0f, choose), packed + i * kQ5KBytes);
  }
}

}  // namespace

void encode_q4_k(const float* values, uint8_t* packed, int64_t n) {
  encode_4(values, packed, n, searched_choice);
}
void encode_q5_k(const float* values, uint8_t* packed, int64_t n) {
  encode_5(values, packed, n, searched_choice);
}
void encode_q4_k_naive(const float* values, uint8_t* packed, int64_t n) {
  encode_4(values, packed, n, plain_choice);
}
void encode_q5_k_naive(const float* values, uint8_t* packed, int64_t n) {
  encode_5(values, packed, n, plain_choice);
}

}  // namespace greylag::gpu::quant
