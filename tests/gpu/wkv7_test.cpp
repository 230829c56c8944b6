// SPDX-License-Identifier: Apache-2.0
// Is the recurrence the one of the paper? A printed vector, a naive f64 loop, and equalities that
// must hold to the last bit.
#include <gtest/gtest.h>

#include "gpu/cpu/kernels.h"
#include "tests/gpu/wkv7_arrays.h"

namespace greylag::gpu::test {
namespace {

constexpr float kPrinted = 1.01e-5f;  // the vector is printed with 5 or 6 digits, f32 in between

void expect_near(const Floats& values, const Floats& expected, const char* name) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], expected[i], kPrinted) << name << " " << i;
  }
}

// N = 2, T = 3, one head; worked out in f64.
Wkv7Arrays printed_vector() {
  Wkv7Arrays p;
  p.sizes = {.batch = 1, .time = 3, .heads = 1, .head_size = 2};
  p.d = {-2.0f, 0.5f, 1.0f, -1.0f, 0.0f, 3.0f};
  p.r = {0.5f, -1.0f, 1.0f, 0.25f, -0.5f, 2.0f};
  p.k = {1.0f, 0.5f, -0.5f, 1.5f, 0.75f, -0.25f};
  p.v = {1.0f, -2.0f, 0.5f, 1.0f, -1.0f, 0.25f};
  const Floats kappa = {0.6f, 0.8f, 1.0f, 0.0f, -0.8f, 0.6f};
  const Floats alpha = {0.5f, 0.25f, 0.9f, 0.1f, 0.3f, 0.7f};
  for (size_t i = 0; i < 6; ++i) {
    p.a.push_back(-kappa[i]);
    p.b.push_back(kappa[i] * alpha[i]);
  }
  p.s0 = {0.1f, -0.2f, 0.3f, 0.4f};
  p.dy = {1.0f, 0.0f, 0.0f, 1.0f, 0.5f, -0.5f};
  p.ds_end = {0.0f, 0.0f, 0.0f, 0.0f};
  p.size_outputs();
  return p;
}

// S, y by the three lines of wkv7.h in f64, nothing shared with the code under test.
void naive_forward(const Wkv7Arrays& p, std::vector<double>& y, std::vector<double>& s) {
  const auto [batch, time, heads, n] = p.sizes;
  s.assign(p.s0.begin(), p.s0.end());
  y.assign(p.row_elements(), 0.0);
  for (int64_t head = 0; head < batch * heads; ++head) {
    double* state = s.data() + head * n * n;
    for (int64_t t = 0; t < time; ++t) {
      const auto at = static_cast<size_t>(((head / heads * time + t) * heads + head % heads) * n);
      for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
        double* row = state + static_cast<int64_t>(i) * n;
        double sa = 0.0;
        for (size_t j = 0; j < static_cast<size_t>(n); ++j) {
          sa += row[j] * static_cast<double>(p.a[at + j]);
        }
        for (size_t j = 0; j < static_cast<size_t>(n); ++j) {
          const double d = static_cast<double>(p.d[at + j]);
          const double w = std::exp(-std::exp(-0.5) / (1.0 + std::exp(-d)));
          row[j] = row[j] * w + sa * static_cast<double>(p.b[at + j]) +
                   static_cast<double>(p.v[at + i]) * static_cast<double>(p.k[at + j]);
          y[at + i] += row[j] * static_cast<double>(p.r[at + j]);
        }
      }
    }
  }
}

TEST(Wkv7, ForwardGivesThePrintedVector) {
  Wkv7Arrays p = printed_vector();
  p.forward(1);
  expect_near(p.y, {0.178622f, -0.109680f, -0.271100f, 0.182617f, 1.247100f, 0.210693f}, "y");
  expect_near(p.s_end, {-0.890174f, 0.401006f, 0.293191f, 0.178644f}, "s_end");
}

