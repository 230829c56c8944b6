// SPDX-License-Identifier: Apache-2.0
// Is matmul right in every format and shape, and the same to the last bit whatever the batch and
// the number of threads?
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

constexpr DType kFormats[] = {DType::F32, DType::F16, DType::BF16};
constexpr DType kBlockFormats[] = {DType::Q8_0,    DType::Q4_0, DType::Q4_1, DType::Q5_0,
                                   DType::Q5_1,    DType::Q4_K, DType::Q5_K, DType::Q6_K,
                                   DType::Int8Row, DType::NF4};

struct Case {
  int64_t rows, k, outs;
};

std::vector<float> run(Cpu& cpu, const Case& c, const std::vector<float>& x, const Tensor& w,
                       float scale, const std::vector<float>* before, bool is_sparse = false) {
  const Tensor dx = cpu.make({c.rows, c.k}, x);
  const Tensor y = cpu.make({c.rows, c.outs});
  if (before != nullptr) std::memcpy(y.f32(), before->data(), before->size() * sizeof(float));
  const Tensor matrix = cpu.matrix(w);
  cpu.matmul({.x = dx,
              .w = matrix,
              .y = y,
              .scale = scale,
              .is_accumulating = before != nullptr,
              .is_sparse = is_sparse});
  return values_of(y);
}

// f64 sum of exact products, and the error that f32 summation may make; rounding activations to
// 16 bits adds at most half a step of 1/32767 of a segment's largest.
void expect_right(const Case& c, const std::vector<float>& x, const std::vector<float>& w,
                  float scale, const std::vector<float>* before, const std::vector<float>& y,
                  bool is_rounding = false) {
  const auto k = static_cast<size_t>(c.k), outs = static_cast<size_t>(c.outs);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t m = i / outs, o = i % outs;
    double sum = 0.0, size = 0.0, rounding = 0.0;
    for (size_t j = 0; j < k; ++j) {
      const size_t segment = m * k + j / 256 * 256;
      double largest = 0.0;
      for (size_t n = segment; is_rounding && n < std::min(segment + 256, (m + 1) * k); ++n) {
        largest = std::max(largest, static_cast<double>(std::abs(x[n])));
      }
      rounding += std::abs(static_cast<double>(w[o * k + j])) * largest / 65533.0;
      const double term = static_cast<double>(x[m * k + j]) * static_cast<double>(w[o * k + j]);
      sum += term;
      size += std::abs(term);
    }
    const double start = before == nullptr ? 0.0 : static_cast<double>((*before)[i]);
    const double expected = static_cast<double>(scale) * sum + start;
    EXPECT_NEAR(static_cast<double>(y[i]), expected, 1e-6 * (size + std::abs(start)) + rounding)
        << "M " << c.rows << " K " << c.k << " O " << c.outs << " at " << i;
  }
}

TEST(Matmul, AgreesWithF64InEveryFormatAndShape) {
  const Case cases[] = {{1, 1, 1},  {1, 768, 96}, {2, 33, 7},   {3, 64, 5},  {4, 65, 4},
                        {5, 16, 3}, {7, 100, 9},  {13, 129, 6}, {40, 96, 33}};
  Cpu cpu(2);
  for (const DType format : kFormats) {
    for (const Case& c : cases) {
      const auto x = uniform(static_cast<size_t>(c.rows * c.k), 31);
      const Tensor w =
          cpu.make({c.outs, c.k}, uniform(static_cast<size_t>(c.outs * c.k), 32), format);
      const auto before = uniform(static_cast<size_t>(c.rows * c.outs), 33);
      const auto exact_w = values_of(w);
      expect_right(c, x, exact_w, 1.0f, nullptr, run(cpu, c, x, w, 1.0f, nullptr));
      expect_right(c, x, exact_w, 0.3f, &before, run(cpu, c, x, w, 0.3f, &before));
    }
  }
}

TEST(Matmul, AgreesWithF64OfTheDecodedBlocks) {
  const Case cases[] = {{1, 256, 96}, {2, 512, 7}, {5, 256, 3}, {13, 768, 6}, {40, 256, 33}};
  Cpu cpu(2);
  for (const DType format : kBlockFormats) {
    for (const Case& c : cases) {
      const auto x = uniform(static_cast<size_t>(c.rows * c.k), 31);
      const Tensor w =
          cpu.make({c.outs, c.k}, uniform(static_cast<size_t>(c.outs * c.k), 32), format);
      expect_right(c, x, values_of(w), 0.7f, nullptr, run(cpu, c, x, w, 0.7f, nullptr),
                   format != DType::NF4);
    }
  }
}

