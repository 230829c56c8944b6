// SPDX-License-Identifier: Apache-2.0
// The values of the result are those of the source, encoded once; what cannot be is refused.
#include "core/convert/convert_checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/file.h"
#include "core/checkpoint/reader.h"
#include "gpu/quant/quant.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using gpu::DType;
using testing::HasSubstr;

class ConvertTest : public testing::Test {
 protected:
  fs::path make_source(const char* name, DType dtype, int64_t width = 64) {
    EXPECT_TRUE(test::write_tiny_checkpoint(
        dir_ / name, {.width = width, .vocab = 300, .seed = 5, .dtype = dtype}));
    return dir_ / name;
  }
  Conversion convert(const fs::path& in, const fs::path& out,
                     std::optional<DType> type = std::nullopt) {
    const auto done = convert_checkpoint(in, out, {.type = type, .threads = 2});
    EXPECT_TRUE(done) << done.error().message;
    return done ? *done : Conversion();
  }
  Error refusal(const fs::path& in, const fs::path& out, std::optional<DType> type = std::nullopt) {
    const auto done = convert_checkpoint(in, out, {.type = type, .threads = 2});
    EXPECT_FALSE(done);
    return done ? Error() : done.error();
  }
  static std::string bytes(const fs::path& path) { return read_text_file(path, 1 << 30).value(); }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir_.path()), {}));
  }
  test::TempDir dir_;
};

std::vector<std::byte> read(CheckpointReader& reader, const TensorInfo& info) {
  std::vector<std::byte> out(info.size_bytes);
  EXPECT_TRUE(reader.read(info, out));
  return out;
}

TEST_F(ConvertTest, FromSafetensorsToPthAndBackIsTheSameFile) {
  const fs::path source = make_source("a.safetensors", DType::BF16);
  convert(source, dir_ / "b.pth");
  convert(dir_ / "b.pth", dir_ / "c.safetensors");
  convert(source, dir_ / "d.safetensors");
  EXPECT_EQ(bytes(dir_ / "c.safetensors"), bytes(dir_ / "d.safetensors"));
  const auto before = open_checkpoint(source), after = open_checkpoint(dir_ / "c.safetensors");
  ASSERT_TRUE(before && after);
  ASSERT_EQ((*before)->tensors().size(), (*after)->tensors().size());
  for (const TensorInfo& info : (*before)->tensors()) {
    const TensorInfo* other = (*after)->find(info.name);
    ASSERT_NE(other, nullptr) << info.name;
    EXPECT_EQ(other->dtype, info.dtype);
    EXPECT_EQ(read(**after, *other), read(**before, info)) << info.name;
  }
}

TEST_F(ConvertTest, NarrowsOnceAndWidensExactly) {
  const fs::path source = make_source("a.safetensors", DType::F32);
  for (const DType half : {DType::F16, DType::BF16}) {
    convert(source, dir_ / "half.pth", half);
    convert(dir_ / "half.pth", dir_ / "wide.safetensors", DType::F32);
    const auto original = open_checkpoint(source),
               wide = open_checkpoint(dir_ / "wide.safetensors");
    ASSERT_TRUE(original && wide);
    for (const TensorInfo& info : (*original)->tensors()) {
      std::vector<float> expected = (*original)->read_f32(info.name).value();
      const auto n = static_cast<int64_t>(expected.size());
      std::vector<uint16_t> narrow(expected.size());
      gpu::convert(expected.data(), DType::F32, narrow.data(), half, n);
      gpu::convert(narrow.data(), half, expected.data(), DType::F32, n);
      EXPECT_EQ((*wide)->find(info.name)->dtype, DType::F32);
      EXPECT_EQ((*wide)->read_f32(info.name).value(), expected) << info.name;
    }
  }
}

