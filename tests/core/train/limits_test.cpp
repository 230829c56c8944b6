// SPDX-License-Identifier: Apache-2.0
// The trainer on a machine that goes away or is full: signals, streams that nobody reads, limits.
// Runs the real greylag-train.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/runs/run_folder.h"
#include "core/train/train_cli.h"
#include "tests/core/train/training_folder.h"
#include "tests/support/await.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;
using test::await;
using test::is_gone;
using testing::HasSubstr;

class LimitsTest : public testing::Test {
 protected:
  LimitsTest() : files_("limits") {
    const char* bin = std::getenv("GREYLAG_BIN");
    trainer_ = fs::path(bin == nullptr ? "bin" : bin) / "greylag-train";
  }

  RunFolder endless_run(const std::string& name) {
    protocol::RunConfig config = files_.config("lora");
    config.steps = 1'000'000;
    config.save_every = config.validate_every = 0;
    auto folder = RunFolder::create(files_.path(name), config);
    EXPECT_TRUE(folder.ok());
    return std::move(*folder);
  }

  // Through a shell that does `before` first.
  Result<platform::SpawnedProcess> start(const RunFolder& folder, const std::string& before,
                                         const std::string& after = "") {
    const std::string script =
        fmt::format("{} exec '{}' --home '{}' run '{}' {}", before, trainer_.string(),
                    files_.path("home").string(), folder.path().string(), after);
    return platform::spawn_detached("/bin/sh", {"-c", script}, folder.path() / "trainer.log");
  }

  // stdout and stderr of a trainer, and how it ended.
  int run(const std::string& before, const std::string& arguments, std::string& text) {
    const fs::path log = files_.path("log");
    const int status = std::system(
        fmt::format("({} exec timeout 60 '{}' --home '{}' {}) >'{}' 2>&1", before,
                    trainer_.string(), files_.path("home").string(), arguments, log.string())
            .c_str());
    text = bytes_of(log);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string eval_arguments() {
    return fmt::format("eval --model '{}' --data '{}' --ctx 32",
                       files_.path("model.safetensors").string(), files_.path("text.txt").string());
  }

  TrainingFolder files_;
  fs::path trainer_;
};

TEST_F(LimitsTest, EverySignalOfAMachineThatGoesAwaySavesTheRun) {
  for (const int signal : {SIGHUP, SIGTERM, SIGINT, SIGXCPU, SIGUSR1, SIGUSR2}) {
    const RunFolder folder = endless_run("signal-" + std::to_string(signal));
    const auto started = start(folder, "");
    ASSERT_TRUE(started.ok());
    ASSERT_TRUE(await([&] { return folder.status().step >= 2 || is_gone(started->pid); }));
    kill(static_cast<pid_t>(started->pid), signal);
    ASSERT_TRUE(await([&] { return is_gone(started->pid); }));
    EXPECT_EQ(folder.status().state, "stopped") << "signal " << signal;
    EXPECT_EQ(folder.checkpoints().size(), 1u) << "signal " << signal;
  }
}

TEST_F(LimitsTest, UnderNohupARunGoesOn) {
  const RunFolder folder = endless_run("nohup");
  const auto started = start(folder, "trap '' HUP;");
  ASSERT_TRUE(started.ok());
  ASSERT_TRUE(await([&] { return folder.status().step >= 2 || is_gone(started->pid); }));
  kill(static_cast<pid_t>(started->pid), SIGHUP);
  const int64_t step = folder.status().step;
  EXPECT_TRUE(await([&] { return folder.status().step >= step + 5 || is_gone(started->pid); }));
  EXPECT_FALSE(is_gone(started->pid));
  platform::end_process(started->pid, false);
  EXPECT_TRUE(await([&] { return is_gone(started->pid); }));
}

TEST_F(LimitsTest, StreamsThatTakeNothingStopNoRun) {
  for (const char* streams : {"2>/dev/full", "<&- >&- 2>&-"}) {
    protocol::RunConfig config = files_.config("lora");
    const std::string name = "streams" + std::to_string(std::string(streams).size());
    const auto folder = RunFolder::create(files_.path(name), config);
    ASSERT_TRUE(folder.ok());
    const auto started = start(*folder, "", streams);
    ASSERT_TRUE(started.ok());
    ASSERT_TRUE(await([&] { return is_gone(started->pid); }));
    EXPECT_EQ(folder->status().state, "finished") << streams;
  }
}

TEST_F(LimitsTest, AFullFileLimitIsSaid) {
  std::string text;
  const int code = run("ulimit -f 100;",  // 512 or 1024 bytes each
                       fmt::format("init --layers 2 --width 64 --vocab 4096 --out '{}'",
                                   files_.path("big.safetensors").string()),
                       text);
  EXPECT_EQ(code, kExitNoRoom);
  EXPECT_THAT(text, HasSubstr("larger than a file may be here"));
  EXPECT_FALSE(fs::exists(files_.path("big.safetensors")));
}

#if defined(__linux__)
// OpenBLAS asks for its buffers before main, and without end.
TEST_F(LimitsTest, AnAddressSpaceWithoutRoomIsSaid) {
  std::string text;
  EXPECT_EQ(run("ulimit -v 1000000;", eval_arguments(), text), 1);
  EXPECT_THAT(text, HasSubstr("address space"));
}

TEST_F(LimitsTest, AnAddressSpaceWithRoomForOneThreadIsEnough) {
  std::string straight, limited;
  ASSERT_EQ(run("", eval_arguments() + " --threads 1", straight), 0) << straight;
  for (const int megabytes : {1600, 2400, 4000}) {
    const int code = run(fmt::format("ulimit -v {}000;", megabytes), eval_arguments(), limited);
    EXPECT_TRUE(code == 0 || (code == kExitNoRoom && limited.find("memory") != std::string::npos))
        << megabytes << " MB: exit " << code << " " << limited;
  }
  EXPECT_THAT(limited, HasSubstr("perplexity"));
}
#endif

// A file system of its own, so small that it can be filled.
class SmallDisk {
 public:
  SmallDisk(const fs::path& folder, uint64_t mib) : folder_(folder) {
    fs::create_directories(folder);
    is_mounted_ = std::system(fmt::format("mount -t tmpfs -o size={}m none '{}' 2>/dev/null", mib,
                                          folder.string())
                                  .c_str()) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) (void)std::system(fmt::format("umount '{}'", folder_.string()).c_str());
  }
  bool is_mounted() const { return is_mounted_; }
  void fill() const {
    std::ofstream file(folder_ / "fill", std::ios::binary);
    const std::string block(size_t{1} << 16, 'x');
    while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
  }
  void make_room() const { fs::remove(folder_ / "fill"); }

