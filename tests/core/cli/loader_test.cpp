// SPDX-License-Identifier: Apache-2.0
// Does the engine have foreign files parsed by the loader beside it, and by nothing else where that
// fails? The engine is copied into a folder of its own, beside other loaders.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/base/sandbox.h"
#include "tests/core/cli/engine_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class LoaderTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* bin = std::getenv("GREYLAG_BIN");
    bin_ = fs::path(bin == nullptr ? "bin" : bin);
    if (!fs::exists(bin_ / "greylag-loader")) GTEST_SKIP() << "this build has no greylag-loader";
    if (!sandbox::available_walls().has_seccomp) {
      GTEST_SKIP() << "no sandbox here: " << sandbox::walls_text({});
    }
    ASSERT_TRUE(test::write_tiny_checkpoint(model_).ok());
    fs::copy_file(bin_ / "greylag-engine", folder_ / "greylag-engine");
  }

  test::ProcessResult inspect() {
    return test::run_program(folder_ / "greylag-engine", {"inspect", model_.string(), "--json"});
  }

  fs::path bin_;
  test::TempDir folder_;
  const fs::path model_ = folder_ / "tiny.safetensors";
};

TEST_F(LoaderTest, IsUsedWhenItIsBesideTheEngine) {
  fs::copy_file(bin_ / "greylag-loader", folder_ / "greylag-loader");
  const test::ProcessResult result = inspect();
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.json()["parsed_in"], sandbox::walls_text(sandbox::available_walls()));
}

TEST_F(LoaderTest, IsNotReplacedWhenItDoesNotWork) {
  std::ofstream(folder_ / "greylag-loader") << "#!/bin/sh\nexit 1\n";
  EXPECT_EQ(inspect().code, 1) << "not executable";
  fs::permissions(folder_ / "greylag-loader", fs::perms::owner_all);
  const test::ProcessResult result = inspect();
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("the loader process could not work"));
}

TEST_F(LoaderTest, ItsAbsenceIsSaid) {
  const test::ProcessResult result = inspect();
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.json()["parsed_in"], "none: greylag-loader is not beside this program");
}

}  // namespace
}  // namespace greylag
