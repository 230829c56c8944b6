// SPDX-License-Identifier: Apache-2.0
// Do all instruction sets that this machine can run compute the same? Each against plain floats,
// one lane at a time.
#include "gpu/cpu/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "gpu/cpu/aligned.h"
#include "gpu/cpu/panels.h"
#include "gpu/quant/raw_quants.h"
#include "tests/gpu/support.h"
#include "tests/gpu/wkv7_arrays.h"

namespace greylag::gpu::test {
namespace {

constexpr DType kFloatFormats[] = {DType::F32, DType::F16, DType::BF16, DType::NF4};
constexpr DType kRoundingFormats[] = {DType::Q8_0, DType::Q4_0, DType::Q4_1,
                                      DType::Q5_0, DType::Q5_1, DType::Q4_K,
                                      DType::Q5_K, DType::Q6_K, DType::Int8Row};

struct Sizes {
  int64_t rows, k, outs;
};

// x rounded for weights of one format.
struct Rounded {
  Rounded(const CpuKernels& kernels, DType format, const Sizes& sizes, const float* x)
      : stretches((sizes.k + kStretch - 1) / kStretch),
        segments((sizes.k + kSegment - 1) / kSegment),
        parts(format == DType::Q6_K ? 2 : 1) {
    const auto count = static_cast<size_t>(sizes.rows * stretches);
    q.resize(count * kStretch);
    d.resize(static_cast<size_t>(sizes.rows * segments));
    sum.resize(count);
    bias.resize(count * static_cast<size_t>(parts));
    for (int64_t m = 0; m < sizes.rows; ++m) {
      const int64_t at = m * stretches;
      kernels.round_row(x + m * sizes.k, sizes.k, format,
                        {q.data() + at * kStretch, d.data() + m * segments, sum.data() + at,
                         bias.data() + at * parts});
    }
  }
  RoundedRows rows() const { return {stretches, q.data(), d.data(), sum.data(), bias.data()}; }

  // Of row m as f32.
  float value(int64_t m, int64_t i) const {
    constexpr int64_t kPlace[] = {0, 2, 1, 3};
    const int64_t at = m * stretches * kStretch + i / 4 * 4 + kPlace[i % 4];
    return d[static_cast<size_t>(m * segments + i / kSegment)] *
           static_cast<float>(q[static_cast<size_t>(at)]);
  }

