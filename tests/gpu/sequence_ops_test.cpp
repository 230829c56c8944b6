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

TEST(Swiglu, GatesOneHalfOfARowByTheOther) {
  constexpr int64_t kRows = 67, kInner = 131;
  const auto values = uniform(kRows * kInner * 2, 231, -6.0f, 6.0f);
  Cpu cpu(2);
  const Tensor x = cpu.make({kRows, 2 * kInner}, values), y = cpu.make({kRows, kInner});
  cpu.ops().swiglu(*cpu.queue, x, y);
  const auto got = values_of(y);
  for (size_t m = 0; m < kRows; ++m) {
    for (size_t i = 0; i < kInner; ++i) {
      const double gate = wide(values[2 * m * kInner + i]);
      const double up = wide(values[(2 * m + 1) * kInner + i]);
      // 36 times a few roundings
      EXPECT_NEAR(wide(got[m * kInner + i]), gate / (1.0 + std::exp(-gate)) * up, 1e-5);
    }
  }
}

// The formula of softmax_attention in f64.
std::vector<double> attention_of(const std::vector<float>& qkv, const std::vector<float>& rotary,
                                 size_t batch, size_t positions, size_t heads, size_t n) {
  const size_t width = heads * n, half = n / 2;
  std::vector<double> y(batch * positions * width);
  const auto turned = [&](size_t b, size_t p, size_t part, size_t head, size_t i) {
    const float* row = qkv.data() + (b * positions + p) * 3 * width + part * width + head * n;
    if (rotary.empty()) return wide(row[i]);
    const size_t pair = i % half;
    const double c = wide(rotary[p * half + pair]);
    const double s = wide(rotary[(positions + p) * half + pair]);
    return i < half ? wide(row[i]) * c - wide(row[i + half]) * s
                    : wide(row[i]) * c + wide(row[i - half]) * s;
  };
  for (size_t b = 0; b < batch; ++b) {
    for (size_t head = 0; head < heads; ++head) {
      for (size_t m = 0; m < positions; ++m) {
        std::vector<double> e(positions);
        double total = 0.0;
        for (size_t j = 0; j < positions; ++j) {
          double score = 0.0;
          for (size_t i = 0; i < n; ++i) {
            score += turned(b, m, 0, head, i) * turned(b, j, 1, head, i);
          }
          total += e[j] = std::exp(score / std::sqrt(static_cast<double>(n)));
        }
        for (size_t i = 0; i < n; ++i) {
          double sum = 0.0;
          for (size_t j = 0; j < positions; ++j) {
            sum += e[j] / total *
                   wide(qkv[(b * positions + j) * 3 * width + 2 * width + head * n + i]);
          }
          y[(b * positions + m) * width + head * n + i] = sum;
        }
      }
    }
  }
  return y;
}

TEST(SoftmaxAttention, WeighsAllPositionsOfASequence) {
  constexpr size_t kBatch = 2, kPositions = 11, kHeads = 3;
  for (const size_t n : {size_t{64}, size_t{6}}) {
    const size_t elements = kBatch * kPositions * kHeads * n;
    const auto qkv = uniform(3 * elements, 241, -2.0f, 2.0f);
    for (const bool is_turned : {false, true}) {
      const auto rotary = is_turned ? uniform(kPositions * n, 242) : std::vector<float>();
      const auto expected = attention_of(qkv, rotary, kBatch, kPositions, kHeads, n);
      std::vector<float> first;
      for (const unsigned threads : {1u, 2u, 5u}) {
        Cpu cpu(threads);
        const Tensor x = cpu.make({kBatch, kPositions, static_cast<int64_t>(3 * kHeads * n)}, qkv);
        const Tensor y = cpu.make({kBatch, kPositions, static_cast<int64_t>(kHeads * n)});
        const Tensor angles =
            is_turned ? cpu.make({2, kPositions, static_cast<int64_t>(n / 2)}, rotary) : Tensor();
        cpu.ops().softmax_attention(*cpu.queue, x, angles, kHeads, y);
        const auto got = values_of(y);
        for (size_t i = 0; i < elements; ++i) EXPECT_NEAR(wide(got[i]), expected[i], 1e-5);
        if (first.empty()) first = got;
        EXPECT_EQ(got, first) << threads;
      }
    }
  }
}

TEST(SoftmaxAttention, SequencesOfABatchDoNotMeet) {
  constexpr int64_t kPositions = 9, kWidth = 128;
  const auto values = uniform(2 * kPositions * 3 * kWidth, 243);
  Cpu cpu(2);
  const Tensor both = cpu.make({2, kPositions, 3 * kWidth}, values);
  const Tensor y = cpu.make({2, kPositions, kWidth}), alone = cpu.make({1, kPositions, kWidth});
  cpu.ops().softmax_attention(*cpu.queue, both, {}, 2, y);
  for (int64_t b = 0; b < 2; ++b) {
    cpu.ops().softmax_attention(*cpu.queue, both.view().rows(b, 1), {}, 2, alone);
    EXPECT_EQ(values_of(alone), values_of(y.view().rows(b, 1)));
  }
}

