// SPDX-License-Identifier: Apache-2.0
// Are values packed by the rules of each format, whatever the values are? Also: from any format to
// any other. How small the errors of the K formats are is the business of quant_error_test.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "tests/gpu/quant/reference.h"

namespace greylag::gpu::test {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kMaxFloat = std::numeric_limits<float>::max();
constexpr double kF16Rounding = 0x1p-11;  // relative, of a scale

// The given values first, then zeros.
std::vector<float> row_of(std::vector<float> values, size_t n) {
  values.resize(n, 0.0f);
  return values;
}

void expect_bytes(DType dtype, const std::vector<float>& values, size_t at,
                  const std::vector<int>& expected) {
  const std::vector<uint8_t> packed = encoded(dtype, values);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(static_cast<int>(packed[at + i]), expected[i])
        << dtype_name(dtype) << " byte " << at + i;
  }
}

TEST(QuantEncode, Q8_0RoundsHalfAwayFromZero) {
  expect_bytes(DType::Q8_0, row_of({127.0f, 2.5f, -2.5f, 0.49999997f, -126.6f}, 32), 0,
               {0x00, 0x3c, 127, 3, 0xfd, 0, 0x81, 0});
}

TEST(QuantEncode, Int8RoundsHalfAwayFromZero) {
  expect_bytes(DType::Int8Row, {-127.0f, 2.5f, -2.5f, 0.49999997f}, 0,
               {0x00, 0x00, 0x80, 0x3f, 0x81, 3, 0xfd, 0});
}

// d = 1: trunc(x + 8.5), not more than 15; elements 16 to 20 are the high nibbles.
TEST(QuantEncode, Q4_0CutsAfterAddingAHalf) {
  std::vector<float> x = row_of({-8.0f, 7.49f, 7.5f, -0.5f, 0.5f}, 32);
  x[16] = 0.49f;
  x[17] = 1.5f;
  expect_bytes(DType::Q4_0, x, 0, {0x00, 0x3c, 0x80, 0xaf, 0x8f, 0x88, 0x89, 0x88});
}

TEST(QuantEncode, Q4_0ScaleHasTheOppositeSignOfTheLargestValue) {
  expect_bytes(DType::Q4_0, row_of({8.0f, -8.0f, 1.0f}, 32), 0, {0x00, 0xbc, 0x80, 0x8f, 0x87});
}

TEST(QuantEncode, Q5_0SplitsOffTheFifthBits) {
  std::vector<float> x(32, -16.0f);
  x[1] = 15.49f;  // 31
  x[8] = -0.5f;   // 16
  x[31] = -0.6f;  // 15
  expect_bytes(DType::Q5_0, x, 0, {0x00, 0x3c, 0x02, 0x01, 0x00, 0x00, 0x00, 0x0f});
  expect_bytes(DType::Q5_0, x, 6 + 8, {0x00});
  expect_bytes(DType::Q5_0, x, 6 + 15, {0xf0});
}

TEST(QuantEncode, Q4_1StoresTheLeastValue) {
  std::vector<float> x = row_of({-1.0f, 14.0f, 0.49f, 0.5f}, 32);
  x[16] = 13.5f;
  expect_bytes(DType::Q4_1, x, 0, {0x00, 0x3c, 0x00, 0xbc, 0xf0, 0x1f, 0x11, 0x12});
}

TEST(QuantEncode, Q5_1StoresTheLeastValue) {
  std::vector<float> x = row_of({-1.0f, 30.0f, 14.5f}, 32);
  x[18] = 20.0f;
  expect_bytes(DType::Q5_1, x, 0, {0x00, 0x3c, 0x00, 0xbc, 0x06, 0x00, 0x04, 0x00});
  expect_bytes(DType::Q5_1, x, 8, {0x10, 0x1f, 0x50});
}

// 1.0004 is stored as 1: of that, 0.8616 is nearer to 1 than to 0.72; of 1.0004 it would not be.
TEST(QuantEncode, Nf4ChoosesLevelsOfTheRoundedAbsmax) {
  std::vector<float> x = row_of({1.0004f, 0.8616f, -0.1f}, 64);
  expect_bytes(DType::NF4, x, 0, {0x00, 0x3c, 0x7f, 0x7f, 0x76, 0x77});
}