  int64_t stretches, segments, parts;
  std::vector<int16_t> q;
  std::vector<float> d, sum;
  std::vector<int32_t> bias;
};

std::vector<uint8_t> encoded(DType format, const Sizes& sizes, const std::vector<float>& w) {
  std::vector<uint8_t> rows(size_bytes(format, {sizes.outs, sizes.k}));
  convert_rows(w.data(), DType::F32, rows.data(), format, sizes.outs, sizes.k);
  return rows;
}

std::vector<float> product_with(const CpuKernels& kernels, DType format, const Sizes& sizes,
                                const std::vector<float>& x, const std::vector<uint8_t>& w) {
  const size_t panel_size = panel_bytes(format, sizes.k), row_size = row_bytes(format, sizes.k);
  std::vector<uint8_t> panel(panel_size);
  std::vector<float> y(static_cast<size_t>(sizes.rows * sizes.outs), NAN);
  Scratch scratch;
  PanelProduct p;
  p.dtype = format, p.panel = panel.data(), p.k = sizes.k, p.rows = sizes.rows;
  p.scratch = scratch.floats(panel_scratch(sizes.rows));
  p.y_stride = sizes.outs;
  std::unique_ptr<Rounded> rounded;
  if (rounds_activations(format)) {
    rounded = std::make_unique<Rounded>(kernels, format, sizes, x.data());
    p.rounded = rounded->rows();
  } else {
    p.x = x.data();
  }
  for (int64_t out = 0; out < sizes.outs; out += kPanelOuts) {
    p.outs = std::min(kPanelOuts, sizes.outs - out);
    p.y = y.data() + out;
    pack_panel(format, w.data() + static_cast<size_t>(out) * row_size, p.outs, sizes.k,
               panel.data());
    kernels.panel_product(p);
  }
  return y;
}

// f64 sums of x and w as they are after rounding; what f32 adds to that is far below 1e-6 of the
// terms' sizes.
void expect_exact_sums(const Sizes& sizes, const std::vector<float>& x, const std::vector<float>& w,
                       const std::vector<float>& y, const std::string& what) {
  const auto k = static_cast<size_t>(sizes.k), outs = static_cast<size_t>(sizes.outs);
  for (size_t i = 0; i < y.size(); ++i) {
    double sum = 0.0, size = 0.0;
    for (size_t j = 0; j < k; ++j) {
      const double term =
          static_cast<double>(x[i / outs * k + j]) * static_cast<double>(w[i % outs * k + j]);
      sum += term;
      size += std::abs(term);
    }
    EXPECT_NEAR(static_cast<double>(y[i]), sum, 1e-6 * size) << what << " at " << i;
  }
}

std::vector<float> decoded(DType format, const Sizes& sizes, const std::vector<uint8_t>& w) {
  std::vector<float> values(static_cast<size_t>(sizes.outs * sizes.k));
  convert_rows(w.data(), format, values.data(), DType::F32, sizes.outs, sizes.k);
  return values;
}

TEST(Kernels, MultiplyByFloatsAndNf4LikeF64) {
  for (const Sizes& sizes : {Sizes{1, 64, 5}, Sizes{2, 320, 33}, Sizes{3, 640, 16},
                             Sizes{7, 256, 64}, Sizes{29, 576, 40}}) {
    const auto x = uniform(static_cast<size_t>(sizes.rows * sizes.k), 51);
    const auto values = uniform(static_cast<size_t>(sizes.outs * sizes.k), 52);
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      for (const DType format : kFloatFormats) {
        const auto w = encoded(format, sizes, values);
        expect_exact_sums(sizes, x, decoded(format, sizes, w),
                          product_with(*kernels, format, sizes, x, w),
                          kernels->name + std::string(" ") + std::string(dtype_name(format)));
      }
    }
  }
}

TEST(Kernels, MultiplyBlocksByRoundedActivationsLikeF64) {
  for (const Sizes& sizes : {Sizes{1, 256, 5}, Sizes{2, 512, 33}, Sizes{3, 256, 16},
                             Sizes{7, 256, 64}, Sizes{29, 768, 40}}) {
    const auto x = uniform(static_cast<size_t>(sizes.rows * sizes.k), 53);
    const auto values = uniform(static_cast<size_t>(sizes.outs * sizes.k), 54, -0.3f, 1.0f);
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      for (const DType format : kRoundingFormats) {
        const Rounded rounded(*kernels, format, sizes, x.data());
        std::vector<float> rounded_x(x.size());
        for (int64_t i = 0; i < sizes.rows * sizes.k; ++i) {
          rounded_x[static_cast<size_t>(i)] = rounded.value(i / sizes.k, i % sizes.k);
        }
        const auto w = encoded(format, sizes, values);
        expect_exact_sums(sizes, rounded_x, decoded(format, sizes, w),
                          product_with(*kernels, format, sizes, x, w),
                          kernels->name + std::string(" ") + std::string(dtype_name(format)));
      }
    }
  }
}

// The largest products of an 8-bit weight and a 16-bit activation: no sum may saturate.
TEST(Kernels, ReachTheEndsOfBothRangesWithoutSaturating) {
  const Sizes sizes{9, 256, 32};
  for (const float sign : {1.0f, -1.0f}) {
    const std::vector<float> x(static_cast<size_t>(sizes.rows * sizes.k), sign);
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      for (const DType format : kRoundingFormats) {
        auto w = encoded(format, sizes, std::vector<float>(256 * 32, 1.0f));
        if (format == DType::Q8_0) {  // -128 occurs in files of others
          for (size_t i = 0; i < w.size(); ++i) w[i] = i % 34 < 2 ? w[i] : uint8_t{128};
        }
        expect_exact_sums(sizes, x, decoded(format, sizes, w),
                          product_with(*kernels, format, sizes, x, w),
                          kernels->name + std::string(" ") + std::string(dtype_name(format)));
      }
    }
  }
}

