// SPDX-License-Identifier: Apache-2.0
// Which tensor gets which type: the table of conversion_plan.h, one row after the other.
#include "core/convert/conversion_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using gpu::DType;
using testing::HasSubstr;

std::vector<TensorInfo> source(DType dtype, int64_t width = 256) {
  std::vector<TensorInfo> infos;
  for (const auto& tensor : test::make_tiny_tensors({.width = width, .dtype = dtype})) {
    infos.push_back(tensor.info);
  }
  return infos;
}

DType type_in(const ConversionPlan& plan, const std::string& name) {
  return std::ranges::find(plan.tensors, name, &TensorInfo::name)->dtype;
}

ConversionPlan make_plan(DType from, std::optional<DType> type, OutputFormat format,
                         int64_t width = 256) {
  const std::vector<TensorInfo> infos = source(from, width);
  auto plan = plan_conversion(infos, type, format);
  EXPECT_TRUE(plan) << plan.error().message;
  return std::move(*plan);
}

struct Row {
  const char* name;
  DType type;
  OutputFormat format;
  DType source;
  DType linear, embedding, head, low_rank, vector;  // w1 and w2: as vectors in a .gguf
};

class Plan : public testing::TestWithParam<Row> {};

constexpr auto kSafe = OutputFormat::Safetensors;
constexpr auto kGguf = OutputFormat::Gguf;
constexpr auto kPth = OutputFormat::Pth;
constexpr DType kF32 = DType::F32, kF16 = DType::F16, kBf16 = DType::BF16;