TEST(QuantEncode, Nf4ChoosesTheNearestLevel) {
  const std::vector<float> x = bell(64 * 50, 3);
  const std::vector<uint8_t> packed = encoded(DType::NF4, x);
  for (size_t i = 0; i < x.size(); ++i) {
    const double absmax = f16_at(packed.data() + i / 64 * 34);
    double least = absmax;
    for (int q = 0; q < 16; ++q) {
      least = std::min(least, std::abs(static_cast<double>(x[i]) - absmax * nf4_level(q)));
    }
    const double error =
        std::abs(static_cast<double>(x[i]) - defined_value(DType::NF4, packed.data(), i));
    EXPECT_LE(error, least + 1e-6) << i;
  }
}

// What the rounding rule and the rounding of the scale to f16 leave at most.
TEST(QuantEncode, ErrorsStayWithinTheStep) {
  const std::vector<float> x = bell(256 * 40, 4);
  for (const DType dtype : kBlockFormats) {
    const size_t block = dtype == DType::Int8Row ? x.size() : block_facts(dtype).elements;
    const std::vector<float> y = through(dtype, x);
    for (size_t b = 0; b < x.size(); b += block) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(b);
      const auto [low, high] =
          std::minmax_element(begin, begin + static_cast<std::ptrdiff_t>(block));
      const double range = static_cast<double>(*high) - static_cast<double>(*low);
      const double largest =
          std::max(std::abs(static_cast<double>(*low)), std::abs(static_cast<double>(*high)));
      double bound = 0.0;
      if (dtype == DType::Q8_0 || dtype == DType::Int8Row) bound = largest / 127.0 / 2.0;
      if (dtype == DType::Q4_0) bound = largest / 8.0;  // the level +8 does not exist
      if (dtype == DType::Q5_0) bound = largest / 16.0;
      if (dtype == DType::Q4_1) bound = range / 15.0 / 2.0;
      if (dtype == DType::Q5_1) bound = range / 31.0 / 2.0;
      if (dtype == DType::NF4) bound = largest * (1.0 - 0.6961928) / 2.0;
      // The search may cut the ends: by less than two steps of the coarsest sub-block.
      if (dtype == DType::Q4_K) bound = 2.0 * range / 15.0;
      if (dtype == DType::Q5_K) bound = 2.0 * range / 31.0;
      if (dtype == DType::Q6_K) bound = 2.0 * largest / 32.0;
      bound += 2.0 * largest * kF16Rounding;
      for (size_t i = b; i < b + block; ++i) {
        const double error = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
        EXPECT_LE(error, bound) << dtype_name(dtype) << " element " << i;
      }
    }
  }
}

// What has been packed once has a largest value (or ends) that give the same scales again.
TEST(QuantEncode, PackingAgainKeepsTheValues) {
  const std::vector<float> x = bell(256 * 40, 5);
  for (const DType dtype : {DType::Q8_0, DType::Q4_0, DType::Q4_1, DType::Q5_0, DType::Q5_1,
                            DType::Int8Row, DType::NF4}) {
    const std::vector<float> once = through(dtype, x);
    EXPECT_TRUE(through(dtype, once) == once) << dtype_name(dtype);
  }
}

// The same bytes on every machine and with every compiler. The numbers are FNV-1a hashes of what
// this code wrote when its errors were measured; whoever changes a search on purpose renews them.
TEST(QuantEncode, EqualInputGivesEqualBytes) {
  struct Expected {
    DType dtype;
    uint64_t hash;
  };
  constexpr Expected kExpected[] = {
      {DType::Q8_0, 13803717456150909074u},    {DType::Q4_0, 2966736110032518666u},
      {DType::Q4_1, 14935904710881656507u},    {DType::Q5_0, 5208128039097448436u},
      {DType::Q5_1, 13007878167392466251u},    {DType::Q4_K, 3396294994584636205u},
      {DType::Q5_K, 2426880373468365454u},     {DType::Q6_K, 12982080882786288665u},
      {DType::Int8Row, 15394350440482595352u}, {DType::NF4, 10297464360806618610u}};
  const std::vector<float> x = bell(256 * 64, 6);
  for (const Expected& expected : kExpected) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (const uint8_t byte : encoded(expected.dtype, x)) hash = (hash ^ byte) * 0x100000001b3u;
    EXPECT_EQ(hash, expected.hash) << dtype_name(expected.dtype) << " " << hash;
  }
}

