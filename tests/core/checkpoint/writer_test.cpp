// SPDX-License-Identifier: Apache-2.0
// Does a written checkpoint read back bit for bit, and does a failed write leave
// the old file?
#include "core/checkpoint/writer.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "core/base/file.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using gpu::DType;

// Runs a command; false if it fails.
bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

size_t count_files(const std::filesystem::path& folder) {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

struct Case {
  const char* name;
  DType dtype;
};

class Writer : public testing::TestWithParam<Case> {};

// The tensor's bytes as the writer was given them.
std::vector<std::byte> rounded(const test::TinyTensor& tensor) {
  std::vector<std::byte> bytes(tensor.info.size_bytes);
  gpu::convert(tensor.values.data(), DType::F32, bytes.data(), tensor.info.dtype,
               static_cast<int64_t>(tensor.values.size()));
  return bytes;
}

TEST_P(Writer, ReadsBackWhatItWrote) {
  const test::TempDir dir;
  const auto path = dir / GetParam().name;
  const test::TinyCheckpoint options{.layers = 2, .seed = 7, .dtype = GetParam().dtype};
  const auto tensors = test::make_tiny_tensors(options);
  const Status written = test::write_tensors(path, tensors);
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto reader = open_checkpoint(path);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  ASSERT_EQ((*reader)->tensors().size(), tensors.size());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const TensorInfo& info = (*reader)->tensors()[i];
    EXPECT_EQ(info.name, tensors[i].info.name);
    EXPECT_EQ(info.shape, tensors[i].info.shape);
    EXPECT_EQ(info.dtype, tensors[i].info.dtype);
    std::vector<std::byte> bytes(info.size_bytes);
    ASSERT_TRUE((*reader)->read(info, bytes).ok());
    EXPECT_EQ(bytes, rounded(tensors[i])) << info.name;
  }
  EXPECT_TRUE((*reader)->verify().ok());
}

INSTANTIATE_TEST_SUITE_P(Formats, Writer,
                         testing::Values(Case{"f32.pth", DType::F32}, Case{"f16.pth", DType::F16},
                                         Case{"bf16.pth", DType::BF16},
                                         Case{"f32.safetensors", DType::F32},
                                         Case{"f16.safetensors", DType::F16},
                                         Case{"bf16.safetensors", DType::BF16}));

TEST(SafetensorsWriter, AlignsDataAndKeepsMetadata) {
  const test::TempDir dir;
  const std::vector<float> values = {1, 2, 3};
  const NamedTensor tensor{{"a \"quoted\" name", DType::F32, {3}, 12},
                           std::as_bytes(std::span(values))};
  const std::map<std::string, std::string> metadata = {{"rank", "8"},
                                                       {"note", "gr\xC3\xBC\xC3\x9F"}};
  ASSERT_TRUE(write_safetensors(dir / "a.safetensors", std::span(&tensor, 1), metadata).ok());
  const auto text = read_text_file(dir / "a.safetensors", 1 << 20);
  ASSERT_TRUE(text.ok());
  EXPECT_EQ((text->size() - 12) % 64, 0u);
  const auto reader = open_checkpoint(dir / "a.safetensors");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ((*reader)->metadata(), metadata);
  EXPECT_EQ((*reader)->tensors()[0].name, "a \"quoted\" name");
}

TEST(Writer, KeepsEmptyAndScalarTensors) {
  const test::TempDir dir;
  const std::vector<test::TinyTensor> tensors = {test::make_tensor("empty", {0, 4}, {}),
                                                 test::make_tensor("scalar", {}, {2.5f})};
  for (const char* name : {"a.pth", "a.safetensors"}) {
    ASSERT_TRUE(test::write_tensors(dir / name, tensors).ok());
    const auto reader = open_checkpoint(dir / name);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_EQ((*reader)->read_f32("empty")->size(), 0u);
    EXPECT_EQ((*reader)->read_f32("scalar").value(), std::vector<float>{2.5f});
  }
}

TEST(Writer, RefusesRepeatedNamesAndWrongSizes) {
  const test::TempDir dir;
  const TensorSource source = [](const TensorInfo&, std::span<std::byte>) { return Status(); };
  const std::vector<TensorInfo> twice(2, TensorInfo{"a", DType::F32, {1}, 4});
  EXPECT_EQ(write_pth(dir / "a.pth", twice, source).error().code, ErrorCode::InvalidArgument);
  const std::vector<TensorInfo> wrong = {{"a", DType::F32, {1}, 5}};
  EXPECT_EQ(write_safetensors(dir / "a.safetensors", wrong, {}, source).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Writer, LeavesTheOldFileWhenTheSourceFails) {
  const test::TempDir dir;
  ASSERT_TRUE(write_file_atomic(dir / "a.pth", "old").ok());
  const TensorSource source = [](const TensorInfo&, std::span<std::byte>) {
    return Status(Error{ErrorCode::Cancelled, "stop"});
  };
  const std::vector<TensorInfo> infos = {{"a", DType::F32, {1}, 4}};
  EXPECT_EQ(write_pth(dir / "a.pth", infos, source).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(read_text_file(dir / "a.pth", 100).value(), "old");
  EXPECT_EQ(count_files(dir.path()), 1u);
}

// A folder that is a disk of 256 KiB.
struct SmallDisk {
  explicit SmallDisk(std::string path) : folder(std::move(path)) {
    is_mounted = run("mount -t tmpfs -o size=256k greylag-test " + folder + " 2>/dev/null");
  }
  ~SmallDisk() {
    if (is_mounted) {
      EXPECT_TRUE(run("umount " + folder));
    }
  }
  std::string folder;
  bool is_mounted;
};

TEST(Writer, FullDiskLeavesTheOldFile) {
  const test::TempDir dir;
  const SmallDisk disk(dir.path().string());
  if (!disk.is_mounted) GTEST_SKIP() << "mounting a small tmpfs is not allowed here";
  for (const char* name : {"a.pth", "a.safetensors"}) {
    EXPECT_TRUE(write_file_atomic(dir / name, "old").ok());
    const Status status = test::write_tiny_checkpoint(dir / name, {.layers = 2});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::NoSpace) << status.error().message;
    EXPECT_EQ(read_text_file(dir / name, 100).value(), "old");
  }
  EXPECT_EQ(count_files(dir.path()), 2u);
}

}  // namespace
}  // namespace greylag
