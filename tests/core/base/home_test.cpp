// SPDX-License-Identifier: Apache-2.0
// Whose is HOME, and who else can read it? POSIX.
#include "core/base/home.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "core/base/platform.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A variable of the environment for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  Variable(const Variable&) = delete;
  ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

unsigned mode_of(const fs::path& path) {
  return static_cast<unsigned>(fs::status(path).permissions());
}

class HomeTest : public testing::Test {
 protected:
  test::TempDir dir_;
  fs::path root_ = dir_ / "home";
};

TEST_F(HomeTest, HasItsFolders) {
  const auto home = Home::open(root_);
  ASSERT_TRUE(home.ok());
  EXPECT_TRUE(fs::is_directory(home->runs()));
  EXPECT_EQ(mode_of(root_), 0700u);
  EXPECT_EQ(mode_of(home->models()), 0700u);
}

TEST_F(HomeTest, WithoutHOMEIsThatOfTheAccount) {
  const Variable no_data("XDG_DATA_HOME", nullptr);
  const Variable no_home("HOME", nullptr);
  const fs::path home = platform::default_home();
  EXPECT_TRUE(home.is_absolute()) << home;
  EXPECT_EQ(home.filename(), "Greylag");
}

TEST_F(HomeTest, IsNeverBelowTheCurrentFolder) {
  for (const char* value : {"", ".", "relative/folder"}) {
    const Variable data("XDG_DATA_HOME", value), user("HOME", value);
    EXPECT_TRUE(platform::default_home().is_absolute()) << value;
  }
  const Variable data("XDG_DATA_HOME", "/somewhere");
  EXPECT_EQ(platform::default_home(), "/somewhere/Greylag");
}

TEST_F(HomeTest, AnOldOneIsClosedToOthers) {
  fs::create_directories(root_ / "models");
  for (const char* name : {"engine.json", "api.token", "control.token"}) {
    std::ofstream(root_ / name) << "secret";
    fs::permissions(root_ / name, fs::perms{0644});
  }
  fs::permissions(root_, fs::perms{0755});
  fs::permissions(root_ / "models", fs::perms{0775});
  ASSERT_TRUE(Home::open(root_).ok());
  EXPECT_EQ(mode_of(root_), 0700u);
  EXPECT_EQ(mode_of(root_ / "models"), 0700u);
  for (const char* name : {"engine.json", "api.token", "control.token"}) {
    EXPECT_EQ(mode_of(root_ / name), 0600u) << name;
  }
}

TEST_F(HomeTest, WhatALinkLeadsToIsTheUsersOwn) {
  fs::create_directories(root_);
  fs::create_directories(dir_ / "shared");
  fs::permissions(dir_ / "shared", fs::perms{0775});
  fs::create_directory_symlink(dir_ / "shared", root_ / "models");
  ASSERT_TRUE(Home::open(root_).ok());
  EXPECT_EQ(mode_of(dir_ / "shared"), 0775u);
}

TEST_F(HomeTest, OfAnotherAccountIsRefused) {
  fs::create_directories(root_);
  if (chown(root_.c_str(), 12345, 12345) != 0) GTEST_SKIP() << "only root can give a folder away";
  const auto home = Home::open(root_);
  ASSERT_FALSE(home.ok());
  EXPECT_EQ(home.error().code, ErrorCode::Forbidden);
  EXPECT_THAT(home.error().message, HasSubstr("--home"));
}

}  // namespace
}  // namespace greylag
