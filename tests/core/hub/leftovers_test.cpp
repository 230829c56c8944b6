// SPDX-License-Identifier: Apache-2.0
// Killed programs leave nothing in HOME for longer than until the next start; live ones lose
// nothing.
#include "core/hub/leftovers.h"

#include <gtest/gtest.h>
#if !defined(_WIN32)
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "core/base/file.h"
#include "core/hub/import_file.h"
#include "core/runs/run_folder.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

size_t count(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

class LeftoversTest : public testing::Test {
 protected:
  RunFolder make_run(const std::string& name) const {
    auto run = RunFolder::create(home_.runs() / name, protocol::RunConfig{});
    EXPECT_TRUE(run.ok());
    return std::move(*run);
  }
  test::TempDir dir_;
  const Home home_ = Home::open(dir_ / "home").value();
};

#if !defined(_WIN32)
TEST_F(LeftoversTest, AKilledImportIsGoneAfterTheNextStart) {
  const fs::path from = dir_ / "model.pth", to = home_.models() / "model.pth";
  const std::string bytes(9 << 20, 'x');  // three pieces of the copy
  ASSERT_TRUE(write_file_atomic(from, bytes).ok());
  const pid_t child = ::fork();
  if (child == 0) {
    const Status copied = copy_file_atomic(from, to, [](uint64_t done, uint64_t total) {
      if (2 * done >= total) ::raise(SIGKILL);
      return true;
    });
    ::_exit(copied.ok() ? 0 : 1);
  }
  int how = 0;
  ASSERT_EQ(::waitpid(child, &how, 0), child);
  ASSERT_TRUE(WIFSIGNALED(how));
  ASSERT_EQ(count(home_.models()), 1u);
  remove_leftovers(home_);
  EXPECT_EQ(count(home_.models()), 0u);
  EXPECT_EQ(read_text_file(from, bytes.size()).value(), bytes);
  EXPECT_TRUE(copy_file_atomic(from, to, [](uint64_t, uint64_t) { return true; }).ok());
}
#endif

TEST_F(LeftoversTest, WhatIsBeingWrittenAndWhatGoesOnLaterStays) {
  auto live = AtomicFile::create(home_.models() / "model.pth");
  ASSERT_TRUE(live && live->write("half"));
  for (const fs::path& kept : {home_.models() / "a.pth.part", home_.models() / ".b.gguf.part",
                               home_.models() / ".b.gguf.part.json", home_.models() / "c.pth"}) {
    ASSERT_TRUE(write_file_atomic(kept, "kept").ok());
  }
  const fs::path dead = ".x.tmp-0123456789abcdef";
  for (const fs::path& folder : {home_.root, home_.models(), home_.adapters(), home_.states(),
                                 home_.tokenizers(), home_.downloads()}) {
    ASSERT_TRUE(write_file_atomic(folder / dead, "dead").ok());
  }
  remove_leftovers(home_);
  EXPECT_EQ(count(home_.models()), 5u);
  for (const fs::path& folder : {home_.root, home_.models(), home_.adapters(), home_.states(),
                                 home_.tokenizers(), home_.downloads()}) {
    EXPECT_FALSE(fs::exists(folder / dead)) << folder;
  }
  EXPECT_TRUE(live->commit().ok());
}

TEST_F(LeftoversTest, AHalfCheckpointGoesOnlyWhenItsTrainerIsGone) {
  RunFolder killed = make_run("killed"), live = make_run("live");
  ASSERT_TRUE(live.take_ownership().ok());
  for (const RunFolder* run : {&killed, &live}) {
    fs::create_directories(run->path() / "checkpoints" / ".tmp-7");
    ASSERT_TRUE(write_file_atomic(run->path() / "checkpoints" / ".tmp-7" / "model", "half").ok());
  }
  remove_leftovers(home_);
  EXPECT_FALSE(fs::exists(killed.path() / "checkpoints" / ".tmp-7"));
  EXPECT_TRUE(fs::exists(live.path() / "checkpoints" / ".tmp-7" / "model"));
  EXPECT_TRUE(killed.take_ownership().ok());
  killed.release_ownership();
  live.release_ownership();
}

}  // namespace
}  // namespace greylag
