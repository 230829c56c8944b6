// SPDX-License-Identifier: Apache-2.0
// A trainer killed with -9 at a random step and resumed leaves the same bytes as a straight one.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/runs/run_folder.h"
#include "core/train/trainer.h"
#include "tests/core/train/training_folder.h"
#include "tests/support/await.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;
using test::await;
using test::is_gone;

TEST(Kill, AKilledAndResumedRunEqualsAStraightOneToTheBit) {
  const char* bin = std::getenv("GREYLAG_BIN");
  const fs::path program = fs::path(bin == nullptr ? "" : bin) / "greylag-train";
  if (!fs::exists(program)) GTEST_SKIP() << "greylag-train is not built";
  const TrainingFolder files("kill");
  protocol::RunConfig config = files.config("full");
  config.steps = 60;
  config.save_every = 10;
  auto straight = RunFolder::create(files.path("straight"), config);
  ASSERT_TRUE(straight.ok());
  ASSERT_TRUE(train_run(*straight, RunStart::Fresh, {}).ok());

  auto killed = RunFolder::create(files.path("killed"), config);
  ASSERT_TRUE(killed.ok());
  const int64_t at_step = 5 + static_cast<int64_t>(std::random_device{}() % 45);
  std::printf("killing at step %d\n", static_cast<int>(at_step));
  const std::string home = path_to_utf8(files.path("home"));
  const auto start = [&](const char* command) {
    return platform::spawn_detached(program,
                                    {"--home", home, command, path_to_utf8(killed->path())},
                                    killed->path() / "trainer.log");
  };
  const auto first = start("run");
  ASSERT_TRUE(first.ok()) << first.error().message;
  ASSERT_TRUE(await([&] { return killed->status().step >= at_step || is_gone(first->pid); }));
  platform::end_process(first->pid, true);
  ASSERT_TRUE(await([&] { return is_gone(first->pid); }));
  EXPECT_EQ(killed->status().state, "interrupted");

  const auto second = start("resume");
  ASSERT_TRUE(second.ok());
  ASSERT_TRUE(await([&] { return is_gone(second->pid); }));
  EXPECT_EQ(killed->status().state, "finished") << bytes_of(killed->path() / "trainer.log");
  const fs::path last = fs::path("checkpoints") / "step-00000060";
  for (const fs::path& name :
       {last / "model.safetensors", last / "trainer.safetensors", fs::path("metrics.jsonl")}) {
    EXPECT_EQ(bytes_of(killed->path() / name), bytes_of(straight->path() / name)) << name;
  }
}

}  // namespace
}  // namespace greylag::train