TEST_P(Plan, GivesEveryRoleItsType) {
  const Row& row = GetParam();
  const ConversionPlan plan = make_plan(row.source, row.type, row.format);
  for (const char* name : {"att.receptance.weight", "att.key.weight", "att.value.weight",
                           "att.output.weight", "ffn.key.weight", "ffn.value.weight"}) {
    for (const char* block : {"blocks.0.", "blocks.1."}) {
      EXPECT_EQ(type_in(plan, std::string(block) + name), row.linear) << name;
    }
  }
  EXPECT_EQ(type_in(plan, "emb.weight"), row.embedding);
  EXPECT_EQ(type_in(plan, "head.weight"), row.head);
  for (const char* name : {"a1", "a2", "v1", "v2", "g1", "g2"}) {
    EXPECT_EQ(type_in(plan, std::string("blocks.1.att.") + name), row.low_rank) << name;
  }
  for (const char* name : {"w1", "w2"}) {
    EXPECT_EQ(type_in(plan, std::string("blocks.1.att.") + name),
              row.format == kGguf ? row.vector : row.low_rank);
  }
  for (const char* name :
       {"blocks.0.ln0.weight", "blocks.0.ln1.bias", "blocks.1.ln2.weight", "blocks.1.att.x_r",
        "blocks.1.att.w0", "blocks.1.att.k_k", "blocks.1.att.r_k", "blocks.1.att.ln_x.weight",
        "blocks.1.ffn.x_k", "ln_out.weight"}) {
    EXPECT_EQ(type_in(plan, name), row.vector) << name;
  }
  EXPECT_TRUE(plan.fallbacks.empty());
  EXPECT_EQ(plan.quantised_twice, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Plan,
    testing::Values(
        Row{"f32", kF32, kSafe, kF16, kF32, kF32, kF32, kF32, kF32},
        Row{"f16", kF16, kPth, kF32, kF16, kF16, kF16, kF16, kF16},
        Row{"bf16", kBf16, kSafe, kF32, kBf16, kBf16, kBf16, kBf16, kBf16},
        Row{"f16_gguf", kF16, kGguf, kBf16, kF16, kF16, kF16, kF16, kF32},
        Row{"q8_0", DType::Q8_0, kSafe, kF32, DType::Q8_0, DType::Q8_0, DType::Q8_0, kF16, kF32},
        Row{"q8_0_f16", DType::Q8_0, kSafe, kF16, DType::Q8_0, DType::Q8_0, DType::Q8_0, kF16,
            kF16},
        Row{"q8_0_bf16", DType::Q8_0, kGguf, kBf16, DType::Q8_0, DType::Q8_0, DType::Q8_0, kBf16,
            kF32},
        Row{"q4_0", DType::Q4_0, kGguf, kF32, DType::Q4_0, DType::Q4_0, DType::Q8_0, kF16, kF32},
        Row{"q4_1", DType::Q4_1, kGguf, kF32, DType::Q4_1, DType::Q4_1, DType::Q8_0, kF16, kF32},
        Row{"q5_0", DType::Q5_0, kGguf, kF32, DType::Q5_0, DType::Q5_0, DType::Q8_0, kF16, kF32},
        Row{"q5_1", DType::Q5_1, kSafe, kF16, DType::Q5_1, DType::Q5_1, DType::Q8_0, kF16, kF16},
        Row{"q4_k", DType::Q4_K, kGguf, kF32, DType::Q4_K, DType::Q4_K, DType::Q6_K, kF16, kF32},
        Row{"q5_k", DType::Q5_K, kSafe, kBf16, DType::Q5_K, DType::Q5_K, DType::Q6_K, kBf16, kBf16},
        Row{"q6_k", DType::Q6_K, kGguf, kF32, DType::Q6_K, DType::Q6_K, DType::Q6_K, kF16, kF32},
        Row{"int8", DType::Int8Row, kSafe, kF32, DType::Int8Row, kF16, kF16, kF16, kF32},
        Row{"nf4", DType::NF4, kSafe, kBf16, DType::NF4, kF16, kF16, kBf16, kBf16}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ConversionPlan, WithoutATypeEachKeepsItsOwn) {
  const ConversionPlan plan = make_plan(kBf16, std::nullopt, kPth);
  for (const TensorInfo& info : plan.tensors) EXPECT_EQ(info.dtype, kBf16) << info.name;
  const ConversionPlan gguf = make_plan(kBf16, std::nullopt, kGguf);
  EXPECT_EQ(type_in(gguf, "head.weight"), kBf16);
  EXPECT_EQ(type_in(gguf, "ln_out.weight"), kF32);
}

TEST(ConversionPlan, KeepsNamesShapesAndOrder) {
  const auto infos = source(kF32);
  const ConversionPlan plan = make_plan(kF32, DType::Q4_K, kSafe);
  ASSERT_EQ(plan.tensors.size(), infos.size());
  uint64_t bytes = 0;
  for (size_t i = 0; i < infos.size(); ++i) {
    EXPECT_EQ(plan.tensors[i].name, infos[i].name);
    EXPECT_EQ(plan.tensors[i].shape, infos[i].shape);
    EXPECT_EQ(plan.tensors[i].size_bytes,
              gpu::size_bytes(plan.tensors[i].dtype, plan.tensors[i].shape));
    bytes += plan.tensors[i].size_bytes;
  }
  EXPECT_EQ(plan.bytes, bytes);
}

TEST(ConversionPlan, RowsThatTheBlockDoesNotDivideFallBack) {
  // Rows of 64: ffn.value alone has 4 * 64 = 256.
  const ConversionPlan plan = make_plan(kF32, DType::Q4_K, kSafe, 64);
  EXPECT_EQ(type_in(plan, "blocks.0.ffn.value.weight"), DType::Q4_K);
  EXPECT_EQ(type_in(plan, "blocks.0.ffn.key.weight"), DType::Q8_0);
  EXPECT_EQ(type_in(plan, "head.weight"), DType::Q8_0);
  ASSERT_EQ(plan.fallbacks.size(), 2u * 5 + 2);
  const auto head = std::ranges::find(plan.fallbacks, "head.weight", &Fallback::tensor);
  ASSERT_NE(head, plan.fallbacks.end());
  EXPECT_EQ(head->wanted, DType::Q6_K);
  EXPECT_EQ(head->got, DType::Q8_0);
  EXPECT_THAT(head->reason, HasSubstr("rows of 64"));

  const TensorInfo odd{"blocks.0.att.key.weight", kF32, {8, 40}, 8 * 40 * 4};
  for (const DType type : {DType::Q8_0, DType::Q4_K, DType::NF4}) {
    const auto of_odd = plan_conversion(std::span(&odd, 1), type, kSafe);
    ASSERT_TRUE(of_odd);
    EXPECT_EQ(of_odd->tensors[0].dtype, kF16);
    EXPECT_EQ(of_odd->fallbacks.size(), 1u);
  }
}

TEST(ConversionPlan, BlocksThatTheFormatCannotHoldBecomeF16) {
  const TensorInfo key{"blocks.0.att.key.weight", DType::NF4, {8, 64}, 8 * 34};
  const auto kept = plan_conversion(std::span(&key, 1), std::nullopt, kSafe);
  EXPECT_EQ(kept->tensors[0].dtype, DType::NF4);
  EXPECT_TRUE(kept->fallbacks.empty());
  for (const OutputFormat format : {kPth, kGguf}) {
    const auto plan = plan_conversion(std::span(&key, 1), std::nullopt, format);
    EXPECT_EQ(plan->tensors[0].dtype, kF16);
    ASSERT_EQ(plan->fallbacks.size(), 1u);
    EXPECT_THAT(plan->fallbacks[0].reason, HasSubstr("cannot hold nf4"));
  }
}

TEST(ConversionPlan, CountsWhatIsQuantisedTwice) {
  const TensorInfo key{"blocks.0.att.key.weight", DType::Q8_0, {8, 256}, 8 * 272};
  EXPECT_EQ(plan_conversion(std::span(&key, 1), DType::Q4_K, kGguf)->quantised_twice, 1);
  EXPECT_EQ(plan_conversion(std::span(&key, 1), DType::Q8_0, kGguf)->quantised_twice, 0);
  EXPECT_EQ(plan_conversion(std::span(&key, 1), kF16, kGguf)->quantised_twice, 0);
}

TEST(ConversionPlan, RefusesTypesThatTheFormatCannotHold) {
  const auto infos = source(kF32);
  EXPECT_FALSE(plan_conversion(infos, DType::Q4_K, kPth));
  EXPECT_FALSE(plan_conversion(infos, DType::Int8Row, kGguf));
  EXPECT_FALSE(plan_conversion(infos, DType::NF4, kGguf));
}

}  // namespace
}  // namespace greylag
