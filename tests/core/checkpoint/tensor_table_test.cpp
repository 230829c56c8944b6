// SPDX-License-Identifier: Apache-2.0
// Does check_table refuse every table that would read outside the file, whoever made it? Parsers
// refuse most of these earlier; a table may also come from another process.
#include "core/checkpoint/tensor_table.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/checkpoint/reader.h"

namespace greylag {
namespace {

using gpu::DType;

constexpr uint64_t kFileBytes = 1000;

// "w": F32 [2, 3] at byte 8 of a region of 100 bytes.
TensorTable good_table() {
  TensorTable table;
  table.format = "test";
  table.regions.push_back({"data", 900, 100, std::nullopt});
  table.tensors.push_back(dense_tensor("w", DType::F32, {2, 3}, 0, 8));
  return table;
}

std::string refusal(const std::function<void(TensorTable&)>& bend) {
  TensorTable table = good_table();
  bend(table);
  const Status status = check_table(table, kFileBytes);
  return status.ok() ? "accepted" : status.error().message;
}

std::string refusal_of_tensor(const std::function<void(StoredTensor&)>& bend) {
  return refusal([&](TensorTable& table) { bend(table.tensors[0]); });
}

TEST(TensorTable, AcceptsTensorsUpToTheEndOfTheirRegion) {
  EXPECT_EQ(refusal([](TensorTable&) {}), "accepted");
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.offset = 76; }), "accepted");
}

TEST(TensorTable, RefusesRegionsBeyondTheFile) {
  const std::string rule = "data: it reaches beyond the file";
  EXPECT_EQ(refusal([](TensorTable& t) { t.regions[0].offset = 901; }), rule);
  EXPECT_EQ(refusal([](TensorTable& t) { t.regions[0].size_bytes = 101; }), rule);
  EXPECT_EQ(refusal([](TensorTable& t) { t.regions[0].offset = UINT64_MAX - 99; }), rule);
  EXPECT_EQ(refusal([](TensorTable& t) { t.regions[0].size_bytes = UINT64_MAX - 899; }), rule);
}

TEST(TensorTable, RefusesTensorsBeyondTheirRegion) {
  const std::string rule = "w: it reaches beyond its storage";
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.offset = 77; }), rule);
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.offset = UINT64_MAX - 3; }), rule);
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.strides[0] = 21; }), rule);
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.strides[0] = -1; }), rule);
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.strides[1] = INT64_MAX; }), rule);
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.region = 1; }),
            "w: its storage is not in the file");
}

TEST(TensorTable, RefusesSizesThatDoNotFollowFromTheShape) {
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.info.size_bytes = 20; }),
            "w: its size is not that of its shape");
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) {
              t.info.shape = {int64_t{1} << 32, int64_t{1} << 32};
              t.info.size_bytes = 0;  // what the product wraps to
            }),
            "w: its size overflows");
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) {
              t.info.shape = {-2, -3};
            }),
            "w: its size overflows");
}

TEST(TensorTable, RefusesNamesThatAreNoneOrOccurTwice) {
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.info.name.clear(); }),
            ": the name is not text of 1 to 1024 bytes");
  EXPECT_EQ(refusal([](TensorTable& t) { t.tensors.push_back(t.tensors[0]); }),
            "w: the name occurs twice");
}

TEST(TensorTable, RefusesTensorsThatTogetherViewMoreThanTwiceTheFile) {
  const auto add = [](TensorTable& table, int count) {
    for (int i = 0; i < count; ++i) {
      table.tensors.push_back(dense_tensor("v" + std::to_string(i), DType::U8, {100}, 0, 0));
    }
  };
  EXPECT_EQ(refusal([&](TensorTable& t) { add(t, 19); }), "accepted");
  EXPECT_EQ(refusal([&](TensorTable& t) { add(t, 20); }),
            "v19: the tensors together view more than twice the file's size");
}

TEST(TensorTable, RefusesBlockFormatsThatAreNotInRows) {
  const std::string rule = "w: its rows are no whole number of blocks";
  const auto blocks = [](const std::function<void(StoredTensor&)>& bend) {
    return refusal([&](TensorTable& table) {
      table.tensors[0] = dense_tensor("w", DType::Q8_0, {2, 32}, 0, 0);
      bend(table.tensors[0]);
    });
  };
  EXPECT_EQ(blocks([](StoredTensor&) {}), "accepted");
  EXPECT_EQ(blocks([](StoredTensor& t) { t.stored_columns = 0; }), rule);
  EXPECT_EQ(blocks([](StoredTensor& t) { t.stored_columns = 64; }), rule);
  EXPECT_EQ(blocks([](StoredTensor& t) { t.strides = {1, 2}; }), rule);
  EXPECT_EQ(blocks([](StoredTensor& t) { t.info.shape = {2, 33}; }), rule);
  EXPECT_EQ(blocks([](StoredTensor& t) { t.stored_columns = 7; }), rule);
  EXPECT_EQ(refusal_of_tensor([](StoredTensor& t) { t.stored = DType::F16; }), rule);
}

// A table from another process may hold any stride where nothing is stepped over; the sanitizers of
// the asan build watch the arithmetic.
TEST(TensorTable, IdleStridesAreNotStepped) {
  std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const auto file = std::as_bytes(std::span(values));
  TensorTable table;
  table.regions.push_back({"data", 0, file.size(), std::nullopt});
  table.tensors.push_back(dense_tensor("w", DType::F32, {2, 3, 1}, 0, 0));
  table.tensors[0].strides = {1, 2, INT64_MAX};
  const auto reader = CheckpointReader::create(InputFile::in_memory(file), table);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->read_f32("w").value(), (std::vector<float>{1, 3, 5, 2, 4, 6}));
}

// 2^46 x 2^17 fits 64 bits without a sign, but not with one.
TEST(TensorTable, AZeroDoesNotHideThatTheLengthsBeforeItOverflow) {
  const int64_t long_side = int64_t{1} << 46, side = int64_t{1} << 17;
  EXPECT_FALSE(element_count({long_side, side, 0}).is_valid());
  EXPECT_FALSE(element_count({-1, 2}).is_valid());
  EXPECT_TRUE(element_count({0, side, long_side}).equals(0));
  EXPECT_TRUE(element_count({2, 3, 4}).equals(24));
  EXPECT_TRUE(element_count({}).equals(1));
}

TEST(ContiguousStrides, AreNoneForAnEmptyTensorHoweverLong) {
  EXPECT_EQ(contiguous_strides({2, 3, 4}), (Strides{12, 4, 1}));
  EXPECT_EQ(contiguous_strides({0, int64_t{1} << 62, 4}), Strides{});
}

}  // namespace
}  // namespace greylag
