// SPDX-License-Identifier: Apache-2.0
// Do block formats survive a safetensors file, and is a carrier that does not fit its note refused?
#include "core/checkpoint/block_tensor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/checkpoint/writer.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using gpu::DType;

TEST(BlockTensor, ComesBackWithItsFormatShapeAndBytes) {
  const test::TempDir dir;
  std::vector<NamedTensor> tensors;
  std::vector<std::vector<std::byte>> bytes;
  for (const DType dtype : {DType::Q8_0, DType::Q4_K, DType::Int8Row, DType::NF4}) {
    const gpu::Shape shape{3, 512};
    bytes.emplace_back(gpu::size_bytes(dtype, shape), static_cast<std::byte>(bytes.size() + 1));
  }
  size_t i = 0;
  for (const DType dtype : {DType::Q8_0, DType::Q4_K, DType::Int8Row, DType::NF4}) {
    const std::string name = std::string(gpu::dtype_name(dtype)) + ".weight";
    tensors.push_back({{name, dtype, {3, 512}, bytes[i].size()}, bytes[i]});
    ++i;
  }
  ASSERT_TRUE(write_safetensors(dir / "a.safetensors", tensors, {{"made_by", "test"}}).ok());
  const auto reader = open_checkpoint(dir / "a.safetensors");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->metadata().size(), 1u);  // the notes are not shown
  for (const NamedTensor& tensor : tensors) {
    const TensorInfo* info = (*reader)->find(tensor.info.name);
    ASSERT_NE(info, nullptr);
    EXPECT_EQ(info->dtype, tensor.info.dtype);
    EXPECT_EQ(info->shape, tensor.info.shape);
    std::vector<std::byte> read(info->size_bytes);
    ASSERT_TRUE((*reader)->read(*info, read).ok());
    EXPECT_TRUE(std::ranges::equal(read, tensor.bytes));
    std::vector<std::byte> row(info->size_bytes / 3);
    ASSERT_TRUE((*reader)->read_rows(*info, 2, 1, row).ok());
    EXPECT_TRUE(std::ranges::equal(row, tensor.bytes.last(row.size())));
    EXPECT_FALSE((*reader)->read_rows(*info, 2, 2, read).ok());
  }
}

TEST(BlockTensor, RefusesCarriersThatDoNotFitTheirNote) {
  const TensorInfo carrier{"w", DType::U8, {2, 144}, 288};
  EXPECT_TRUE(unpack_block_tensor(carrier, "q4_k [2, 256]").ok());
  for (const char* note :
       {"q4_k [2, 512]", "q4_k [3, 256]", "q4_k [2, 255]", "q4_k [2,256]", "q4_k [ 2, 256]",
        "q4_k [2, 256", "q4_k [02, 256]", "q4_k 2, 256", "q4_k", "", "Q4_K [2, 256]", "f32 [2, 36]",
        "q9_9 [2, 256]", "q4_k [-2, 256]", "q4_k [2, 256] ", "q4_k []", "q4_k [0, 256]",
        "q4_k [4294967296, 4294967296, 4294967296, 256]", "q4_k [99999999999999999999, 256]"}) {
    EXPECT_FALSE(unpack_block_tensor(carrier, note).ok()) << note;
  }
  // Two products that are the carrier's modulo 2^64.
  EXPECT_FALSE(unpack_block_tensor({"w", DType::U8, {0, 144}, 0},
                                   "q4_k [4294967296, 4294967296, 4294967296, 256]")
                   .ok());
  EXPECT_FALSE(unpack_block_tensor({"w", DType::U8, {3, 4294967300}, 12884901900},
                                   "int8 [4294967296, 4294967296]")
                   .ok());
  EXPECT_FALSE(unpack_block_tensor({"w", DType::I8, {2, 144}, 288}, "q4_k [2, 256]").ok());
  EXPECT_FALSE(unpack_block_tensor({"w", DType::U8, {288}, 288}, "q4_k [2, 256]").ok());
}

}  // namespace
}  // namespace greylag
