// SPDX-License-Identifier: Apache-2.0
#include "core/base/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using Bytes = std::span<const std::byte>;
using testing::HasSubstr;

constexpr size_t kSize = 256 << 10;  // pages of several sizes

class InputFileTest : public testing::Test {
 protected:
  InputFileTest() { std::ofstream(path_, std::ios::binary) << std::string(kSize, 'x'); }
  void cut() { std::filesystem::resize_file(path_, 10); }

  test::TempDir dir_;
  std::filesystem::path path_ = dir_ / "file";
};

size_t count_x(Bytes bytes) {
  return static_cast<size_t>(std::ranges::count(bytes, std::byte{'x'}));
}

TEST_F(InputFileTest, ReadsAnyPart) {
  std::ofstream(path_, std::ios::binary) << "0123456789";
  const auto file = InputFile::open(path_);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->size_bytes(), 10u);
  std::vector<std::byte> out(3);
  ASSERT_TRUE(file->read(7, out));
  EXPECT_EQ(out[2], std::byte{'9'});
  std::filesystem::rename(path_, dir_ / "elsewhere");
  EXPECT_TRUE(file->read(0, out));
}

TEST_F(InputFileTest, OpensRegularFilesAlone) {
  EXPECT_EQ(InputFile::open(dir_ / "none").error().code, ErrorCode::NotFound);
  EXPECT_EQ(InputFile::open(dir_.path()).error().code, ErrorCode::BadFile);
  EXPECT_EQ(InputFile::open("/dev/zero").error().code, ErrorCode::BadFile);
}

TEST_F(InputFileTest, AFileThatIsCutIsAnErrorOfARead) {
  const auto file = InputFile::open(path_);
  ASSERT_TRUE(file.ok());
  cut();
  std::vector<std::byte> out(kSize);
  const Status read = file->read(0, out);
  EXPECT_EQ(read.error().code, ErrorCode::BadFile);
  EXPECT_THAT(read.error().message, HasSubstr("was cut"));
}

TEST_F(InputFileTest, LooksAtAWholeFile) {
  const auto file = InputFile::open(path_);
  ASSERT_TRUE(file.ok());
  const auto count =
      look_at_mapped(*file, [](Bytes bytes) { return Result<size_t>(count_x(bytes)); });
  EXPECT_EQ(*count, kSize);
  std::ofstream(dir_ / "empty");
  const auto empty = InputFile::open(dir_ / "empty");
  EXPECT_EQ(*look_at_mapped(*empty, [](Bytes b) { return Result<size_t>(b.size()); }), 0u);
}

TEST_F(InputFileTest, AFileThatIsCutUnderALookIsAnErrorAndNoSignal) {
  const auto file = InputFile::open(path_);
  ASSERT_TRUE(file.ok());
  size_t seen = 0;
  const auto answer = look_at_mapped(*file, [&](Bytes bytes) {
    cut();
    seen = count_x(bytes);
    return Result<int>(1);
  });
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::BadFile);
  EXPECT_THAT(answer.error().message, HasSubstr("was cut"));
  EXPECT_EQ(seen, 10u);  // zeros else
}

TEST_F(InputFileTest, FilesCutInSeveralThreadsAreAllNoticed) {
  const auto file = InputFile::open(path_);
  ASSERT_TRUE(file.ok());
  std::ofstream(dir_ / "whole", std::ios::binary) << std::string(kSize, 'x');
  const auto whole = InputFile::open(dir_ / "whole");
  std::vector<int> noticed(8);
  cut();
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < noticed.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 50; ++round) {
          const auto count = [](Bytes bytes) { return Result<size_t>(count_x(bytes)); };
          noticed[i] += look_at_mapped(*file, count).ok() ? 0 : 1;
          noticed[i] += look_at_mapped(*whole, count).ok() ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(noticed, std::vector<int>(8, 100));
}

TEST_F(InputFileTest, BytesInMemoryAreAFileToo) {
  const std::vector<std::byte> bytes(100, std::byte{'x'});
  const InputFile file = InputFile::in_memory(bytes);
  std::vector<std::byte> out(50);
  ASSERT_TRUE(file.read(50, out));
  EXPECT_EQ(count_x(out), 50u);
  const auto begin = look_at_mapped(file, [](Bytes b) { return Result<const void*>(b.data()); });
  EXPECT_EQ(*begin, bytes.data());
}

}  // namespace
}  // namespace greylag