TEST_F(ConvertTest, BlocksAreTheEncodedRowsOfTheSource) {
  const fs::path source = make_source("a.safetensors", DType::F32, 256);
  for (const DType type : {DType::Q8_0, DType::Q4_0, DType::Q5_1, DType::Q4_K, DType::Q6_K,
                           DType::Int8Row, DType::NF4}) {
    const Conversion done = convert(source, dir_ / "b.safetensors", type);
    EXPECT_TRUE(done.fallbacks.empty());
    const auto from = open_checkpoint(source), to = open_checkpoint(dir_ / "b.safetensors");
    ASSERT_TRUE(from && to) << to.error().message;
    for (const TensorInfo& info : (*to)->tensors()) {
      const std::vector<float> values = (*from)->read_f32(info.name).value();
      const int64_t columns = info.shape[-1];
      const size_t row = gpu::row_bytes(info.dtype, columns);
      std::vector<std::byte> expected(info.size_bytes);
      for (size_t r = 0; r < info.size_bytes / row; ++r) {
        gpu::encode_row(info.dtype, values.data() + static_cast<int64_t>(r) * columns,
                        expected.data() + r * row, columns);
      }
      EXPECT_EQ(read(**to, info), expected) << info.name << " " << gpu::dtype_name(type);
    }
  }
}

TEST_F(ConvertTest, OneThreadGivesTheSameBytesAsMany) {
  const fs::path source = make_source("a.safetensors", DType::F16, 256);
  for (const unsigned threads : {1u, 3u}) {
    const auto done = convert_checkpoint(source, dir_ / (std::to_string(threads) + ".safetensors"),
                                         {.type = DType::Q4_K, .threads = threads});
    ASSERT_TRUE(done) << done.error().message;
  }
  EXPECT_EQ(bytes(dir_ / "1.safetensors"), bytes(dir_ / "3.safetensors"));
}

TEST_F(ConvertTest, QuantisedSourcesAreReadAndWarnedAbout) {
  const fs::path source = make_source("a.safetensors", DType::F32, 256);
  convert(source, dir_ / "q8.safetensors", DType::Q8_0);
  std::vector<std::string> notes;
  const auto again = convert_checkpoint(
      dir_ / "q8.safetensors", dir_ / "q4.safetensors",
      {.type = DType::Q4_K, .note = [&](const std::string& note) { notes.push_back(note); }});
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_THAT(notes[0], HasSubstr("quantised already"));
  convert(dir_ / "q8.safetensors", dir_ / "same.safetensors");
  EXPECT_EQ(bytes(dir_ / "same.safetensors"), bytes(dir_ / "q8.safetensors"));
  const Conversion wide = convert(dir_ / "q8.safetensors", dir_ / "wide.pth");
  EXPECT_EQ(wide.fallbacks.size(), 2u * 6 + 2);
  EXPECT_EQ((*open_checkpoint(dir_ / "wide.pth"))->find("head.weight")->dtype, DType::F16);
}

TEST_F(ConvertTest, ReportsWhatItDid) {
  const fs::path source = make_source("a.safetensors", DType::F32);
  uint64_t last = 0;
  const auto done = convert_checkpoint(source, dir_ / "b.pth",
                                       {.type = DType::F16, .progress = [&](const auto& progress) {
                                          EXPECT_GE(progress.done_bytes, last);
                                          last = progress.done_bytes;
                                          EXPECT_LE(last, progress.total_bytes);
                                          return true;
                                        }});
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_GT(last, 0u);
  EXPECT_EQ(done->bytes_in, fs::file_size(source));
  EXPECT_EQ(done->bytes_out, fs::file_size(dir_ / "b.pth"));
  EXPECT_EQ(done->kept_bytes, 0u);
  EXPECT_EQ(done->tensors, static_cast<int64_t>((*open_checkpoint(source))->tensors().size()));
  EXPECT_EQ(entries(), 2u);
}

