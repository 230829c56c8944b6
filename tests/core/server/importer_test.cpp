// SPDX-License-Identifier: Apache-2.0
// Are imports done one after the other, once each, and refused where they cannot begin?
#include "core/server/importer.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <vector>

#include "core/base/file.h"
#include "tests/support/no_threads.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

class ImporterTest : public testing::Test {
 protected:
  ImporterTest() : home_(*Home::open(dir_ / "home")) {
    EXPECT_TRUE(test::write_tiny_checkpoint(dir_ / "a.safetensors").ok());
  }
  Result<protocol::ImportStatus> start() {
    return importer_.start({.path = path_to_utf8(dir_ / "a.safetensors"), .kind = {}});
  }
  protocol::ImportStatus await_end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !seen_.empty() && seen_.back().state != "running"; });
    return seen_.back();
  }
  const test::TempDir dir_;
  const Home home_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<protocol::ImportStatus> seen_;
  Importer importer_{home_, [this](const protocol::ImportStatus& status) {
                       const std::lock_guard lock(mutex_);
                       seen_.push_back(status);
                       changed_.notify_all();
                     }};
};

TEST_F(ImporterTest, CopiesTheFileAndSaysSo) {
  ASSERT_TRUE(start().ok());
  const protocol::ImportStatus end = await_end();
  EXPECT_EQ(end.state, "done") << end.error;
  EXPECT_EQ(end.id, "a");
  EXPECT_TRUE(std::filesystem::exists(home_.models() / "a.safetensors"));
}

TEST_F(ImporterTest, TheSameFileAgainIsTheOneThatIsThere) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(start().ok());
    const protocol::ImportStatus end = await_end();
    EXPECT_EQ(end.state, "done") << end.error;
    EXPECT_EQ(end.id, "a");
    const std::lock_guard lock(mutex_);
    seen_.clear();
  }
  EXPECT_FALSE(std::filesystem::exists(home_.models() / "a-2.safetensors"));
}

TEST_F(ImporterTest, AfterTheStopNothingBegins) {
  importer_.request_stop();
  EXPECT_EQ(start().error().code, ErrorCode::Unavailable);
}

#if defined(__GLIBC__)
TEST_F(ImporterTest, NoThreadIsAnErrorAndALaterTryWorks) {
  {
    const test::NoThreads none;
    EXPECT_EQ(start().error().code, ErrorCode::Unavailable);
  }
  ASSERT_TRUE(start().ok());
  EXPECT_EQ(await_end().state, "done");
}
#endif

}  // namespace
}  // namespace greylag