 private:
  const fs::path folder_;
  bool is_mounted_ = false;
};

TEST_F(LimitsTest, AFullDiskPausesTheRun) {
  const SmallDisk disk(files_.path("disk"), 80);
  if (!disk.is_mounted()) GTEST_SKIP() << "no file system can be mounted here";
  protocol::RunConfig config = files_.config("lora");
  config.steps = 40;
  config.save_every = 1;
  ASSERT_TRUE(RunFolder::create(files_.path("whole"), config).ok());
  std::string text;
  ASSERT_EQ(run("", fmt::format("run '{}'", files_.path("whole").string()), text), 0) << text;
  const auto folder = RunFolder::create(files_.path("disk/run"), config);
  ASSERT_TRUE(folder.ok());
  disk.fill();  // the config is there; no metric and no checkpoint has room
  const std::string path = folder->path().string();
  EXPECT_NE(run("", fmt::format("run '{}'", path), text), 0);
  disk.make_room();
  const auto started = start(*folder, "");
  ASSERT_TRUE(started.ok());
  ASSERT_TRUE(await([&] { return !folder->checkpoints().empty() || is_gone(started->pid); }));
  disk.fill();
  ASSERT_TRUE(await([&] { return is_gone(started->pid); }));
  EXPECT_EQ(folder->status().state, "paused");
  EXPECT_THAT(folder->status().error, HasSubstr("MiB are free"));
  EXPECT_FALSE(folder->checkpoints().empty());
  EXPECT_EQ(run("", fmt::format("resume '{}'", path), text), kExitNoRoom) << text;
  disk.make_room();
  EXPECT_EQ(run("", fmt::format("resume '{}'", path), text), 0) << text;
  EXPECT_EQ(bytes_of(folder->path() / "metrics.jsonl"),
            bytes_of(files_.path("whole") / "metrics.jsonl"));
  EXPECT_EQ(bytes_of(folder->path() / "checkpoints/step-00000040/adapter.safetensors"),
            bytes_of(files_.path("whole") / "checkpoints/step-00000040/adapter.safetensors"));
}

}  // namespace
}  // namespace greylag::train
