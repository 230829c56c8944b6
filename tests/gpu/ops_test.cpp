// SPDX-License-Identifier: Apache-2.0
// Does each of the other ops compute its formula? Against f64, in the words of gpu/op_table.h.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

constexpr int64_t kM = 5, kC = 128;
constexpr size_t kElements = static_cast<size_t>(kM * kC), kWidth = static_cast<size_t>(kC);
const Shape kRows{kM, kC};
constexpr double kTight = 3e-6;  // a few roundings of numbers of size about 1

double wide(float x) { return static_cast<double>(x); }
double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

TEST(Embed, TakesRowsOfATableInEveryFormat) {
  Cpu cpu(1);
  const std::vector<int32_t> ids = {3, 0, 3};
  for (const DType format : {DType::F32, DType::F16, DType::BF16}) {
    const Tensor table = cpu.make({4, 6}, uniform(24, 61), format);
    const Tensor y = cpu.make({3, 6});
    cpu.ops().embed(*cpu.queue, ids, table, y);
    const auto rows = values_of(table), got = values_of(y);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_EQ(got[i], rows[static_cast<size_t>(ids[i / 6]) * 6 + i % 6]);
    }
  }
}

TEST(LayerNorm, NormalisesEachRowEvenWithALargeMean) {
  Cpu cpu(2);
  auto values = uniform(kElements, 62);
  for (size_t i = 0; i < kWidth; ++i) values[i] += 1000.0f;
  const auto weight = uniform(kWidth, 63), bias = uniform(kWidth, 64);
  const Tensor x = cpu.make(kRows, values), w = cpu.make({kC}, weight), b = cpu.make({kC}, bias);
  cpu.ops().layer_norm(*cpu.queue, x, w, b, 1e-5f, x);
  const auto got = values_of(x);
  for (size_t m = 0; m < kM; ++m) {
    double mean = 0.0, variance = 0.0;
    for (size_t c = 0; c < kWidth; ++c) mean += wide(values[m * kWidth + c]) / wide(kC);
    for (size_t c = 0; c < kWidth; ++c) {
      variance += std::pow(wide(values[m * kWidth + c]) - mean, 2.0) / wide(kC);
    }
    for (size_t c = 0; c < kWidth; ++c) {
      const double normal = (wide(values[m * kWidth + c]) - mean) / std::sqrt(variance + 1e-5);
      // f32 holds the mean of the first row to 6e-5
      EXPECT_NEAR(wide(got[m * kWidth + c]), normal * wide(weight[c]) + wide(bias[c]),
                  m == 0 ? 2e-4 : kTight);
    }
  }
}

// layer_norm of one row, in f64.
std::vector<double> norm_of(const float* x, const std::vector<float>& weight,
                            const std::vector<float>& bias) {
  double mean = 0.0, variance = 0.0;
  for (size_t c = 0; c < kWidth; ++c) mean += wide(x[c]) / wide(kC);
  for (size_t c = 0; c < kWidth; ++c) variance += std::pow(wide(x[c]) - mean, 2.0) / wide(kC);
  std::vector<double> n(kWidth);
  for (size_t c = 0; c < kWidth; ++c) {
    n[c] = (wide(x[c]) - mean) / std::sqrt(variance + 1e-5) * wide(weight[c]) + wide(bias[c]);
  }
  return n;
}

// Arrays of one call of shift_mix; y starts as 7.
struct Shifted {
  static constexpr int64_t kP = 3, kSlots = 3, kLayers = 2;
  int64_t rows;
  std::vector<float> values = uniform(static_cast<size_t>(rows) * kWidth, 65);
  std::vector<float> weight = uniform(kWidth, 63), bias = uniform(kWidth, 64);
  std::vector<float> mixes = uniform(kP * kWidth, 66);
  std::vector<float> carried = uniform(kSlots * kLayers * kWidth, 67);
  std::vector<float> y = std::vector<float>(static_cast<size_t>(kP * rows) * kWidth, 7.0f);

  // Replaces carried and y.
  void run(unsigned threads, const std::vector<SequenceSpan>& spans) {
    Cpu cpu(threads);
    const Tensor x = cpu.make({rows, kC}, values), mix = cpu.make({kP, kC}, mixes);
    const Tensor w = cpu.make({kC}, weight), b = cpu.make({kC}, bias);
    const Tensor shift = cpu.make({kSlots, kLayers, kC}, carried);
    const Tensor out = cpu.make({kP, rows, kC}, y);
    cpu.ops().shift_mix(*cpu.queue, x, w, b, 1e-5f, mix, shift, 1, spans, out);
    carried = values_of(shift);
    y = values_of(out);
  }
  const float* state(int64_t slot) const { return carried.data() + (slot * kLayers + 1) * kC; }
};

