// SPDX-License-Identifier: Apache-2.0
// A write that was cut short goes on from its last safe byte, and never mixes two jobs.
#include "core/base/resumable_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>

#include "core/base/file.h"
#include "core/base/platform.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

class ResumableFileTest : public testing::Test {
 protected:
  ResumableFileTest() { fs::create_directories(folder_); }
  ~ResumableFileTest() override { fs::remove_all(folder_); }
  std::unique_ptr<ResumableFile> open(const std::string& job, bool is_restarting = false) {
    auto file =
        ResumableFile::open(target_, job, {.is_restarting = is_restarting, .sync_every_bytes = 4});
    EXPECT_TRUE(file) << file.error().message;
    return file ? std::move(*file) : nullptr;
  }
  // As a crash leaves it: the flush that runs ends, nothing else happens.
  void write_and_drop(const std::string& job, std::string_view text) {
    ASSERT_TRUE(open(job)->write(text));
  }
  std::string text() { return read_text_file(target_, 1 << 20).value(); }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_ = fs::temp_directory_path() /
                     ("greylag-resumable-test-" + std::to_string(platform::process_id()));
  fs::path target_ = folder_ / "model.bin";
};

TEST_F(ResumableFileTest, LeavesOnlyTheTarget) {
  const auto file = open("a");
  EXPECT_EQ(file->start(), ResumableFile::Start::New);
  EXPECT_FALSE(file->keeps(1));
  ASSERT_TRUE(file->write("0123456789"));
  EXPECT_FALSE(fs::exists(target_));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(text(), "0123456789");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ResumableFileTest, GoesOnAfterTheSafeBytes) {
  write_and_drop("a", "01234567");
  const auto file = open("a");
  EXPECT_EQ(file->start(), ResumableFile::Start::Continued);
  EXPECT_EQ(file->kept_bytes(), 8u);
  ASSERT_TRUE(file->write("01"));  // the same bytes again
  EXPECT_TRUE(file->keeps(6));
  EXPECT_FALSE(file->keeps(7));
  std::string seen;
  ASSERT_TRUE(file->skip(6, [&](std::span<const std::byte> bytes) {
    seen.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }));
  EXPECT_EQ(seen, "234567");
  ASSERT_TRUE(file->write("89"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(text(), "0123456789");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(ResumableFileTest, BytesThatWereNotFlushedAreForgotten) {
  write_and_drop("a", "0123");
  std::ofstream(part_path(target_), std::ios::app) << "not flushed";
  const auto file = open("a");
  EXPECT_EQ(file->kept_bytes(), 4u);
  EXPECT_EQ(fs::file_size(part_path(target_)), 4u);
}

TEST_F(ResumableFileTest, AnotherJobBeginsAnew) {
  write_and_drop("a", "01234567");
  auto file = open("b");
  EXPECT_EQ(file->start(), ResumableFile::Start::OtherJob);
  EXPECT_EQ(file->kept_bytes(), 0u);
  ASSERT_TRUE(file->write("xy"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(text(), "xy");
  file.reset();
  EXPECT_EQ(open("a")->kept_bytes(), 0u);
}

TEST_F(ResumableFileTest, RestartForgetsTheSafeBytes) {
  write_and_drop("a", "01234567");
  const auto file = open("a", true);
  EXPECT_EQ(file->start(), ResumableFile::Start::New);
  EXPECT_EQ(file->kept_bytes(), 0u);
}

TEST_F(ResumableFileTest, ARecordIsNotBelievedBeyondThePart) {
  write_and_drop("a", "01234567");
  fs::resize_file(part_path(target_), 7);
  EXPECT_EQ(open("a")->kept_bytes(), 0u);
}

TEST_F(ResumableFileTest, ADamagedRecordBeginsAnew) {
  for (const char* record : {"", "{", "[]", "{\"job\":\"a\"}", "{\"job\":\"a\",\"safe_bytes\":-1}",
                             "{\"job\":1,\"safe_bytes\":4}"}) {
    write_and_drop("a", "01234567");
    ASSERT_TRUE(write_file_atomic(folder_ / ".model.bin.part.json", record));
    EXPECT_EQ(open("a")->kept_bytes(), 0u) << record;
  }
}

TEST_F(ResumableFileTest, KeepMakesEverythingSafe) {
  {
    const auto file = ResumableFile::open(target_, "a", {.sync_every_bytes = 1 << 20});
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->write("012"));
    ASSERT_TRUE((*file)->keep());
  }
  EXPECT_EQ(open("a")->kept_bytes(), 3u);
}

TEST_F(ResumableFileTest, DiscardLeavesNothing) {
  const auto file = open("a");
  ASSERT_TRUE(file->write("01234567"));
  file->discard();
  EXPECT_EQ(entries(), 0u);
}

TEST_F(ResumableFileTest, OneProcessWritesATarget) {
  const auto first = open("a");
  const auto second = ResumableFile::open(target_, "a");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
}

TEST_F(ResumableFileTest, AShorterResultIsNotPaddedByTheOldPart) {
  write_and_drop("a", "01234567");
  const auto file = open("a");
  ASSERT_TRUE(file->write("0123"));
  ASSERT_TRUE(file->commit());
  EXPECT_EQ(text(), "0123");
}

}  // namespace
}  // namespace greylag
