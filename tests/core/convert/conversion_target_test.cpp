// SPDX-License-Identifier: Apache-2.0
#include "core/convert/conversion_target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greylag {
namespace {

using gpu::DType;
using testing::HasSubstr;

TEST(ConversionTarget, TypesHaveTheirNamesAndLlamaCppsInAnyCase) {
  const std::pair<const char*, DType> names[] = {
      {"f32", DType::F32},      {"F16", DType::F16},     {"bf16", DType::BF16},
      {"Q8_0", DType::Q8_0},    {"q4_0", DType::Q4_0},   {"q4_1", DType::Q4_1},
      {"q5_0", DType::Q5_0},    {"Q5_1", DType::Q5_1},   {"q4_k", DType::Q4_K},
      {"Q4_K", DType::Q4_K},    {"Q4_K_M", DType::Q4_K}, {"q4_k_s", DType::Q4_K},
      {"Q5_K_M", DType::Q5_K},  {"Q5_K_S", DType::Q5_K}, {"q6_k", DType::Q6_K},
      {"int8", DType::Int8Row}, {"NF4", DType::NF4}};
  for (const auto& [name, dtype] : names) {
    const auto type = parse_conversion_type(name);
    ASSERT_TRUE(type) << name;
    EXPECT_EQ(*type, dtype) << name;
  }
}

TEST(ConversionTarget, AnUnknownTypeListsTheTypes) {
  for (const char* name : {"q3_k", "", "f64", "u8", "q4_k_l", "q4_k "}) {
    const auto type = parse_conversion_type(name);
    ASSERT_FALSE(type) << name;
    EXPECT_EQ(type.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(type.error().message, HasSubstr("f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, "
                                                "q4_k, q5_k, q6_k, int8, nf4"));
  }
}

TEST(ConversionTarget, TheExtensionPicksTheFormat) {
  EXPECT_EQ(output_format_of("a/b.pth").value(), OutputFormat::Pth);
  EXPECT_EQ(output_format_of("b.SafeTensors").value(), OutputFormat::Safetensors);
  EXPECT_EQ(output_format_of("b.q4.gguf").value(), OutputFormat::Gguf);
  for (const char* name : {"b", "b.bin", "pth", ".gguf"}) {
    const auto format = output_format_of(name);
    ASSERT_FALSE(format) << name;
    EXPECT_THAT(format.error().message, HasSubstr(".pth, .safetensors or .gguf"));
  }
}

TEST(ConversionTarget, RefusalsNameTheFormatsThatHoldTheType) {
  const Status pth = check_can_hold(OutputFormat::Pth, DType::Q4_K);
  ASSERT_FALSE(pth);
  EXPECT_THAT(pth.error().message, HasSubstr(".gguf or .safetensors"));
  for (const DType dtype : {DType::Int8Row, DType::NF4}) {
    EXPECT_TRUE(check_can_hold(OutputFormat::Safetensors, dtype));
    for (const OutputFormat format : {OutputFormat::Pth, OutputFormat::Gguf}) {
      const Status status = check_can_hold(format, dtype);
      ASSERT_FALSE(status);
      EXPECT_THAT(status.error().message, HasSubstr(".safetensors"));
      EXPECT_THAT(status.error().message, testing::Not(HasSubstr(".gguf or")));
    }
  }
  EXPECT_TRUE(check_can_hold(OutputFormat::Gguf, DType::BF16));
}

}  // namespace
}  // namespace greylag