TEST(QuantEncode, ValuesThatAreNotFiniteBecomeZero) {
  std::vector<float> x = bell(512, 7), zeroed = x;
  const float strange[] = {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity};
  for (size_t i = 0; i < 512; i += 37) {
    x[i] = strange[i % 3];
    zeroed[i] = 0.0f;
  }
  for (const DType dtype : kBlockFormats) {
    EXPECT_TRUE(encoded(dtype, x) == encoded(dtype, zeroed)) << dtype_name(dtype);
  }
}

TEST(QuantEncode, ZerosStayZeros) {
  const std::vector<float> zeros(512, 0.0f);
  for (const DType dtype : kBlockFormats) {
    EXPECT_TRUE(through(dtype, zeros) == zeros) << dtype_name(dtype);
  }
  for (const DType dtype : kKFormats) {
    const std::vector<uint8_t> packed = encoded(dtype, zeros);
    EXPECT_TRUE(packed == std::vector<uint8_t>(packed.size(), 0)) << dtype_name(dtype);
  }
}

// From the smallest f32 to the largest. Below the normal numbers of f16, scales are off by up to
// 2^-25. That comes on top 127 times where quants are chosen with the scale before it is rounded;
// the K formats choose with what will be read. Above 2^16 the scales may not reach the values.
TEST(QuantEncode, EverySizeOfValuesWorks) {
  const std::vector<float> unit = uniform(512, 8);
  for (int exponent = -149; exponent <= 127; ++exponent) {
    std::vector<float> x(unit.size());
    for (size_t i = 0; i < x.size(); ++i) x[i] = std::ldexp(unit[i], exponent);
    for (const DType dtype : kBlockFormats) {
      const bool is_k = dtype == DType::Q4_K || dtype == DType::Q5_K || dtype == DType::Q6_K;
      const double unreachable = is_k ? 0x1p-25 : 127.0 * 0x1p-25;
      const std::vector<float> y = through(dtype, x);
      for (size_t i = 0; i < x.size(); ++i) {
        EXPECT_TRUE(std::isfinite(y[i])) << dtype_name(dtype) << " 2^" << exponent << " " << i;
        const double error = std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i]));
        const double size = std::ldexp(1.0, exponent);
        EXPECT_LE(error, exponent > 15 ? size : 0.2 * size + unreachable)
            << dtype_name(dtype) << " 2^" << exponent << " " << i;
      }
    }
  }
}

// Where scales are normal numbers of f16 the size of the values does not matter: the bytes differ
// by the exponent of d alone.
TEST(QuantEncode, RelativeErrorsDoNotDependOnTheSize) {
  const std::vector<float> x = bell(512, 9);
  std::vector<float> larger(x.size());
  for (size_t i = 0; i < x.size(); ++i) larger[i] = x[i] * 64.0f;
  for (const DType dtype : kBlockFormats) {
    std::vector<float> y = through(dtype, x);
    for (float& value : y) value *= 64.0f;
    EXPECT_TRUE(through(dtype, larger) == y) << dtype_name(dtype);
  }
}

TEST(QuantEncode, HugeValuesSaturate) {
  // 65504 is the largest f16; a Q4_0 scale of it reaches -8 times that.
  const std::vector<float> x(256, -kMaxFloat);
  EXPECT_EQ(through(DType::Q8_0, x)[0], -127.0f * 65504.0f);
  EXPECT_EQ(through(DType::Q4_0, x)[0], -8.0f * 65504.0f);
  EXPECT_EQ(through(DType::Q4_1, x)[0], -65504.0f);
  EXPECT_EQ(through(DType::Q5_0, x)[0], -16.0f * 65504.0f);
  EXPECT_EQ(through(DType::Q5_1, x)[0], -65504.0f);
  EXPECT_EQ(through(DType::NF4, x)[0], -65504.0f);
  EXPECT_LE(through(DType::Q4_K, x)[0], -63.0f * 65504.0f);
  EXPECT_LE(through(DType::Q5_K, x)[0], -63.0f * 65504.0f);
  EXPECT_LE(through(DType::Q6_K, x)[0], -110.0f * 31.0f * 65504.0f);
  EXPECT_NEAR(through(DType::Int8Row, x)[0] / kMaxFloat, -1.0f, 1e-6f);
}