TEST(Wkv7, BackwardGivesThePrintedVector) {
  Wkv7Arrays p = printed_vector();
  p.forward(1);
  p.backward(1);
  expect_near(p.dd, {0.00102f, -0.01424f, 0.09751f, -0.01253f, -0.01464f, -0.00426f}, "dd");
  expect_near(p.dr, {1.12303f, 0.38289f, -0.01701f, 0.79851f, -0.59168f, 0.11118f}, "dr");
  expect_near(p.dk, {0.86188f, -0.72863f, 0.90030f, 0.11342f, 0.3125f, -1.25f}, "dk");
  expect_near(p.dv, {0.06454f, -0.21651f, 0.31003f, -0.43503f, -0.4375f, 0.4375f}, "dv");
  expect_near(p.da, {-0.02168f, -0.02257f, -1.14654f, -0.52630f, -0.25099f, 0.13284f}, "da");
  expect_near(p.db, {0.14819f, -0.06696f, 1.27393f, -0.35007f, 0.14609f, -0.58438f}, "db");
  expect_near(p.ds0, {0.42866f, -0.51124f, -0.15270f, 0.03927f}, "ds0");
}

TEST(Wkv7, ForwardAgreesWithTheNaiveLoopForFullHeads) {
  constexpr double kTolerance = 2e-5;  // f32 sums of 64 terms, 37 steps, states of size about 3
  Wkv7Arrays p = random_wkv7({.batch = 2, .time = 37, .heads = 3}, 11);
  p.forward(2);
  std::vector<double> y, s;
  naive_forward(p, y, s);
  for (size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(static_cast<double>(p.y[i]), y[i], kTolerance);
  for (size_t i = 0; i < s.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(p.s_end[i]), s[i], kTolerance);
  }
}

TEST(Wkv7, TwoHalvesEqualTheWholeToTheLastBit) {
  Wkv7Arrays whole = random_wkv7({.batch = 1, .time = 41, .heads = 2}, 12);
  whole.forward(1);
  Floats s = whole.s0, y;
  const size_t row = 128;
  for (const auto& [begin, end] : {std::pair<size_t, size_t>{0, 19}, {19, 41}}) {
    const auto part = [&, b = begin, e = end](const Floats& x) {
      return Floats(x.begin() + static_cast<long>(b * row), x.begin() + static_cast<long>(e * row));
    };
    Wkv7Arrays p = whole;
    p.sizes.time = static_cast<int64_t>(end - begin);
    p.r = part(whole.r), p.d = part(whole.d), p.k = part(whole.k);
    p.v = part(whole.v), p.a = part(whole.a), p.b = part(whole.b);
    p.s0 = s;
    p.size_outputs();
    p.forward(1);
    s = p.s_end;
    y.insert(y.end(), p.y.begin(), p.y.end());
  }
  EXPECT_TRUE(y == whole.y);
  EXPECT_TRUE(s == whole.s_end);
}

TEST(Wkv7, ThreadCountChangesNoBit) {
  Wkv7Arrays one = random_wkv7({.batch = 2, .time = 50, .heads = 4}, 13), three = one;
  one.forward(1);
  one.backward(1);
  three.forward(3);
  three.backward(3);
  EXPECT_TRUE(one.y == three.y);
  EXPECT_TRUE(one.s_end == three.s_end);
  EXPECT_TRUE(one.dd == three.dd);
  EXPECT_TRUE(one.da == three.da);
  EXPECT_TRUE(one.ds0 == three.ds0);
}

// One step is computed by another loop than several.
TEST(Wkv7, StepsOneByOneEqualTheWholeToTheLastBit) {
  const Wkv7Sizes sizes{.batch = 1, .time = 9, .heads = 1};
  const size_t n = 64;
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    Wkv7Arrays p = random_wkv7(sizes, 15);
    Floats s = p.s0, s_single = p.s0, y(p.y.size()), w(p.y.size()), y_single(p.y.size());
    kernels->wkv7_decay(p.d.data(), w.data(), nullptr, static_cast<int64_t>(w.size()));
    Wkv7Steps steps{.steps = sizes.time,
                    .n = 64,
                    .stride = 64,
                    .r = p.r.data(),
                    .w = w.data(),
                    .k = p.k.data(),
                    .v = p.v.data(),
                    .a = p.a.data(),
                    .b = p.b.data(),
                    .y = y.data(),
                    .s = s.data()};
    kernels->wkv7_steps(steps);
    steps.steps = 1, steps.s = s_single.data(), steps.y = y_single.data();
    for (int64_t t = 0; t < sizes.time; ++t) {
      kernels->wkv7_steps(steps);
      for (const float** x : {&steps.r, &steps.w, &steps.k, &steps.v, &steps.a, &steps.b}) *x += n;
      steps.y += n;
    }
    EXPECT_TRUE(y == y_single) << kernels->name;
    EXPECT_TRUE(s == s_single) << kernels->name;
  }
}

}  // namespace
}  // namespace greylag::gpu::test
