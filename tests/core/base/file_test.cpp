// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#if !defined(_WIN32)
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <nlohmann/json.hpp>

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

TEST_F(FileTest, RemovesWhatDeadWritersLeftAndNothingElse) {
  auto live = AtomicFile::create(folder_ / "live");
  ASSERT_TRUE(live && live->write("half"));
  ASSERT_TRUE(write_file_atomic(folder_ / ".dead.tmp-0123456789abcdef", "1234"));
  ASSERT_TRUE(write_file_atomic(folder_ / ".x.tmp-0123456789abcde", "a name of another shape"));
  ASSERT_TRUE(write_file_atomic(folder_ / "x.tmp-0123456789abcdef", "not hidden"));
  ASSERT_TRUE(write_file_atomic(folder_ / ".x.pth.part", "a download"));
  std::filesystem::create_directory(folder_ / ".folder.tmp-0123456789abcdef");
  EXPECT_EQ(remove_abandoned_files(folder_), 4u);
  EXPECT_EQ(entries(), 5u);
  ASSERT_TRUE(live->write(" and half"));
  ASSERT_TRUE(live->commit());
  EXPECT_EQ(read(folder_ / "live"), "half and half");
  EXPECT_EQ(remove_abandoned_files(folder_ / "not there"), 0u);
}

#if !defined(_WIN32)
// Killed while it writes: the target is as it was, and the next sweep takes what is left.
TEST_F(FileTest, AKilledWriterLeavesTheTargetAndASweepTheRest) {
  ASSERT_TRUE(write_file_atomic(folder_ / "model", "the old one"));
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = AtomicFile::create(folder_ / "model");
    if (file && file->write(std::string(5000, 'x'))) ::raise(SIGKILL);
    ::_exit(1);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how));
  EXPECT_EQ(entries(), 2u);
  EXPECT_EQ(remove_abandoned_files(folder_), 5000u);
  EXPECT_EQ(entries(), 1u);
  EXPECT_EQ(read(folder_ / "model"), "the old one");
}

TEST_F(FileTest, AnotherProcessKeepsWhatItIsWriting) {
  int ready[2], go[2];
  ASSERT_EQ(::pipe(ready) + ::pipe(go), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    auto file = AtomicFile::create(folder_ / "model");
    char word = file && file->write("whole") ? 'r' : 'f';
    bool is_right = ::write(ready[1], &word, 1) == 1 && ::read(go[0], &word, 1) == 1;
    is_right = is_right && file && file->commit();
    ::_exit(is_right ? 0 : 1);
  }
  char word = 0;
  ASSERT_EQ(::read(ready[0], &word, 1), 1);
  EXPECT_EQ(remove_abandoned_files(folder_), 0u);
  EXPECT_EQ(entries(), 1u);
  ASSERT_EQ(::write(go[1], &word, 1), 1);
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  EXPECT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
  EXPECT_EQ(read(folder_ / "model"), "whole");
  for (const int fd : {ready[0], ready[1], go[0], go[1]}) ::close(fd);
}

TEST_F(FileTest, NamesThatAreNoUtf8ComeBackFromTheirText) {
  const std::string names[] = {
      "caf\xE9.jsonl",             // Latin-1
      "\x83\x65.txt",              // Shift JIS
      "\xED\xA0\x80",              // a surrogate
      "\xC0\xAF",                  // overlong
      "\xF4\x90\x80\x80",          // beyond Unicode
      "cut \xE2\x82",              // the end is missing
      "\xEE\xBF\xA9 beside \xE9",  // U+EFE9 itself, and the byte that it stands for
      "Gänse \xF0\x9F\xAA\xBF",    // right already
      std::string("\xFF\xFE\x80", 3),
  };
  for (const std::string& name : names) {
    const std::string text = path_to_utf8(name);
    const auto json = nlohmann::json(text).dump();  // throws on text that is no UTF-8
    EXPECT_EQ(path_from_utf8(nlohmann::json::parse(json).get<std::string>()).native(), name);
  }
  EXPECT_EQ(path_to_utf8("Gänse"), "Gänse");
  EXPECT_EQ(path_from_utf8("caf\xE9").native(), "caf\xE9");  // as a command line gives it
  ASSERT_TRUE(write_file_atomic(folder_ / "caf\xE9", "latin"));
  EXPECT_EQ(read(path_from_utf8(path_to_utf8(folder_ / "caf\xE9"))), "latin");
}
#endif

TEST_F(FileTest, AFolderHasItsNameHoweverItIsGiven) {
  const auto folder = std::filesystem::absolute(folder_) / "first";
  for (const char* given : {"first", "first/", "first//", "./first/.", "first/./", "x/../first/"}) {
    EXPECT_EQ(folder_path(folder_ / given), folder) << given;
  }
  EXPECT_EQ(folder_path("first/"), std::filesystem::current_path() / "first");
  EXPECT_EQ(folder_path("/"), std::filesystem::path("/"));
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
