// SPDX-License-Identifier: Apache-2.0
// Does the index say what the folders hold, also after changes that came quickly?
#include "core/runs/run_index.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/runs/run_folder.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

RunFolder make_run(const fs::path& folder, const std::string& method) {
  protocol::RunConfig config;
  config.method = method;
  return RunFolder::create(folder, config).value();
}

void save(RunFolder& run, int64_t step) {
  const Status saved = run.save_checkpoint(step, 1, {}, [](const fs::path& to) -> Status {
    std::ofstream(to / "adapter.safetensors") << "x";
    return {};
  });
  ASSERT_TRUE(saved.ok()) << saved.error().message;
}

TEST(RunIndex, FollowsWhatChangesHoweverQuickly) {
  const test::TempDir dir;
  RunIndex index(dir.path());
  EXPECT_TRUE(index.look().empty());
  RunFolder run = make_run(dir / "b", "lora");
  make_run(dir / "a", "full");
  fs::create_directory(dir / "no-run");
  ASSERT_EQ(index.look().size(), 2u);
  EXPECT_EQ(index.look()[0]->id, "a");
  EXPECT_EQ(index.look()[0]->config.method, "full");
  for (const int64_t step : {1, 2, 3}) {
    save(run, step);
    const auto seen = index.look();
    ASSERT_FALSE(seen[1]->checkpoints.empty());
    EXPECT_EQ(seen[1]->checkpoints.back().step, step);
  }
  protocol::RunConfig config = run.config();
  config.method = "miss";
  ASSERT_TRUE(run.write_config(config).ok());
  EXPECT_EQ(index.look()[1]->config.method, "miss");
  std::ofstream(dir / "a" / "config.yaml") << "method: [";
  ASSERT_EQ(index.look().size(), 1u);
  fs::remove_all(dir / "b");
  EXPECT_TRUE(index.look().empty());
}

TEST(RunIndex, WhatDoesNotChangeIsNotReadAgain) {
  const test::TempDir dir;
  RunIndex index(dir.path());
  make_run(dir / "a", "lora");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  fs::last_write_time(dir / "a" / "config.yaml", long_ago);
  fs::last_write_time(dir / "a" / "checkpoints", long_ago);
  const auto first = index.look();
  EXPECT_EQ(first[0], index.look()[0]);  // the same object
}

}  // namespace
}  // namespace greylag
