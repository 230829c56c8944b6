// SPDX-License-Identifier: Apache-2.0
// Is matmul right in every format and shape, and the same to the last bit whatever the batch and
// the number of threads?
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

constexpr DType kFormats[] = {DType::F32, DType::F16, DType::BF16};

struct Case {
  int64_t rows, k, outs;
};

std::vector<float> run(Cpu& cpu, const Case& c, const std::vector<float>& x, const Tensor& w,
                       float scale, const std::vector<float>* before) {
  const Tensor dx = cpu.make({c.rows, c.k}, x);
  const Tensor y = cpu.make({c.rows, c.outs});
  if (before != nullptr) std::memcpy(y.f32(), before->data(), before->size() * sizeof(float));
  cpu.ops().matmul(*cpu.queue, dx, w, scale, before != nullptr, y);
  return values_of(y);
}

// f64 sum of exact products, and the error that f32 summation may make.
void expect_right(const Case& c, const std::vector<float>& x, const std::vector<float>& w,
                  float scale, const std::vector<float>* before, const std::vector<float>& y) {
  const auto k = static_cast<size_t>(c.k), outs = static_cast<size_t>(c.outs);
  for (size_t i = 0; i < y.size(); ++i) {
    const size_t m = i / outs, o = i % outs;
    double sum = 0.0, size = 0.0;
    for (size_t j = 0; j < k; ++j) {
      const double term = static_cast<double>(x[m * k + j]) * static_cast<double>(w[o * k + j]);
      sum += term;
      size += std::abs(term);
    }
    const double start = before == nullptr ? 0.0 : static_cast<double>((*before)[i]);
    const double expected = static_cast<double>(scale) * sum + start;
    EXPECT_NEAR(static_cast<double>(y[i]), expected, 1e-6 * (size + std::abs(start)))
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

TEST(Matmul, BatchSizeAndThreadCountChangeNoBit) {
  constexpr int64_t kInner = 203, kOuter = 517, kRows = 37;
  Cpu one(1), three(3);
  const auto x = uniform(kRows * kInner, 41);
  for (const DType format : kFormats) {
    const Tensor w = one.make({kOuter, kInner}, uniform(kOuter * kInner, 42), format);
    const auto whole = run(three, {kRows, kInner, kOuter}, x, w, 0.7f, nullptr);
    EXPECT_TRUE(run(one, {kRows, kInner, kOuter}, x, w, 0.7f, nullptr) == whole);
    for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 12, 17}) {
      for (int64_t begin = 0; begin < kRows; begin += rows) {
        const int64_t count = std::min(rows, kRows - begin);
        const std::vector<float> part(x.begin() + begin * kInner,
                                      x.begin() + (begin + count) * kInner);
        const auto y = run(one, {count, kInner, kOuter}, part, w, 0.7f, nullptr);
        EXPECT_TRUE(std::equal(y.begin(), y.end(), whole.begin() + begin * kOuter))
            << dtype_name(format) << " rows " << rows << " at " << begin;
      }
    }
  }
}

}  // namespace
}  // namespace greylag::gpu::test