TEST_F(ConvertTest, NumbersThatAreNoneAreRefusedByName) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const float value : {std::nanf(""), kInfinity, -kInfinity}) {
    auto tensors = test::make_tiny_tensors({});
    const auto bad = std::ranges::find(tensors, "blocks.1.ffn.key.weight",
                                       [](const auto& tensor) { return tensor.info.name; });
    bad->values[64 * 3 + 2] = value;
    ASSERT_TRUE(test::write_tensors(dir_ / "a.safetensors", tensors));
    for (const std::optional<DType> type : {std::optional<DType>(), std::optional(DType::BF16)}) {
      const Error error = refusal(dir_ / "a.safetensors", dir_ / "b.pth", type);
      EXPECT_EQ(error.code, ErrorCode::BadFile);
      EXPECT_THAT(error.message,
                  HasSubstr("blocks.1.ffn.key.weight: the value in row 3, column 2"));
      EXPECT_THAT(error.message, HasSubstr(std::isnan(value) ? "not a number" : "infinite"));
      EXPECT_THAT(error.message, HasSubstr("a.safetensors"));
      EXPECT_EQ(entries(), 1u);  // nothing is kept of it
    }
  }
}

TEST_F(ConvertTest, NumbersBeyondTheTypeAreRefusedByPlace) {
  auto tensors = test::make_tiny_tensors({});
  ASSERT_EQ(tensors[0].info.name, "emb.weight");
  tensors[0].values[64 * 7 + 5] = -65520.0f;
  ASSERT_TRUE(test::write_tensors(dir_ / "a.safetensors", tensors));
  for (const DType type : {DType::F16, DType::Q8_0}) {
    const Error error = refusal(dir_ / "a.safetensors", dir_ / "b.safetensors", type);
    EXPECT_EQ(error.code, ErrorCode::BadFile);
    EXPECT_THAT(error.message, HasSubstr("emb.weight"));
    EXPECT_THAT(error.message, HasSubstr("row 7, column 5"));
    EXPECT_THAT(error.message, HasSubstr("choose bf16 or f32"));
  }
  convert(dir_ / "a.safetensors", dir_ / "b.safetensors", DType::BF16);
  tensors[0].values[64 * 7 + 5] = 65519.0f;  // rounds to the largest f16
  ASSERT_TRUE(test::write_tensors(dir_ / "a.safetensors", tensors));
  convert(dir_ / "a.safetensors", dir_ / "b.safetensors", DType::F16);
}

TEST_F(ConvertTest, TheInputIsNeverTheOutput) {
  const fs::path source = make_source("a.safetensors", DType::F32);
  const std::string before = bytes(source);
  fs::create_hard_link(source, dir_ / "link.safetensors");
  fs::create_symlink(source, dir_ / "symbolic.safetensors");
  for (const fs::path& out : {source, dir_ / "." / "a.safetensors", dir_ / "link.safetensors",
                              dir_ / "symbolic.safetensors"}) {
    EXPECT_EQ(refusal(source, out, DType::F16).code, ErrorCode::InvalidArgument) << out;
  }
  fs::rename(source, dir_ / ".b.pth.part");
  EXPECT_EQ(refusal(dir_ / ".b.pth.part", dir_ / "b.pth").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(bytes(dir_ / ".b.pth.part"), before);
}

TEST_F(ConvertTest, RefusesWhatItCannotWriteOrRead) {
  const fs::path source = make_source("a.safetensors", DType::F32);
  EXPECT_EQ(refusal(source, dir_ / "no" / "b.pth").code, ErrorCode::NotFound);
  EXPECT_EQ(refusal(source, dir_ / "b.bin").code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refusal(source, dir_ / "b.pth", DType::Q8_0).code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refusal(dir_ / "gone.pth", dir_ / "b.pth").code, ErrorCode::NotFound);
  ASSERT_TRUE(test::write_tensors(dir_ / "v6.pth",
                                  {test::make_tensor("blocks.0.att.time_maa_x", {2}, {1, 2})}));
  EXPECT_THAT(refusal(dir_ / "v6.pth", dir_ / "b.pth").message, HasSubstr("RWKV-6"));
  EXPECT_EQ(entries(), 2u);
}

}  // namespace
}  // namespace greylag
