// SPDX-License-Identifier: Apache-2.0
// What does the engine know of a trainer that it started, and that never came far? The trainers
// here are shell scripts.
#include "core/server/run_supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class RunSupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
#if defined(_WIN32)
    GTEST_SKIP() << "the trainers of these tests are shell scripts";
#endif
    ASSERT_TRUE(test::write_tiny_checkpoint(home_.models() / "tiny.safetensors").ok());
    std::ofstream(dir_ / "data.txt") << "some text to learn from";
  }
  // Runs that are started by it have this trainer.
  RunSupervisor supervisor(const std::string& trainer) {
    const fs::path path = dir_ / "trainer";
    std::ofstream(path) << "#!/bin/sh\n" << trainer << "\n";
    fs::permissions(path, fs::perms::owner_all);
    return {home_, models_, path};
  }
  protocol::RunConfig config() const {
    protocol::RunConfig config;
    config.name = "A run";
    config.model = "tiny";
    config.data = path_to_utf8(dir_ / "data.txt");
    return config;
  }
  // Until the state is another one; for at most a minute.
  static protocol::RunStatus status_after(const RunSupervisor& runs, const std::string& id,
                                          const std::string& state) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    auto status = runs.status(id);
    while (status && status->state == state && std::chrono::steady_clock::now() < end) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      status = runs.status(id);
    }
    return *status;
  }

  const test::TempDir dir_;
  const Home home_{*Home::open(dir_ / "a home")};
  ModelLibrary models_{home_, {}, std::nullopt};
};

TEST_F(RunSupervisorTest, ATrainerThatEndsAtOnceHasFailedAndSaysWhy) {
  const RunSupervisor runs =
      supervisor("echo 'one line' >&2; echo 'greylag-train: there is no vocabulary' >&2; exit 1");
  const auto started = runs.start(config());
  ASSERT_TRUE(started.ok()) << started.error().message;
  const protocol::RunStatus ended = status_after(runs, started->id, "starting");
  EXPECT_EQ(ended.state, "failed");
  EXPECT_EQ(ended.error, "there is no vocabulary");
  EXPECT_TRUE(runs.control(started->id, "resume").ok());  // tries again
  EXPECT_EQ(status_after(runs, started->id, "starting").state, "failed");
  EXPECT_TRUE(runs.remove(started->id).ok());
  EXPECT_TRUE(runs.list().empty());
}

TEST_F(RunSupervisorTest, ATrainerIsToldItsHomeAndItsRun) {
  const RunSupervisor runs = supervisor("echo \"$1|$2|$3|$4|$#\" >&2");
  const auto started = runs.start(config());
  ASSERT_TRUE(started.ok()) << started.error().message;
  EXPECT_EQ(status_after(runs, started->id, "starting").error,
            "--home|" + path_to_utf8(home_.root) + "|run|" + started->folder + "|4");
}

TEST_F(RunSupervisorTest, ATrainerThatCannotBeStartedLeavesNoRun) {
  const RunSupervisor runs = supervisor("exit 0");
  fs::permissions(dir_ / "trainer", fs::perms::owner_read);
  const auto started = runs.start(config());
  EXPECT_FALSE(started.ok());
  EXPECT_TRUE(runs.list().empty());
}

TEST_F(RunSupervisorTest, ARunHasOneTrainerFromTheMomentItIsStarted) {
  const RunSupervisor runs = supervisor("exec sleep 60");
  const auto started = runs.start(config());
  ASSERT_TRUE(started.ok()) << started.error().message;
  EXPECT_EQ(started->state, "starting");
  for (const char* word : {"resume", "pause", "stop"}) {
    const auto again = runs.control(started->id, word);
    ASSERT_FALSE(again.ok()) << word;
    EXPECT_EQ(again.error().code, ErrorCode::Conflict) << word;
  }
  EXPECT_EQ(runs.remove(started->id).error().code, ErrorCode::Conflict);
  const auto trainer = read_text_file(path_from_utf8(started->folder) / "trainer.json", 4096);
  platform::end_process(nlohmann::json::parse(*trainer).at("pid").get<int64_t>(), true);
  EXPECT_EQ(status_after(runs, started->id, "starting").state, "failed");
  EXPECT_TRUE(runs.remove(started->id).ok());
}

// As after a full disk: the trainer is gone, and what it left is the word in the journal.
TEST_F(RunSupervisorTest, APauseWithoutATrainerCanBeEnded) {
  const RunSupervisor runs = supervisor("exit 0");
  auto folder = RunFolder::create(home_.runs() / "full", config());
  ASSERT_TRUE(folder.ok());
  ASSERT_TRUE(folder->journal("started").ok());
  ASSERT_TRUE(folder->journal("paused", {{"error", "the disk is full"}}).ok());
  EXPECT_EQ(runs.status("full")->state, "paused");
  EXPECT_EQ(runs.control("full", "pause").error().code, ErrorCode::Conflict);
  const auto stopped = runs.control("full", "stop");
  ASSERT_TRUE(stopped.ok()) << stopped.error().message;
  EXPECT_EQ(stopped->state, "stopped");
}

}  // namespace
}  // namespace greylag