TEST(Transpose, SwapsPositionsAndChannels) {
  constexpr int64_t kB = 2, kP = 35, kC = 18;
  const auto values = uniform(kB * kP * kC, 251);
  Cpu cpu(2);
  const Tensor x = cpu.make({kB, kP, kC}, values), y = cpu.make({kB, kC, kP});
  cpu.ops().transpose(*cpu.queue, x, y);
  const auto got = values_of(y);
  for (size_t b = 0; b < kB; ++b) {
    for (size_t p = 0; p < kP; ++p) {
      for (size_t c = 0; c < kC; ++c) {
        ASSERT_EQ(got[(b * kC + c) * kP + p], values[(b * kP + p) * kC + c]);
      }
    }
  }
}

TEST(Reorder, EachGroupOfChannelsHasItsOrder) {
  constexpr size_t kB = 2, kP = 3, kC = 4;
  const std::vector<int32_t> from = {2, 0, 1, 0, 2, 1};
  const auto values = uniform(kB * kP * kC, 252);
  Cpu cpu(2);
  const Tensor x = cpu.make({kB, kP, kC}, values), y = cpu.make({kB, kP, kC});
  cpu.ops().reorder(*cpu.queue, x, from, y);
  const auto got = values_of(y);
  for (size_t i = 0; i < got.size(); ++i) {
    const size_t c = i % kC, t = i / kC % kP, b = i / kC / kP;
    const auto p = static_cast<size_t>(from[c / 2 * kP + t]);
    EXPECT_EQ(got[i], values[(b * kP + p) * kC + c]);
  }
}

TEST(OrderedShiftMix, MixesWithTheRowBeforeInTheOrderOfTheGroup) {
  constexpr size_t kB = 2, kP = 3, kC = 4, kQ = 2;
  const std::vector<int32_t> before = {-1, 0, 1, 1, 2, -1};
  const auto values = uniform(kB * kP * kC, 253), mix = uniform(kQ * kC, 254);
  Cpu cpu(2);
  const Tensor x = cpu.make({kB, kP, kC}, values), m = cpu.make({kQ, kC}, mix);
  const Tensor y = cpu.make({kQ, kB, kP, kC});
  cpu.ops().ordered_shift_mix(*cpu.queue, x, before, m, y);
  const auto got = values_of(y);
  for (size_t i = 0; i < got.size(); ++i) {
    const size_t c = i % kC, p = i / kC % kP, b = i / kC / kP % kB, q = i / (kC * kP * kB);
    const int32_t named = before[c / 2 * kP + p];
    const double own = wide(values[(b * kP + p) * kC + c]);
    const double other =
        named < 0 ? 0.0 : wide(values[(b * kP + static_cast<size_t>(named)) * kC + c]);
    EXPECT_NEAR(wide(got[i]), own + (other - own) * wide(mix[q * kC + c]), 1e-6);
  }
}

TEST(SequenceKernels, EverySetAgreesWithPlainFloats) {
  constexpr int64_t kN = 77;
  const auto x = uniform(kN, 221), z = uniform(kN, 222);
  const float* const terms[] = {x.data(), z.data(), x.data()};
  std::vector<float> norm(kN), total(kN), gated(kN);
  scalar_cpu_kernels().rms_norm(x.data(), 1e-5f, norm.data(), kN);
  scalar_cpu_kernels().add_terms(terms, 3, total.data(), kN);
  scalar_cpu_kernels().swiglu(x.data(), z.data(), gated.data(), kN);
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    std::vector<float> got(kN);
    kernels->rms_norm(x.data(), 1e-5f, got.data(), kN);
    for (size_t i = 0; i < kN; ++i) EXPECT_NEAR(got[i], norm[i], 1e-6f) << kernels->name;
    kernels->add_terms(terms, 3, got.data(), kN);
    EXPECT_EQ(got, total) << kernels->name;
    kernels->swiglu(x.data(), z.data(), got.data(), kN);
    for (size_t i = 0; i < kN; ++i) EXPECT_NEAR(got[i], gated[i], 1e-6f) << kernels->name;
  }
}

TEST(SequenceKernels, AttentionAgreesInEverySet) {
  constexpr int64_t kPositions = 13, kN = 64;
  const auto qkv = uniform(kPositions * 3 * kN, 223, -2.0f, 2.0f);
  const auto rotary = uniform(kPositions * kN, 224);
  std::vector<float> scratch(static_cast<size_t>(softmax_scratch(kPositions, kN)));
  const auto run = [&](const CpuKernels& kernels) {
    std::vector<float> y(kPositions * kN);
    SoftmaxHead head;
    head.positions = kPositions, head.n = kN, head.stride = 3 * kN, head.y_stride = kN;
    head.q = qkv.data(), head.k = head.q + kN, head.v = head.k + kN;
    head.rotary = rotary.data(), head.scale = 0.125f;
    head.y = y.data(), head.scratch = scratch.data();
    kernels.softmax_head(head);
    return y;
  };
  const auto expected = run(scalar_cpu_kernels());
  for (const CpuKernels* kernels : runnable_cpu_kernels()) {
    const auto got = run(*kernels);
    for (size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], expected[i], 2e-6f) << kernels->name;
    }
  }
}

}  // namespace
}  // namespace greylag::gpu::test
