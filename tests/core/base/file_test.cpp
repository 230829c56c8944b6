// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "core/base/platform.h"

namespace greylag {
namespace {

class FileTest : public testing::Test {
 protected:
  FileTest() { std::filesystem::create_directories(folder_); }
  ~FileTest() override { std::filesystem::remove_all(folder_); }
  std::string read(const std::filesystem::path& path) {
    return read_text_file(path, 1 << 20).value();
  }
  size_t entries() const {
    return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder_), {}));
  }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                  ("greylag-file-test-" + std::to_string(platform::process_id()));
};

TEST_F(FileTest, WritesWhatItWasGiven) {
  const auto path = folder_ / path_from_utf8("Gänse.txt");
  ASSERT_TRUE(write_file_atomic(path, "honk"));
  EXPECT_EQ(read(path), "honk");
  EXPECT_EQ(path_to_utf8(path.filename()), "Gänse.txt");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, ReplacesTheOldFileWhole) {
  ASSERT_TRUE(write_file_atomic(folder_ / "a", std::string(100000, 'x')));
  ASSERT_TRUE(write_file_atomic(folder_ / "a", "short"));
  EXPECT_EQ(read(folder_ / "a"), "short");
}

TEST_F(FileTest, LeavesTheOldFileWhenAbandoned) {
  ASSERT_TRUE(write_file_atomic(folder_ / "a", "old"));
  {
    auto file = AtomicFile::create(folder_ / "a");
    ASSERT_TRUE(file);
    ASSERT_TRUE(file->write("half of the new"));
  }
  EXPECT_EQ(read(folder_ / "a"), "old");
  EXPECT_EQ(entries(), 1u);
}

#if defined(__linux__)
TEST_F(FileTest, ReportsAFullDisk) {
  // /dev/full accepts an open and fails every write with ENOSPC.
  const int fd = ::open("/dev/full", O_WRONLY);
  if (fd < 0) GTEST_SKIP() << "no /dev/full here";
  const int code = platform::write_fully(fd, "x", 1);
  EXPECT_TRUE(platform::is_disk_full(code));
  platform::close_file(fd);
}

TEST_F(FileTest, PrivateFilesAreForTheUserAlone) {
  ASSERT_TRUE(write_file_atomic(folder_ / "token", "secret", true));
  using std::filesystem::perms;
  EXPECT_EQ(std::filesystem::status(folder_ / "token").permissions(),
            perms::owner_read | perms::owner_write);
  ASSERT_TRUE(make_private_dir(folder_ / "p" / "q"));
  EXPECT_EQ(std::filesystem::status(folder_ / "p" / "q").permissions(), perms::owner_all);
}
#endif

TEST_F(FileTest, RefusesFilesBeyondTheLimit) {
  ASSERT_TRUE(write_file_atomic(folder_ / "a", "12345"));
  EXPECT_EQ(read_text_file(folder_ / "a", 4).error().code, ErrorCode::TooLarge);
  EXPECT_EQ(read_text_file(folder_ / "b", 4).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace greylag
