// SPDX-License-Identifier: Apache-2.0
// Does attend compute its formulas? Against f64, in the words of gpu/op_table.h; and to the last
// bit whatever the spans and threads.
#include <gtest/gtest.h>

#include <cmath>

#include "gpu/cpu/kernels.h"
#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

constexpr int64_t kSlots = 3, kLayers = 2;
constexpr int kLayer = 1;

double wide(float x) { return static_cast<double>(x); }
double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// All arrays of a call; y starts as 7.
struct Arrays {
  int64_t rows = 0, heads = 2, n = 64;
  bool is_first_layer = false;
  size_t width = static_cast<size_t>(heads * n), size = static_cast<size_t>(rows) * width;
  std::vector<float> r = uniform(size, 71), d = uniform(size, 72, -4.0f, 3.0f);
  std::vector<float> k = uniform(size, 73), v = uniform(size, 74), a = uniform(size, 75);
  std::vector<float> g = uniform(size, 76), v_gate = uniform(size, 77), v_first = uniform(size, 78);
  std::vector<float> w0 = uniform(width, 81), a0 = uniform(width, 82), v0 = uniform(width, 83);
  std::vector<float> k_k = uniform(width, 84), k_a = uniform(width, 85), r_k = uniform(width, 86);
  std::vector<float> ln_weight = uniform(width, 87), ln_bias = uniform(width, 88);
  std::vector<float> state =
      uniform(static_cast<size_t>(kSlots * kLayers * n) * width, 89, -0.5f, 0.5f);
  std::vector<float> y = std::vector<float>(size, 7.0f);

  size_t state_at(int64_t slot) const {
    return static_cast<size_t>((slot * kLayers + kLayer) * n) * width;
  }

  // Replaces state and y.
  void run(unsigned threads, const std::vector<SequenceSpan>& spans) {
    Cpu cpu(threads);
    const Shape activations{rows, heads * n}, weights{heads * n};
    std::vector<Tensor> kept;
    const auto make = [&](const Shape& shape, const std::vector<float>& values) {
      kept.push_back(cpu.make(shape, values));
      return kept.back().view();
    };
    OpTable::Attend call;
    call.r = make(activations, r), call.d = make(activations, d), call.k = make(activations, k);
    call.v = make(activations, v), call.a = make(activations, a), call.g = make(activations, g);
    call.w0 = make(weights, w0), call.a0 = make(weights, a0), call.k_k = make(weights, k_k);
    call.k_a = make(weights, k_a), call.r_k = make({heads, n}, r_k);
    call.ln_weight = make(weights, ln_weight), call.ln_bias = make(weights, ln_bias);
    if (!is_first_layer) {
      call.v_gate = make(activations, v_gate), call.v_first = make(activations, v_first);
      call.v0 = make(weights, v0);
    }
    call.state = make({kSlots, kLayers, heads, n, n}, state);
    call.layer = kLayer, call.spans = spans, call.y = make(activations, y);
    cpu.ops().attend(*cpu.queue, call);
    y = values_of(call.y);
    state = values_of(call.state);
    EXPECT_TRUE(values_of(call.v) == v);  // layer 0's is read again as v_first
  }
};

// One row of one head in f64; s [n, n] in place. at: the head's first element of the row; c: of the
// weights.
std::vector<double> step(const Arrays& p, size_t at, size_t c, std::vector<double>& s) {
  const auto n = static_cast<size_t>(p.n);
  double squares = 0.0, bonus = 0.0;
  for (size_t j = 0; j < n; ++j) squares += std::pow(wide(p.k[at + j]) * wide(p.k_k[c + j]), 2.0);
  std::vector<double> w(n), k(n), v(n), remove(n), replace(n), y(n);
  for (size_t j = 0; j < n; ++j) {
    const double key = wide(p.k[at + j]), value = wide(p.v[at + j]);
    const double kappa = key * wide(p.k_k[c + j]) / std::max(std::sqrt(squares), 1e-12);
    const double alpha = logistic(wide(p.a[at + j]) + wide(p.a0[c + j]));
    const double gate = logistic(wide(p.v_gate[at + j]) + wide(p.v0[c + j]));
    w[j] = std::exp(-std::exp(-0.5) * logistic(wide(p.d[at + j]) + wide(p.w0[c + j])));
    k[j] = key * (1.0 + (alpha - 1.0) * wide(p.k_a[c + j]));
    v[j] = p.is_first_layer ? value : value + (wide(p.v_first[at + j]) - value) * gate;
    remove[j] = -kappa;
    replace[j] = kappa * alpha;
    bonus += wide(p.r[at + j]) * k[j] * wide(p.r_k[c + j]);
  }
  double mean = 0.0, variance = 0.0;
  for (size_t i = 0; i < n; ++i) {
    double sa = 0.0;
    for (size_t j = 0; j < n; ++j) sa += s[i * n + j] * remove[j];
    for (size_t j = 0; j < n; ++j) {
      s[i * n + j] = s[i * n + j] * w[j] + sa * replace[j] + v[i] * k[j];
      y[i] += s[i * n + j] * wide(p.r[at + j]);
    }
    mean += y[i] / wide(static_cast<float>(n));
  }
  for (const double value : y) variance += std::pow(value - mean, 2.0) / static_cast<double>(n);
  for (size_t i = 0; i < n; ++i) {
    const double normal = (y[i] - mean) / std::sqrt(variance + 64e-5);
    y[i] = (normal * wide(p.ln_weight[c + i]) + wide(p.ln_bias[c + i]) + bonus * v[i]) *
           wide(p.g[at + i]);
  }
  return y;
}

