// SPDX-License-Identifier: Apache-2.0
// Is everything that is no file called by its name, before anybody waits for it?
#include "core/base/regular_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#if !defined(_WIN32)
#include <sys/stat.h>
#endif

#include "core/base/sha256.h"

namespace greylag {
namespace {

using testing::HasSubstr;

class RegularFile : public testing::Test {
 protected:
  RegularFile() {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
  }
  ~RegularFile() override { std::filesystem::remove_all(dir_); }
  const std::filesystem::path dir_ =
      std::filesystem::path(testing::TempDir()) / "greylag_regular_file_test";
};

TEST_F(RegularFile, AFileAndALinkToItAreOne) {
  std::ofstream(dir_ / "file") << "x";
  EXPECT_TRUE(check_regular_file(dir_ / "file").ok());
  std::error_code failed;
  std::filesystem::create_symlink(dir_ / "file", dir_ / "link", failed);
  if (!failed) EXPECT_TRUE(check_regular_file(dir_ / "link").ok());
}

TEST_F(RegularFile, NothingIsNotFound) {
  EXPECT_EQ(check_regular_file(dir_ / "nothing").error().code, ErrorCode::NotFound);
}

TEST_F(RegularFile, AFolderIsCalledSo) {
  const Status status = check_regular_file(dir_);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(status.error().message, HasSubstr("a folder"));
}

#if !defined(_WIN32)
TEST_F(RegularFile, DevicesAndPipesAreRefusedWithoutOpeningThem) {
  const std::filesystem::path pipe = dir_ / "pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& [path, kind] :
       {std::pair<std::filesystem::path, const char*>("/dev/zero", "a device"),
        std::pair<std::filesystem::path, const char*>(pipe, "a pipe")}) {
    const Status status = check_regular_file(path);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(status.error().message, HasSubstr(kind));
    EXPECT_EQ(sha256_file(path).error().code, ErrorCode::InvalidArgument);  // would never end
  }
}
#endif

}  // namespace
}  // namespace greylag