TEST(ShiftMix, MixesNormsWithTheRowBeforeAndCarriesTheLast) {
  Shifted before{.rows = kM}, got = before;
  got.run(2, {{0, 2, 2}, {2, 3, 0}});
  const int64_t slot_of_row[] = {2, 2, 0, 0, 0};
  std::vector<double> last;
  for (size_t m = 0; m < kM; ++m) {
    const float* state = before.state(slot_of_row[m]);
    if (m == 0 || m == 2) last.assign(state, state + kC);
    const auto n = norm_of(before.values.data() + m * kWidth, before.weight, before.bias);
    for (size_t i = 0; i < got.kP * kWidth; ++i) {
      const size_t p = i / kWidth, c = i % kWidth;
      EXPECT_NEAR(wide(got.y[(p * kM + m) * kWidth + c]),
                  n[c] + (last[c] - n[c]) * wide(before.mixes[i]), 2 * kTight);
    }
    last = n;
    if (m != 1 && m != 4) continue;
    for (size_t c = 0; c < kWidth; ++c) {
      EXPECT_NEAR(wide(got.state(slot_of_row[m])[c]), n[c], kTight);
    }
  }
  for (size_t i = 0; i < got.carried.size(); ++i) {
    const size_t entry = i / kWidth;
    if (entry == 1 || entry == 5) continue;
    EXPECT_EQ(got.carried[i], before.carried[i]) << i;
  }
}

TEST(ShiftMix, LeavesRowsOutsideItsSpansAlone) {
  Shifted whole{.rows = kM}, part = whole;
  whole.run(1, {{0, 2, 2}, {2, 3, 0}});
  part.run(1, {{2, 3, 0}});
  for (size_t i = 0; i < part.y.size(); ++i) {
    EXPECT_EQ(part.y[i], i / kWidth % kM < 2 ? 7.0f : whole.y[i]) << i;
  }
}

// 400 rows are cut into chunks inside both long spans, and one by one they are in none.
TEST(ShiftMix, ThreadsAndBatchingChangeNoBit) {
  constexpr int32_t kLong = 400;
  Shifted whole{.rows = kLong}, alone = whole, single = whole;
  whole.run(3, {{0, 1, 1}, {1, 190, 2}, {191, kLong - 191, 0}});
  alone.run(1, {{0, 1, 1}, {1, 190, 2}, {191, kLong - 191, 0}});
  EXPECT_TRUE(whole.y == alone.y);
  EXPECT_TRUE(whole.carried == alone.carried);
  for (int32_t m = 0; m < kLong; ++m) single.run(1, {{m, 1, m == 0 ? 1 : m < 191 ? 2 : 0}});
  EXPECT_TRUE(whole.y == single.y);
  EXPECT_TRUE(whole.carried == single.carried);
}

TEST(Activations, AreWithinThreeUlp) {
  Cpu cpu(1);
  std::vector<float> values = uniform(4000, 68, -20.0f, 20.0f);
  for (const float x : uniform(2000, 69, -1.0f, 1.0f)) values.push_back(x);
  for (const float x : {0.0f, 1e-20f, -3e-5f, 100.0f, -100.0f, 700.0f, -700.0f})
    values.push_back(x);
  const Shape shape{static_cast<int64_t>(values.size())};
  const Tensor t = cpu.make(shape, values), s = cpu.make(shape, values),
               r = cpu.make(shape, values);
  cpu.ops().activate(*cpu.queue, t, Activation::Tanh);
  cpu.ops().activate(*cpu.queue, s, Activation::Sigmoid);
  cpu.ops().activate(*cpu.queue, r, Activation::ReluSquared);
  constexpr double kUlps = 3 * 1.2e-7, kTiny = 2e-38;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = wide(values[i]), tanh_x = std::tanh(x), sigmoid_x = logistic(x);
    EXPECT_NEAR(wide(t.f32()[i]), tanh_x, kUlps * std::abs(tanh_x)) << x;
    EXPECT_NEAR(wide(s.f32()[i]), sigmoid_x, kUlps * sigmoid_x + kTiny) << x;
    EXPECT_NEAR(wide(r.f32()[i]), x > 0 ? x * x : 0.0, kUlps * x * x + kTiny) << x;
  }
}

TEST(Activations, PassNaNAndInfinityOn) {
  Cpu cpu(1);
  const float infinity = std::numeric_limits<float>::infinity();
  for (const Activation op : {Activation::Tanh, Activation::Sigmoid, Activation::ReluSquared}) {
    const Tensor x = cpu.make({3}, {NAN, infinity, -infinity});
    cpu.ops().activate(*cpu.queue, x, op);
    EXPECT_TRUE(std::isnan(x.f32()[0]));
    EXPECT_EQ(x.f32()[1], op == Activation::ReluSquared ? infinity : 1.0f);
    EXPECT_NEAR(x.f32()[2], op == Activation::Tanh ? -1.0f : 0.0f, 2e-38f);
  }
}

}  // namespace
}  // namespace greylag::gpu::test