// No K block holds 2^29: where all values are beyond that, only their signs are left.
TEST(QuantEncode, KFormatsCutWhatTheyCannotReach) {
  std::vector<float> cut = uniform(256, 13), x = cut;
  for (float& value : cut) value = std::copysign(0x1p29f, value);
  for (const float size : {0x1p30f, 0x1p100f, 0x1p126f}) {
    for (size_t i = 0; i < x.size(); ++i) x[i] = cut[i] / 0x1p29f * size * (1.0f + std::abs(x[i]));
    for (const DType dtype : kKFormats) {
      EXPECT_TRUE(encoded(dtype, x) == encoded(dtype, cut)) << dtype_name(dtype) << " " << size;
    }
    x = uniform(256, 13);
  }
}

// dmin min is subtracted, so mins above 0 need a negative dmin. Levels from 0 up would leave an
// error of 2 / 15 / sqrt(12) = 0.038.
TEST(QuantEncode, BlocksAwayFromZeroUseAllLevels) {
  for (const float offset : {-2.0f, 2.0f}) {
    std::vector<float> x = uniform(256 * 16, 10, -0.25f, 0.25f);
    for (float& value : x) value += offset;
    const std::vector<float> y = through(DType::Q4_K, x);
    double squares = 0.0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double error = static_cast<double>(x[i]) - static_cast<double>(y[i]);
      squares += error * error;
    }
    EXPECT_LE(std::sqrt(squares / static_cast<double>(x.size())), 0.012) << offset;
  }
}

TEST(QuantConvert, GoesFromEveryFormatToEveryOther) {
  constexpr int64_t kRows = 3, kColumns = 512;
  const std::vector<float> x = bell(kRows * kColumns, 11);
  std::vector<DType> all = {DType::F32, DType::F16, DType::BF16, DType::F64};
  all.insert(all.end(), kBlockFormats.begin(), kBlockFormats.end());
  for (const DType from : all) {
    const size_t from_row = row_bytes(from, kColumns);
    std::vector<uint8_t> packed(kRows * from_row);
    convert_rows(x.data(), DType::F32, packed.data(), from, kRows, kColumns);
    for (const DType to : all) {
      const size_t to_row = row_bytes(to, kColumns);
      std::vector<uint8_t> result(kRows * to_row), expected(kRows * to_row);
      convert_rows(packed.data(), from, result.data(), to, kRows, kColumns);
      for (size_t r = 0; r < kRows; ++r) {
        std::vector<float> values(kColumns);
        decode_row(from, packed.data() + r * from_row, values.data(), kColumns);
        encode_row(to, values.data(), expected.data() + r * to_row, kColumns);
      }
      const bool is_same_format = from == to;
      EXPECT_TRUE(result == (is_same_format ? packed : expected))
          << dtype_name(from) << " to " << dtype_name(to);
    }
  }
}

TEST(QuantConvert, NoRowsTouchNoBytes) {
  convert_rows(nullptr, DType::Q4_K, nullptr, DType::F32, 0, 256);
  convert_rows(nullptr, DType::F16, nullptr, DType::Q8_0, 4, 0);
}

TEST(QuantSizes, RowsAreWholeBlocks) {
  for (const DType dtype : kBlockFormats) {
    if (dtype == DType::Int8Row) continue;
    const BlockFacts facts = block_facts(dtype);
    const auto columns = static_cast<int64_t>(facts.elements);
    EXPECT_EQ(row_bytes(dtype, 3 * columns), 3 * facts.bytes) << dtype_name(dtype);
    EXPECT_FALSE(can_hold_rows_of(dtype, columns + 16)) << dtype_name(dtype);
  }
  EXPECT_EQ(row_bytes(DType::Int8Row, 7), 11u);
}

// Writes no byte beside its own.
TEST(QuantSizes, EncodersStayInTheirBytes) {
  const std::vector<float> x = bell(256, 12);
  for (const DType dtype : kBlockFormats) {
    const size_t bytes = row_bytes(dtype, 256);
    std::vector<uint8_t> packed(bytes + 2, 0xa5);
    encode_row(dtype, x.data(), packed.data() + 1, 256);
    EXPECT_TRUE(packed.front() == 0xa5 && packed.back() == 0xa5) << dtype_name(dtype);
    packed.erase(packed.begin());
    packed.pop_back();
    EXPECT_TRUE(packed == encoded(dtype, x)) << dtype_name(dtype);
  }
}

}  // namespace
}  // namespace greylag::gpu::test
