// SPDX-License-Identifier: Apache-2.0
// The step of a Q5_0 block is its largest magnitude / 16; the value opposite to that one is clipped
// by at most one step, all others are rounded by half a step. The scale itself is an f16.
#include "tests/core/checkpoint/parity_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace greylag::test {
namespace {

using gpu::DType;

constexpr size_t kBlock = 32;
constexpr float kHalfPrecision = 1.001f;  // an f16 scale is off by at most 2^-11

std::vector<float> rounded_to(DType dtype, const std::vector<float>& values) {
  const auto n = static_cast<int64_t>(values.size());
  std::vector<std::byte> narrow(values.size() * gpu::dtype_size(dtype));
  std::vector<float> wide(values.size());
  gpu::convert(values.data(), DType::F32, narrow.data(), dtype, n);
  gpu::convert(narrow.data(), dtype, wide.data(), DType::F32, n);
  return wide;
}

bool is_within_blocks(const std::vector<float>& values, const std::vector<float>& wanted) {
  for (size_t block = 0; block < wanted.size(); block += kBlock) {
    float largest = 0;
    for (size_t i = block; i < block + kBlock; ++i) {
      largest = std::max(largest, std::abs(wanted[i]));
    }
    for (size_t i = block; i < block + kBlock; ++i) {
      if (!(std::abs(values[i] - wanted[i]) <= kHalfPrecision * largest / 16)) return false;
    }
  }
  return true;
}

void expect_values(CheckpointReader& reader, const std::filesystem::path& path,
                   bool (*is_equal_in_blocks)(const std::vector<float>&,
                                              const std::vector<float>&)) {
  const auto reference = open_checkpoint(path);
  ASSERT_TRUE(reference.ok());
  size_t blocks = 0;
  for (const TensorInfo& info : reader.tensors()) {
    const Result<std::vector<float>> values = reader.read_f32(info.name);
    const Result<std::vector<float>> wanted = (*reference)->read_f32(info.name);
    ASSERT_TRUE(values.ok() && wanted.ok()) << info.name;
    ASSERT_EQ(values->size(), wanted->size()) << info.name;
    if (gpu::is_block_format(info.dtype)) {
      ++blocks;
      EXPECT_TRUE(is_equal_in_blocks(*values, *wanted)) << info.name;
      continue;
    }
    const std::vector<float> exact = rounded_to(info.dtype, *wanted);
    EXPECT_EQ(std::memcmp(values->data(), exact.data(), exact.size() * sizeof(float)), 0)
        << info.name;
  }
  EXPECT_EQ(blocks > 0, is_equal_in_blocks != nullptr);
}

}  // namespace

void expect_same_structure(const CheckpointReader& reader, const std::filesystem::path& path) {
  const auto reference = open_checkpoint(path);
  ASSERT_TRUE(reference.ok());
  EXPECT_EQ(reader.tensors().size(), (*reference)->tensors().size());
  for (const TensorInfo& wanted : (*reference)->tensors()) {
    const TensorInfo* info = reader.find(wanted.name);
    ASSERT_NE(info, nullptr) << wanted.name;
    EXPECT_EQ(info->shape, wanted.shape) << wanted.name;
  }
}

void expect_equal_values(CheckpointReader& reader, const std::filesystem::path& reference) {
  expect_values(reader, reference, nullptr);
}

void expect_q5_0_values(CheckpointReader& reader, const std::filesystem::path& reference) {
  expect_values(reader, reference, is_within_blocks);
}

}  // namespace greylag::test