void expect_right(const Arrays& before, const std::vector<SequenceSpan>& spans) {
  constexpr double kTolerance = 2e-5;  // f32 sums of 64 terms, 37 steps, states of size about 3
  Arrays got = before;
  got.run(2, spans);
  const auto n = static_cast<size_t>(before.n);
  for (const SequenceSpan& span : spans) {
    for (size_t head = 0; head < static_cast<size_t>(before.heads); ++head) {
      const size_t entry = before.state_at(span.slot) + head * n * n;
      std::vector<double> s;
      for (size_t i = 0; i < n * n; ++i) s.push_back(wide(before.state[entry + i]));
      for (int32_t t = 0; t < span.row_count; ++t) {
        const size_t at = static_cast<size_t>(span.row_begin + t) * before.width + head * n;
        const std::vector<double> y = step(before, at, head * n, s);
        for (size_t i = 0; i < n; ++i) EXPECT_NEAR(wide(got.y[at + i]), y[i], kTolerance) << t;
      }
      for (size_t i = 0; i < n * n; ++i) {
        EXPECT_NEAR(wide(got.state[entry + i]), s[i], kTolerance);
      }
    }
  }
}

TEST(Attend, AgreesWithF64WithAndWithoutTheValueResidual) {
  expect_right({.rows = 38}, {{0, 37, 2}, {37, 1, 0}});
  expect_right({.rows = 38, .is_first_layer = true}, {{0, 37, 2}, {37, 1, 0}});
}

TEST(Attend, AgreesWithF64ForHeadsOfAnySize) {
  for (const int64_t n : {32, 20, 3}) expect_right({.rows = 5, .heads = 3, .n = n}, {{0, 5, 1}});
}

TEST(Attend, AZeroKeyGivesNoNaN) {
  Arrays zero{.rows = 2};
  zero.k.assign(zero.size, 0.0f);
  expect_right(zero, {{0, 2, 0}});
}

TEST(Attend, LeavesOtherRowsAndStatesAlone) {
  const Arrays before{.rows = 21};
  Arrays both = before, second = before;
  both.run(2, {{0, 4, 2}, {4, 17, 0}});
  second.run(2, {{4, 17, 0}});
  for (size_t i = 0; i < second.y.size(); ++i) {
    EXPECT_EQ(second.y[i], i < 4 * before.width ? 7.0f : both.y[i]) << i;
  }
  const size_t begin = before.state_at(0), end = begin + before.width * 64;
  for (size_t i = 0; i < before.state.size(); ++i) {
    const bool is_own = i >= begin && i < end;
    EXPECT_EQ(second.state[i], is_own ? both.state[i] : before.state[i]) << i;
  }
}

TEST(Attend, ThreadsAndTheCutIntoCallsChangeNoBit) {
  const Arrays before{.rows = 41, .heads = 8};
  Arrays whole = before, alone = before, parts = before, single = before;
  whole.run(3, {{0, 1, 1}, {1, 40, 2}});
  alone.run(1, {{0, 1, 1}, {1, 40, 2}});
  parts.run(2, {{0, 1, 1}, {1, 19, 2}});
  parts.run(2, {{20, 21, 2}});
  for (int32_t m = 0; m < 41; ++m) single.run(2, {{m, 1, m == 0 ? 1 : 2}});
  for (const Arrays* other : {&alone, &parts, &single}) {
    EXPECT_TRUE(other->y == whole.y);
    EXPECT_TRUE(other->state == whole.state);
  }
}

}  // namespace
}  // namespace greylag::gpu::test