TEST(Kernels, RoundActivationsToTheNearestOf65535Levels) {
  const Sizes sizes{1, 3 * kSegment + 37, 1};
  auto x = uniform(static_cast<size_t>(sizes.k), 57, -3.0f, 3.0f);
  for (size_t i = 0; i < kSegment; ++i) x[i] *= 1e-30f;          // small
  for (size_t i = kSegment; i < 2 * kSegment; ++i) x[i] = 0.0f;  // nothing
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    for (const DType format : {DType::Int8Row, DType::Q4_0, DType::Q4_K, DType::Q6_K}) {
      const Rounded rounded(*kernels, format, sizes, x.data());
      for (int64_t i = 0; i < sizes.k; ++i) {
        const float d = rounded.d[static_cast<size_t>(i / kSegment)];
        EXPECT_NEAR(rounded.value(0, i), x[static_cast<size_t>(i)], 0.51f * d) << kernels->name;
      }
      EXPECT_EQ(rounded.d[1], 0.0f);
      for (int64_t s = 0; s < rounded.stretches; ++s) {
        int sums[2] = {0, 0};
        for (int64_t i = 0; i < kStretch; ++i)
          sums[i / 16] += rounded.q[static_cast<size_t>(kStretch * s + i)];
        const auto at = static_cast<size_t>(s);
        EXPECT_EQ(rounded.sum[at], static_cast<float>(sums[0] + sums[1])) << kernels->name;
        const int zero = raw_zero(format);
        if (format == DType::Q6_K) {
          EXPECT_EQ(rounded.bias[2 * at], -zero * sums[0]);
          EXPECT_EQ(rounded.bias[2 * at + 1], -zero * sums[1]);
        } else {
          EXPECT_EQ(rounded.bias[at], -zero * (sums[0] + sums[1]));
        }
      }
    }
  }
}

TEST(Kernels, PassOnWhatIsNotFinite) {
  const Sizes sizes{1, 256, 3};
  const auto w = uniform(256 * 3, 58);
  for (const float bad : {INFINITY, -INFINITY, NAN}) {
    auto x = uniform(256, 59);
    x[77] = bad;
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      for (const DType format : kRoundingFormats) {
        const auto y = product_with(*kernels, format, sizes, x, encoded(format, sizes, w));
        for (const float value : y) EXPECT_FALSE(std::isfinite(value)) << kernels->name;
      }
    }
  }
}

// Every f16 and bf16 number, times one.
TEST(Kernels, WidenEveryHalfLikeConvert) {
  constexpr int64_t kOuts = 65536;
  std::vector<uint8_t> bits(kOuts * 2);
  for (size_t i = 0; i < kOuts; ++i) {
    bits[2 * i] = static_cast<uint8_t>(i), bits[2 * i + 1] = static_cast<uint8_t>(i >> 8);
  }
  for (const DType format : {DType::F16, DType::BF16}) {
    std::vector<float> expected(kOuts);
    convert(bits.data(), format, expected.data(), DType::F32, kOuts);
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      const auto wide = product_with(*kernels, format, {1, 1, kOuts}, {1.0f}, bits);
      for (size_t i = 0; i < kOuts; ++i) {
        EXPECT_TRUE(wide[i] == expected[i] || (std::isnan(wide[i]) && std::isnan(expected[i])))
            << kernels->name << " " << dtype_name(format) << " " << i;
      }
    }
  }
}

struct TileResult {
  Floats y, s, g, dr, dk, dv, da, db, dw;
};

// One head, one tile, forward and backward.
TileResult tile_with(const CpuKernels& kernels, const Wkv7Arrays& p) {
  const int64_t n = p.sizes.head_size, steps = p.sizes.time;
  const size_t rows = p.row_elements();
  Floats w(rows), zeros(rows, 0.0f), scratch(static_cast<size_t>(wkv7_gradient_scratch(n)));
  TileResult out{Floats(rows), p.s0, p.ds_end, zeros, zeros, zeros, zeros, zeros, zeros};
  kernels.wkv7_decay(p.d.data(), w.data(), nullptr, steps * n);
  Wkv7Steps forward;
  forward.steps = steps, forward.n = n, forward.stride = n;
  forward.r = p.r.data(), forward.w = w.data(), forward.k = p.k.data(), forward.v = p.v.data();
  forward.a = p.a.data(), forward.b = p.b.data(), forward.y = out.y.data();
  forward.s = out.s.data();
  kernels.wkv7_steps(forward);
  Wkv7TileGradient back;
  back.steps = steps, back.n = n, back.stride = n;
  back.r = p.r.data(), back.w = w.data(), back.k = p.k.data(), back.v = p.v.data();
  back.a = p.a.data(), back.b = p.b.data(), back.s = p.s0.data(), back.dy = p.dy.data();
  back.g = out.g.data(), back.dr = out.dr.data(), back.dk = out.dk.data();
  back.dv = out.dv.data(), back.da = out.da.data(), back.db = out.db.data();
  back.dw = out.dw.data(), back.scratch = scratch.data();
  kernels.wkv7_tile_gradient(back);
  return out;
}

