// SPDX-License-Identifier: Apache-2.0
// Do the ops of reasoning cores compute their formulas? Against f64, in the words of
// gpu/op_table.h, for every instruction set where vectors are in play.
#include <gtest/gtest.h>

#include <cmath>

#include "gpu/cpu/kernels.h"
#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

constexpr double kTight = 3e-6;  // a few roundings of numbers of size about 1

double wide(float x) { return static_cast<double>(x); }

TEST(RmsNorm, DividesEachRowByItsRootMeanSquare) {
  constexpr int64_t kRows = 37, kWidth = 133;  // several chunks, and columns beside whole vectors
  auto values = uniform(kRows * kWidth, 201);
  for (size_t c = 0; c < kWidth; ++c) values[c] *= 1e-4f;  // a row where eps counts
  std::vector<float> first;
  for (const unsigned threads : {1u, 3u}) {
    Cpu cpu(threads);
    const Tensor x = cpu.make({kRows, kWidth}, values), y = cpu.make({kRows, kWidth});
    cpu.ops().rms_norm(*cpu.queue, x, 1e-5f, y);
    const auto got = values_of(y);
    for (size_t m = 0; m < kRows; ++m) {
      double mean = 0.0;
      for (size_t c = 0; c < kWidth; ++c) {
        mean += std::pow(wide(values[m * kWidth + c]), 2.0) / double{kWidth};
      }
      for (size_t c = 0; c < kWidth; ++c) {
        EXPECT_NEAR(wide(got[m * kWidth + c]),
                    wide(values[m * kWidth + c]) / std::sqrt(mean + 1e-5), kTight);
      }
    }
    cpu.ops().rms_norm(*cpu.queue, x, 1e-5f, x);  // in place
    EXPECT_EQ(values_of(x), got);
    if (first.empty()) first = got;
    EXPECT_EQ(got, first) << threads;
  }
}

TEST(ScaleRows, MultipliesEachRowByItsFactor) {
  constexpr size_t kRows = 700, kWidth = 133;
  const auto x = uniform(kRows * kWidth, 221), factors = uniform(kRows, 222);
  Cpu cpu(2);
  const Tensor tx = cpu.make({kRows, kWidth}, x), scale = cpu.make({kRows, 1}, factors);
  cpu.ops().scale_rows(*cpu.queue, tx, scale, tx);  // in place
  const auto got = values_of(tx);
  for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], x[i] * factors[i / kWidth]) << i;
}

TEST(Add, SumsInTheOrderOfTheTerms) {
  constexpr size_t kElements = 40'001;
  const auto a = uniform(kElements, 211, -1e8f, 1e8f), b = uniform(kElements, 212),
             c = uniform(kElements, 213, -1e8f, 1e8f);
  Cpu cpu(2);
  const Shape shape{static_cast<int64_t>(kElements)};
  const Tensor ta = cpu.make(shape, a), tb = cpu.make(shape, b), tc = cpu.make(shape, c);
  const Tensor y = cpu.make(shape);
  const std::vector<TensorView> terms{ta, tb, tc};
  cpu.ops().add(*cpu.queue, terms, y);
  const auto got = values_of(y);
  for (size_t i = 0; i < kElements; ++i) ASSERT_EQ(got[i], (a[i] + b[i]) + c[i]) << i;
  cpu.ops().add(*cpu.queue, std::span(terms).first(1), y);
  EXPECT_EQ(values_of(y), a);
  cpu.ops().add(*cpu.queue, terms, tb);  // into a term
  EXPECT_EQ(values_of(tb), got);
}

TEST(SequenceKernels, EverySetAgreesWithPlainFloats) {
  constexpr int64_t kN = 77;
  const auto x = uniform(kN, 221), z = uniform(kN, 222);
  const float* const terms[] = {x.data(), z.data(), x.data()};
  std::vector<float> norm(kN), total(kN);
  scalar_cpu_kernels().rms_norm(x.data(), 1e-5f, norm.data(), kN);
  scalar_cpu_kernels().add_terms(terms, 3, total.data(), kN);
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    std::vector<float> got(kN);
    kernels->rms_norm(x.data(), 1e-5f, got.data(), kN);
    for (size_t i = 0; i < kN; ++i) EXPECT_NEAR(got[i], norm[i], 1e-6f) << kernels->name;
    kernels->add_terms(terms, 3, got.data(), kN);
    EXPECT_EQ(got, total) << kernels->name;
  }
}

}  // namespace
}  // namespace greylag::gpu::test
