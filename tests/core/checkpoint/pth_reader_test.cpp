// SPDX-License-Identifier: Apache-2.0
// Do both formats of one model give the same tensors, bit for bit?
#include <gtest/gtest.h>

#include <cstring>

#include "core/checkpoint/reader.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

std::vector<std::byte> bytes_of(CheckpointReader& reader, const TensorInfo& info) {
  std::vector<std::byte> bytes(info.size_bytes);
  const Status status = reader.read(info, bytes);
  EXPECT_TRUE(status.ok()) << info.name << ": " << status.error().message;
  return bytes;
}

void expect_same_tensors(std::string_view stem) {
  const auto pth_path = test::shared_file(std::string("parity/").append(stem).append(".pth"));
  const auto flat_path =
      test::shared_file(std::string("parity/").append(stem).append(".safetensors"));
  if (!pth_path || !flat_path) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto pth = open_checkpoint(*pth_path);
  const auto flat = open_checkpoint(*flat_path);
  ASSERT_TRUE(pth.ok()) << pth.error().message;
  ASSERT_TRUE(flat.ok()) << flat.error().message;
  EXPECT_EQ((*pth)->format(), "pth");
  EXPECT_EQ((*flat)->format(), "safetensors");
  ASSERT_EQ((*pth)->tensors().size(), (*flat)->tensors().size());
  for (const TensorInfo& info : (*pth)->tensors()) {
    const TensorInfo* other = (*flat)->find(info.name);
    ASSERT_NE(other, nullptr) << info.name;
    EXPECT_EQ(info.shape, other->shape) << info.name;
    EXPECT_EQ(info.dtype, other->dtype) << info.name;
    EXPECT_EQ(bytes_of(**pth, info), bytes_of(**flat, *other)) << info.name;
  }
  EXPECT_TRUE((*pth)->verify().ok());
}

TEST(PthReader, ReadsTheParityModelAsSafetensorsDoes) { expect_same_tensors("tiny-rwkv7-byte"); }

TEST(PthReader, ReadsTheLivelyModelAsSafetensorsDoes) { expect_same_tensors("lively-rwkv7-byte"); }

TEST(PthReader, ReadsFloatsByName) {
  const auto path = test::shared_file("parity/tiny-rwkv7-byte.pth");
  if (!path) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto reader = open_checkpoint(*path);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  const auto values = (*reader)->read_f32("blocks.0.ln0.weight");
  ASSERT_TRUE(values.ok());
  EXPECT_EQ(values->size(), 64u);
  EXPECT_EQ((*reader)->read_f32("absent").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace greylag
