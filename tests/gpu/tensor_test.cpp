// SPDX-License-Identifier: Apache-2.0
// Are conversions right for every value, and do views point where they say?
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "gpu/half.h"
#include "tests/gpu/support.h"

namespace greylag::gpu::test {
namespace {

// The value of a 16-bit pattern from its definition: sign, exponent, fraction.
double defined_value(uint32_t bits, int exponent_bits, int fraction_bits) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = static_cast<int>(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const double fraction = static_cast<double>(bits & ((1u << fraction_bits) - 1u));
  const double sign = (bits & 0x8000u) != 0 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1) {
    return fraction == 0.0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  }
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign *
         std::ldexp(fraction + std::ldexp(1.0, fraction_bits), exponent - bias - fraction_bits);
}

struct Format {
  DType dtype;
  int exponent_bits, fraction_bits;
};
constexpr Format kFormats[] = {{DType::F16, 5, 10}, {DType::BF16, 8, 7}};

uint16_t narrowed(DType from, const void* value, DType to) {
  uint16_t bits = 0;
  convert(value, from, &bits, to, 1);
  return bits;
}

TEST(Convert, WidensEveryPatternToItsDefinedValue) {
  for (const Format& format : kFormats) {
    for (uint32_t i = 0; i < 65536; ++i) {
      const auto bits = static_cast<uint16_t>(i);
      float wide = 0.0f;
      double wider = 0.0;
      convert(&bits, format.dtype, &wide, DType::F32, 1);
      convert(&bits, format.dtype, &wider, DType::F64, 1);
      const double expected = defined_value(i, format.exponent_bits, format.fraction_bits);
      if (std::isnan(expected)) {
        EXPECT_TRUE(std::isnan(wide) && std::isnan(wider)) << i;
      } else {
        EXPECT_TRUE(static_cast<double>(wide) == expected && wider == expected) << i;
        EXPECT_EQ(std::signbit(wide), std::signbit(expected)) << i;
      }
    }
  }
}

TEST(Convert, EveryPatternSurvivesARoundTrip) {
  for (const Format& format : kFormats) {
    for (uint32_t i = 0; i < 65536; ++i) {
      const auto bits = static_cast<uint16_t>(i);
      float wide = 0.0f;
      convert(&bits, format.dtype, &wide, DType::F32, 1);
      EXPECT_EQ(narrowed(DType::F32, &wide, format.dtype), bits) << i;
    }
  }
}

// Between two neighbours: below the middle down, above it up, the middle itself to the even one.
TEST(Convert, RoundsToNearestAndTiesToEven) {
  for (const Format& format : kFormats) {
    const uint32_t infinity = ((1u << format.exponent_bits) - 1u) << format.fraction_bits;
    for (uint32_t i = 0; i + 1 < infinity; ++i) {
      const double low = defined_value(i, format.exponent_bits, format.fraction_bits);
      const double high = defined_value(i + 1, format.exponent_bits, format.fraction_bits);
      const double middle = (low + high) / 2.0;
      const double below = std::nextafter(middle, 0.0), above = std::nextafter(middle, 1e300);
      const auto even = static_cast<uint16_t>(i % 2 == 0 ? i : i + 1);
      EXPECT_EQ(narrowed(DType::F64, &below, format.dtype), static_cast<uint16_t>(i)) << i;
      EXPECT_EQ(narrowed(DType::F64, &above, format.dtype), static_cast<uint16_t>(i + 1)) << i;
      EXPECT_EQ(narrowed(DType::F64, &middle, format.dtype), even) << i;
      const auto single = static_cast<float>(middle);  // exact: one bit more than the format
      if (static_cast<double>(single) == middle) {
        EXPECT_EQ(narrowed(DType::F32, &single, format.dtype), even) << i;
      }
    }
  }
}

TEST(Convert, OverflowsToInfinityAndKeepsNaN) {
  const float big = 65520.0f, fits = 65519.996f, max = std::numeric_limits<float>::max();
  const double huge = -1e300;
  const float nan = std::bit_cast<float>(0xff800001u);
  EXPECT_EQ(narrowed(DType::F32, &big, DType::F16), 0x7c00);
  EXPECT_EQ(narrowed(DType::F32, &fits, DType::F16), 0x7bff);
  EXPECT_EQ(narrowed(DType::F32, &max, DType::BF16), 0x7f80);
  EXPECT_EQ(narrowed(DType::F64, &huge, DType::F16), 0xfc00);
  EXPECT_EQ(narrowed(DType::F64, &huge, DType::BF16), 0xff80);
  EXPECT_TRUE(std::isnan(f16_to_f32(narrowed(DType::F32, &nan, DType::F16))));
  EXPECT_TRUE(std::isnan(bf16_to_f32(narrowed(DType::F32, &nan, DType::BF16))));
}

TEST(Convert, ReadsAndWritesUnalignedBytes) {
  unsigned char file[9] = {};
  const float value = 1.5f;
  convert(&value, DType::F32, file + 1, DType::F64, 1);
  float back = 0.0f;
  convert(file + 1, DType::F64, &back, DType::F32, 1);
  EXPECT_EQ(back, value);
}

TEST(TensorView, RowsAndShapesPointIntoTheSameBytes) {
  Cpu cpu(1);
  const Tensor tensor = cpu.make({3, 2, 2}, uniform(12, 1));
  const TensorView rows = tensor.view().rows(1, 2);
  EXPECT_EQ(rows.f32(), tensor.f32() + 4);
  EXPECT_TRUE(rows.shape == (Shape{2, 2, 2}));
  EXPECT_TRUE(rows.reshaped({8}).shape == Shape{8});
  EXPECT_EQ(rows.shape.text(), "[2, 2, 2]");
  EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.view().bytes) % 64, 0u);
}

TEST(DType, SizesAndNames) {
  EXPECT_EQ(dtype_size(DType::BF16), 2u);
  EXPECT_EQ(dtype_size(DType::I64), 8u);
  EXPECT_EQ(dtype_name(DType::F16), "f16");
  EXPECT_EQ(dtype_name(DType::Bool), "bool");
}

}  // namespace
}  // namespace greylag::gpu::test
