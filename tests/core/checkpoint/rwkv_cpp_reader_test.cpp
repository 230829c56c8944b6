// SPDX-License-Identifier: Apache-2.0
// Does a file of rwkv.cpp show the names, shapes and values of a .pth? What is refused:
// tests/hostile.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/core/checkpoint/file_of_bytes.h"
#include "tests/core/checkpoint/parity_values.h"
#include "tests/core/checkpoint/raw_rwkv_cpp.h"

namespace greylag {
namespace {

using gpu::DType;
using test::RawRwkvCpp;

Result<std::unique_ptr<CheckpointReader>> open(const RawRwkvCpp& file) {
  const test::TempDir dir;
  test::write_bytes(dir / "model.bin", test::rwkv_cpp_bytes(file));
  return open_checkpoint(dir / "model.bin");
}

TEST(RwkvCppReader, ParityModelIsBitEqualInF16) {
  const auto file = test::shared_file("parity/tiny-rwkv7-byte-rwkvcpp-f16.bin");
  const auto reference = test::shared_file("parity/tiny-rwkv7-byte.safetensors");
  if (!file || !reference) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto reader = open_checkpoint(*file);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->format(), "rwkv.cpp");
  test::expect_same_structure(**reader, *reference);
  test::expect_equal_values(**reader, *reference);
  EXPECT_EQ((*reader)->find("blocks.5.att.w1")->dtype, DType::F16);
}

TEST(RwkvCppReader, ParityModelKeepsItsBlocksInQ50) {
  const auto file = test::shared_file("parity/tiny-rwkv7-byte-rwkvcpp-q5_0.bin");
  const auto reference = test::shared_file("parity/tiny-rwkv7-byte.safetensors");
  if (!file || !reference) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto reader = open_checkpoint(*file);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  test::expect_same_structure(**reader, *reference);
  EXPECT_EQ((*reader)->find("blocks.5.att.key.weight")->dtype, DType::Q5_0);
  test::expect_q5_0_values(**reader, *reference);
}

TEST(RwkvCppReader, SplitsTheFusedLerpAndTurnsLowRankMatrices) {
  RawRwkvCpp file = test::valid_rwkv_cpp();
  std::vector<float> lerp(384), w1(512);
  for (size_t i = 0; i < lerp.size(); ++i) lerp[i] = std::floor(static_cast<float>(i) / 64);
  for (size_t i = 0; i < w1.size(); ++i) w1[i] = std::floor(static_cast<float>(i) / 64);
  std::memcpy(file.tensors[1].data.data(), lerp.data(), lerp.size() * 4);
  std::memcpy(file.tensors[2].data.data(), w1.data(), w1.size() * 4);
  const auto reader = open(file);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->read_f32("blocks.0.att.x_r").value(), std::vector<float>(64, 0.0f));
  EXPECT_EQ((*reader)->read_f32("blocks.0.att.x_a").value(), std::vector<float>(64, 4.0f));
  const std::vector<float> values = (*reader)->read_f32("blocks.0.att.w1").value();
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], static_cast<float>(i % 8));
  EXPECT_EQ((*reader)->find("blocks.0.att.r_k")->shape, (gpu::Shape{1, 64}));
}

TEST(RwkvCppReader, LeavesModelsBeforeRwkv7AsTheyAre) {
  RawRwkvCpp file;
  const std::string zeros(256, '\0');
  file.tensors = {{"emb.weight", {64, 2}, 0, zeros + zeros, {}, {}},
                  {"blocks.0.att.time_mix_k", {64}, 0, zeros, {}, {}},
                  {"blocks.0.att.time_decay", {64}, 0, zeros, {}, {}},
                  {"blocks.0.att.time_maa_w1", {8, 4, 2}, 0, zeros, {}, {}}};
  const auto reader = open(file);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  ASSERT_EQ((*reader)->tensors().size(), 4u);
  EXPECT_EQ((*reader)->tensors()[2].name, "blocks.0.att.time_decay");
  EXPECT_EQ((*reader)->tensors()[3].shape, (gpu::Shape{2, 4, 8}));
}

TEST(RwkvCppReader, TakesEveryQuantisedType) {
  const std::pair<uint32_t, DType> types[] = {
      {2, DType::Q4_0}, {3, DType::Q4_1},  {7, DType::Q5_0},  {8, DType::Q5_1},
      {9, DType::Q8_0}, {13, DType::Q4_K}, {14, DType::Q5_K}, {15, DType::Q6_K}};
  for (const auto& [number, dtype] : types) {
    RawRwkvCpp file = test::valid_rwkv_cpp();
    file.width = 256;
    file.tensors[0].ne = {256, 2};
    file.tensors[0].type = file.type = number;
    file.tensors[0].data = std::string(gpu::size_bytes(dtype, {2, 256}), '\0');
    const auto reader = open(file);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ((*reader)->find("emb.weight")->dtype, dtype);
  }
}

// A cut between two tensors leaves a file that is whole but lacks tensors: the schema refuses it.
TEST(RwkvCppReader, RefusesEveryTruncationInsideATensor) {
  RawRwkvCpp file = test::valid_rwkv_cpp();
  const std::string whole = test::rwkv_cpp_bytes(file);
  std::vector<size_t> whole_lengths;
  for (; !file.tensors.empty(); file.tensors.pop_back()) {
    whole_lengths.push_back(test::rwkv_cpp_bytes(file).size());
  }
  whole_lengths.push_back(test::rwkv_cpp_bytes(file).size());
  for (size_t length = 4; length < whole.size(); ++length) {
    if (std::ranges::count(whole_lengths, length) != 0) continue;
    const std::string cut = whole.substr(0, length);
    EXPECT_FALSE(parse_checkpoint(std::as_bytes(std::span(cut))).ok()) << length;
  }
}

}  // namespace
}  // namespace greylag
