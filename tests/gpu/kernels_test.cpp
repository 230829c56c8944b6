// SPDX-License-Identifier: Apache-2.0
// Do all instruction sets that this machine can run compute the same? Each against plain floats,
// one lane at a time.
#include "gpu/cpu/kernels.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/gpu/wkv7_arrays.h"

namespace greylag::gpu::test {
namespace {

constexpr DType kFormats[] = {DType::F32, DType::F16, DType::BF16};

std::vector<float> matmul_with(const CpuKernels& kernels, DType format, MatmulPanel panel,
                               const std::vector<float>& w) {
  std::vector<unsigned char> bytes(w.size() * 4);
  convert(w.data(), DType::F32, bytes.data(), format, static_cast<int64_t>(w.size()));
  std::vector<float> y(static_cast<size_t>(panel.rows * panel.outs), NAN);
  panel.w = bytes.data(), panel.w_dtype = format;
  panel.y = y.data(), panel.y_stride = panel.outs;
  kernels.matmul(panel);
  return y;
}

// Whole numbers: no rounding happens, so the order of the sum does not matter.
TEST(Kernels, MultiplyWholeNumbersAlike) {
  constexpr int64_t kInner = 77, kOuter = 13, kRows = 11;
  std::vector<float> x = uniform(kRows * kInner, 51, -8.0f, 8.0f);
  std::vector<float> w = uniform(kOuter * kInner, 52, -8.0f, 8.0f);
  for (float& value : x) value = std::round(value);
  for (float& value : w) value = std::round(value);
  MatmulPanel panel;
  panel.x = x.data(), panel.rows = kRows, panel.outs = kOuter, panel.k = kInner;
  const auto expected = matmul_with(scalar_cpu_kernels(), DType::F32, panel, w);
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    for (const DType format : kFormats) {
      EXPECT_TRUE(matmul_with(*kernels, format, panel, w) == expected)
          << kernels->name << " " << dtype_name(format);
    }
  }
}

TEST(Kernels, SumAlikeInEveryBlockSize) {
  constexpr int64_t kInner = 203, kOuter = 9, kRows = 17;
  const std::vector<float> x = uniform(kRows * kInner, 53), w = uniform(kOuter * kInner, 54);
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    for (const DType format : kFormats) {
      MatmulPanel panel;
      panel.x = x.data(), panel.rows = kRows, panel.outs = kOuter, panel.k = kInner;
      const auto whole = matmul_with(*kernels, format, panel, w);
      panel.rows = 1, panel.outs = 1;
      for (size_t i = 0; i < whole.size(); ++i) {
        const auto row = static_cast<int64_t>(i) / kOuter, out = static_cast<int64_t>(i) % kOuter;
        panel.x = x.data() + row * kInner;
        const std::vector<float> one(w.begin() + out * kInner, w.begin() + (out + 1) * kInner);
        EXPECT_EQ(matmul_with(*kernels, format, panel, one)[0], whole[i]) << kernels->name;
      }
    }
  }
}

TEST(Kernels, WidenEveryHalfLikeConvert) {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  for (const DType format : {DType::F16, DType::BF16}) {
    std::vector<float> expected(bits.size());
    convert(bits.data(), format, expected.data(), DType::F32, 65536);
    for (const CpuKernels* kernels : runnable_cpu_kernels()) {
      std::vector<float> wide(bits.size());
      kernels->widen(bits.data(), format, wide.data(), 65536);
      for (size_t i = 0; i < wide.size(); ++i) {
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