void expect_no_bit_to_change(DType format, int64_t inner, int64_t outer) {
  constexpr int64_t kRows = 37;
  Cpu one(1), three(3);
  const auto x = uniform(static_cast<size_t>(kRows * inner), 41);
  const Tensor w =
      one.make({outer, inner}, uniform(static_cast<size_t>(outer * inner), 42), format);
  const auto whole = run(three, {kRows, inner, outer}, x, w, 0.7f, nullptr);
  EXPECT_TRUE(run(one, {kRows, inner, outer}, x, w, 0.7f, nullptr) == whole);
  for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 12, 17}) {
    for (int64_t begin = 0; begin < kRows; begin += rows) {
      const int64_t count = std::min(rows, kRows - begin);
      const std::vector<float> part(x.begin() + begin * inner, x.begin() + (begin + count) * inner);
      const auto y = run(one, {count, inner, outer}, part, w, 0.7f, nullptr);
      EXPECT_TRUE(std::equal(y.begin(), y.end(), whole.begin() + begin * outer))
          << dtype_name(format) << " rows " << rows << " at " << begin;
    }
  }
}

// With a tenth of x not zero, in clusters and alone.
TEST(Matmul, LeavingOutZerosChangesNoBit) {
  constexpr int64_t kInner = 1024, kOuter = 70;
  Cpu cpu(2);
  std::vector<float> x = uniform(kInner, 43);
  for (size_t i = 0; i < x.size(); ++i) {
    if (i % 100 > 5 && i % 23 != 0) x[i] = 0.0f;
  }
  for (const auto& formats :
       {std::span<const DType>(kFormats), std::span<const DType>(kBlockFormats)}) {
    for (const DType format : formats) {
      const Tensor w = cpu.make({kOuter, kInner}, uniform(kOuter * kInner, 44), format);
      EXPECT_TRUE(run(cpu, {1, kInner, kOuter}, x, w, 1.0f, nullptr, true) ==
                  run(cpu, {1, kInner, kOuter}, x, w, 1.0f, nullptr, false))
          << dtype_name(format);
    }
  }
}

TEST(Matmul, RunsSeveralProductsAtOnceAndActivatesThem) {
  Cpu cpu(2);
  constexpr int64_t kRows = 3, kInner = 64;
  const Tensor x = cpu.make({kRows, kInner}, uniform(kRows * kInner, 45));
  const Activation all[] = {Activation::None, Activation::Tanh, Activation::Sigmoid,
                            Activation::ReluSquared};
  const int64_t outs[] = {7, 40, 96, 33};
  std::vector<Tensor> weights, together, alone;
  std::vector<Product> products;
  for (size_t i = 0; i < 4; ++i) {
    weights.push_back(cpu.matrix(cpu.make({outs[i], kInner},
                                          uniform(static_cast<size_t>(outs[i] * kInner), 46 + i),
                                          i == 2 ? DType::Q8_0 : DType::F16)));
    together.push_back(cpu.make({kRows, outs[i]}));
    alone.push_back(cpu.make({kRows, outs[i]}));
  }
  for (size_t i = 0; i < 4; ++i) {
    products.push_back({.x = x, .w = weights[i], .y = together[i], .after = all[i]});
    cpu.matmul({.x = x, .w = weights[i], .y = alone[i]});
    cpu.ops().activate(*cpu.queue, alone[i], all[i]);
  }
  cpu.ops().matmul(*cpu.queue, products);
  for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(values_of(together[i]) == values_of(alone[i])) << i;
}

TEST(Matmul, BatchSizeAndThreadCountChangeNoBit) {
  for (const DType format : kFormats) expect_no_bit_to_change(format, 203, 517);
  for (const DType format : kBlockFormats) expect_no_bit_to_change(format, 256, 133);
}

// More rows than meet a panel at once.
TEST(Matmul, ManyRowsEqualEachAlone) {
  constexpr int64_t kRows = 300, kInner = 512, kOuter = 40;
  Cpu cpu(2);
  const auto x = uniform(kRows * kInner, 47);
  for (const DType format : {DType::F16, DType::NF4, DType::Q4_0, DType::Q4_K, DType::Q6_K}) {
    const Tensor w = cpu.make({kOuter, kInner}, uniform(kOuter * kInner, 48), format);
    const auto whole = run(cpu, {kRows, kInner, kOuter}, x, w, 1.0f, nullptr);
    for (const int64_t row : {0, 255, 256, 299}) {
      const std::vector<float> one(x.begin() + row * kInner, x.begin() + (row + 1) * kInner);
      const auto y = run(cpu, {1, kInner, kOuter}, one, w, 1.0f, nullptr);
      EXPECT_TRUE(std::equal(y.begin(), y.end(), whole.begin() + row * kOuter))
          << dtype_name(format) << " row " << row;
    }
  }
}

}  // namespace
}  // namespace greylag::gpu::test
