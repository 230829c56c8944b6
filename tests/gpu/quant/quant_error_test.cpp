// SPDX-License-Identifier: Apache-2.0
// How much is lost by packing, and does the search of the K formats earn its time? Prints a table:
// root mean square error relative to the standard deviation, plain scales and ours.
#include <gtest/gtest.h>

#include <cstdio>

#include "tests/gpu/quant/reference.h"

namespace greylag::gpu::test {
namespace {

constexpr size_t kElements = 256 * 512;

std::vector<float> normal(uint64_t seed) {
  const std::vector<float> u = uniform(2 * kElements, seed, 0.0f, 1.0f);
  std::vector<float> values(kElements);
  for (size_t i = 0; i < kElements; ++i) {  // Box and Muller
    values[i] =
        std::sqrt(-2.0f * std::log(1.0f - u[2 * i])) * std::cos(6.28318530718f * u[2 * i + 1]);
  }
  return values;
}

std::vector<float> laplace(uint64_t seed) {
  std::vector<float> values = uniform(kElements, seed);
  for (float& v : values) v = std::copysign(std::log(1.0f - std::abs(v)), v);
  return values;
}

// Normal, with one value of a hundred twenty times as large.
std::vector<float> with_outliers(uint64_t seed) {
  std::vector<float> values = normal(seed);
  const std::vector<float> dice = uniform(kElements, seed + 1, 0.0f, 100.0f);
  for (size_t i = 0; i < kElements; ++i) values[i] *= dice[i] < 1.0f ? 20.0f : 1.0f;
  return values;
}

// Sub-blocks of very different sizes, some of them zero.
std::vector<float> uneven(uint64_t seed) {
  std::vector<float> values = normal(seed);
  for (size_t i = 0; i < kElements; ++i) {
    const size_t part = i / 32 % 5;
    values[i] *= part == 4 ? 0.0f : std::ldexp(1.0f, -static_cast<int>(2 * part));
  }
  return values;
}

std::vector<float> shifted(uint64_t seed, float offset) {
  std::vector<float> values = normal(seed);
  for (float& v : values) v = offset + 0.25f * v;
  return values;
}

// Relative to the root mean square of the values; the weight is that of the search: root mean
// square of the block of 256, plus |x|.
struct Errors {
  double plain, weighted;
};

enum class By { Naive, Search };

Errors errors_of(DType dtype, const std::vector<float>& x, By by) {
  const auto n = static_cast<int64_t>(x.size());
  std::vector<uint8_t> packed(row_bytes(dtype, n));
  (by == By::Naive ? encode_row_naive : encode_row)(dtype, x.data(), packed.data(), n);
  const std::vector<float> y = decoded(dtype, packed, x.size());
  double error = 0.0, weighted = 0.0, size = 0.0, weighted_size = 0.0;
  for (size_t b = 0; b < x.size(); b += 256) {
    double squares = 0.0;
    for (size_t i = b; i < b + 256; ++i) {
      squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
    }
    const double rms = std::sqrt(squares / 256.0);
    for (size_t i = b; i < b + 256; ++i) {
      const double value = static_cast<double>(x[i]), off = value - static_cast<double>(y[i]);
      const double weight = rms + std::abs(value);
      error += off * off;
      weighted += weight * off * off;
      size += value * value;
      weighted_size += weight * value * value;
    }
  }
  return {std::sqrt(error / size), std::sqrt(weighted / weighted_size)};
}

// Ours over naive must stay below `most` in both measures.
void expect_gain(DType dtype, const char* name, const std::vector<float>& x, double most) {
  const Errors naive = errors_of(dtype, x, By::Naive), ours = errors_of(dtype, x, By::Search);
  std::printf("%-5s %-10s plain %.5f -> %.5f (%.3f)   weighted %.5f -> %.5f (%.3f)\n",
              std::string(dtype_name(dtype)).c_str(), name, naive.plain, ours.plain,
              ours.plain / naive.plain, naive.weighted, ours.weighted,
              ours.weighted / naive.weighted);
  EXPECT_LE(ours.plain, most * naive.plain) << dtype_name(dtype) << " " << name;
  EXPECT_LE(ours.weighted, most * naive.weighted) << dtype_name(dtype) << " " << name;
}

TEST(QuantError, SearchBeatsPlainScalesOnNormalValues) {
  for (const DType dtype : kKFormats) expect_gain(dtype, "normal", normal(1), 0.92);
}

TEST(QuantError, SearchBeatsPlainScalesOnLaplaceValues) {
  for (const DType dtype : kKFormats) expect_gain(dtype, "laplace", laplace(2), 0.93);
}

TEST(QuantError, SearchBeatsPlainScalesOnUniformValues) {
  for (const DType dtype : kKFormats) expect_gain(dtype, "uniform", uniform(kElements, 3), 0.91);
}

// In Q6_K the outlier itself fixes the step of its 16 neighbours: little is left to choose.
TEST(QuantError, SearchBeatsPlainScalesOnValuesWithOutliers) {
  for (const DType dtype : kKFormats) {
    expect_gain(dtype, "outliers", with_outliers(4), dtype == DType::Q6_K ? 0.985 : 0.93);
  }
}

TEST(QuantError, SearchBeatsPlainScalesOnUnevenValues) {
  for (const DType dtype : kKFormats) expect_gain(dtype, "uneven", uneven(5), 0.92);
}

TEST(QuantError, SearchBeatsPlainScalesAwayFromZero) {
  for (const DType dtype : kKFormats) {
    expect_gain(dtype, "above 0", shifted(6, 1.0f), 0.95);
    expect_gain(dtype, "below 0", shifted(7, -1.0f), 0.95);
  }
}

// The error of no block may be made worse for the sake of another.
TEST(QuantError, SearchBeatsPlainScalesInEveryBlock) {
  const std::vector<float> x = normal(8);
  for (const DType dtype : kKFormats) {
    size_t worse = 0;
    for (size_t b = 0; b < kElements; b += 256) {
      const std::vector<float> block(x.begin() + static_cast<std::ptrdiff_t>(b),
                                     x.begin() + static_cast<std::ptrdiff_t>(b + 256));
      worse +=
          errors_of(dtype, block, By::Search).weighted > errors_of(dtype, block, By::Naive).weighted
              ? 1
              : 0;
    }
    EXPECT_EQ(worse, 0u) << dtype_name(dtype);
  }
}

// Limits of the errors with some room (5 %) above what was measured; more bits, less error.
TEST(QuantError, TableOfFormats) {
  struct Limit {
    DType dtype;
    double normal, laplace;
  };
  constexpr Limit kLimits[] = {{DType::Q8_0, 0.0057, 0.0071}, {DType::Int8Row, 0.0118, 0.0210},
                               {DType::Q6_K, 0.0175, 0.0215}, {DType::Q5_1, 0.0398, 0.0467},
                               {DType::Q5_K, 0.0363, 0.0431}, {DType::Q5_0, 0.0449, 0.0562},
                               {DType::Q4_1, 0.0821, 0.0964}, {DType::Q4_K, 0.0741, 0.0878},
                               {DType::Q4_0, 0.0902, 0.1122}, {DType::NF4, 0.0967, 0.1090}};
  const std::vector<float> bells = normal(9), peaks = laplace(10);
  std::printf("%-6s %9s   %-19s   %-19s\n", "format", "bits each", "normal: naive, ours",
              "laplace: naive, ours");
  for (const Limit& limit : kLimits) {
    const double bits =
        8.0 * static_cast<double>(row_bytes(limit.dtype, static_cast<int64_t>(kElements))) /
        static_cast<double>(kElements);
    const double normal_naive = errors_of(limit.dtype, bells, By::Naive).plain;
    const double normal_ours = errors_of(limit.dtype, bells, By::Search).plain;
    const double laplace_naive = errors_of(limit.dtype, peaks, By::Naive).plain;
    const double laplace_ours = errors_of(limit.dtype, peaks, By::Search).plain;
    std::printf("%-6s %9.4f   %.5f   %.5f    %.5f   %.5f\n",
                std::string(dtype_name(limit.dtype)).c_str(), bits, normal_naive, normal_ours,
                laplace_naive, laplace_ours);
    EXPECT_LE(normal_ours, limit.normal) << dtype_name(limit.dtype);
    EXPECT_LE(laplace_ours, limit.laplace) << dtype_name(limit.dtype);
  }
}

}  // namespace
}  // namespace greylag::gpu::test