TEST(Kernels, RunTheRecurrenceAlikeForwardAndBackward) {
  constexpr float kTolerance = 2e-4f;  // other order of sums of 64 terms; gradients reach 50
  const Wkv7Arrays p = random_wkv7({.batch = 1, .time = 16, .heads = 1}, 55);
  const TileResult expected = tile_with(scalar_cpu_kernels(), p);
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    const TileResult got = tile_with(*kernels, p);
    for (auto member :
         {&TileResult::y, &TileResult::s, &TileResult::g, &TileResult::dr, &TileResult::dk,
          &TileResult::dv, &TileResult::da, &TileResult::db, &TileResult::dw}) {
      for (size_t i = 0; i < (got.*member).size(); ++i) {
        EXPECT_NEAR((got.*member)[i], (expected.*member)[i], kTolerance) << kernels->name;
      }
    }
  }
}

void expect_all_near(const Floats& got, const Floats& expected, const char* name) {
  constexpr float kTolerance = 2e-5f;  // other order of sums of 64 terms, states of size about 3
  for (size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], kTolerance) << name;
}

TEST(Kernels, NormaliseAndShiftAlikeForAnyWidth) {
  for (const int64_t width : {5, 64, 300, 1024}) {
    const auto count = static_cast<size_t>(width);
    const Floats x = uniform(count, 56), weight = uniform(count, 57), bias = uniform(count, 58);
    const Floats mix = uniform(2 * count, 59), before = uniform(count, 60);
    const auto run = [&](const CpuKernels& kernels) {
      Floats carried = before, y(2 * count, NAN);
      kernels.shift_mix({.width = width,
                         .mixes = 2,
                         .x = x.data(),
                         .weight = weight.data(),
                         .bias = bias.data(),
                         .eps = 1e-5f,
                         .mix = mix.data(),
                         .carried = carried.data(),
                         .y = y.data(),
                         .y_step = width});
      Floats normal(count, NAN);
      kernels.layer_norm(x.data(), weight.data(), bias.data(), 1e-5f, normal.data(), width);
      EXPECT_TRUE(normal == carried) << kernels.name;
      y.insert(y.end(), carried.begin(), carried.end());
      return y;
    };
    const Floats expected = run(scalar_cpu_kernels());
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      expect_all_near(run(*kernels), expected, kernels->name);
    }
  }
}

TEST(Kernels, AttendAlike) {
  constexpr int64_t kN = 64, kSteps = 16;
  const Floats rows = uniform(8 * kN * kSteps, 61), weights = uniform(8 * kN, 62);
  const Floats before = uniform(kN * kN, 63);
  const auto run = [&](const CpuKernels& kernels) {
    Floats s = before, y(kN * kSteps, NAN), scratch(static_cast<size_t>(attend_scratch(kN)), NAN);
    AttendTile tile{.steps = kSteps, .n = kN, .stride = kN};
    const float* next = rows.data();
    for (const float** at :
         {&tile.r, &tile.d, &tile.k, &tile.v, &tile.a, &tile.g, &tile.v_gate, &tile.v_first}) {
      *at = next, next += kN * kSteps;
    }
    next = weights.data();
    for (const float** at : {&tile.w0, &tile.a0, &tile.v0, &tile.k_k, &tile.k_a, &tile.r_k,
                             &tile.ln_weight, &tile.ln_bias}) {
      *at = next, next += kN;
    }
    tile.s = s.data(), tile.y = y.data(), tile.scratch = scratch.data();
    kernels.attend_tile(tile);
    y.insert(y.end(), s.begin(), s.end());
    return y;
  };
  const Floats expected = run(scalar_cpu_kernels());
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    expect_all_near(run(*kernels), expected, kernels->name);
  }
}

}  // namespace
}  // namespace greylag::gpu::test
