// SPDX-License-Identifier: Apache-2.0
#include "core/runs/run_folder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

class RunFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    root_ = fs::temp_directory_path() /
            ("greylag-run-" + std::to_string(platform::process_id()) + "-" + name);
    fs::remove_all(root_);
    config_.model = "m.pth";
    config_.data = "d.txt";
    config_.keep_last = 2;
  }
  void TearDown() override { fs::remove_all(root_); }

  RunFolder make() {
    auto folder = RunFolder::create(root_, config_);
    EXPECT_TRUE(folder.ok());
    return std::move(*folder);
  }
  static void save(RunFolder& folder, int64_t step, const std::string& val_loss) {
    std::map<std::string, std::string> fields{{"step", std::to_string(step)}};
    if (!val_loss.empty()) fields["val_loss"] = val_loss;
    const auto saved = folder.save_checkpoint(step, 100, fields, [&](const fs::path& to) {
      return write_file_atomic(to / "adapter.safetensors", "weights of " + std::to_string(step));
    });
    ASSERT_TRUE(saved.ok()) << saved.error().message;
  }
  static void expect_kept(const RunFolder& folder, const std::vector<int64_t>& expected,
                          int64_t best) {
    std::vector<int64_t> steps;
    for (const auto& checkpoint : folder.checkpoints()) {
      steps.push_back(checkpoint.step);
      EXPECT_EQ(checkpoint.is_best, checkpoint.step == best) << checkpoint.step;
    }
    EXPECT_EQ(steps, expected);
  }
  static protocol::Metric metric(int64_t step) {
    return {.step = step,
            .loss = 1.0 / static_cast<double>(step),
            .lr = 0.1,
            .grad_norm = 2,
            .tokens = 7,
            .val_loss = 0,
            .has_val_loss = false};
  }
  fs::path root_;
  protocol::RunConfig config_;
};

TEST_F(RunFolderTest, IsCreatedOnceAndOpensAgain) {
  make();
  EXPECT_EQ(RunFolder::create(root_, config_).error().code, ErrorCode::Conflict);
  const auto opened = RunFolder::open(root_);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->config().data, "d.txt");
  EXPECT_EQ(opened->status().state, "starting");
}

TEST_F(RunFolderTest, OpeningAnotherFolderSaysSo) {
  const auto opened = RunFolder::open(root_ / "nothing");
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::NotFound);
}

TEST_F(RunFolderTest, RetentionKeepsTheNewestAndTheBest) {
  RunFolder folder = make();
  save(folder, 10, "2.5");
  save(folder, 20, "1.5");
  save(folder, 30, "2.0");
  save(folder, 40, "");
  save(folder, 50, "2.1");
  expect_kept(folder, {20, 40, 50}, 20);
  for (const auto& checkpoint : folder.checkpoints()) {
    EXPECT_TRUE(fs::exists(path_from_utf8(checkpoint.file)));
  }
}

TEST_F(RunFolderTest, ADamagedCheckpointIsNotResumedFrom) {
  RunFolder folder = make();
  save(folder, 1, "");
  save(folder, 2, "");
  const fs::path newest = root_ / "checkpoints" / "step-00000002";
  EXPECT_EQ(folder.newest_verified_checkpoint(), fs::absolute(newest));
  std::ofstream(newest / "adapter.safetensors") << "weights of 3";  // same size, other bytes
  EXPECT_EQ(folder.newest_verified_checkpoint(),
            fs::absolute(root_ / "checkpoints" / "step-00000001"));
  fs::remove(newest / "manifest.json");
  EXPECT_EQ(folder.newest_verified_checkpoint()->filename(), "step-00000001");
}

TEST_F(RunFolderTest, AFullDiskIsToldBeforeAnythingIsTouched) {
  RunFolder folder = make();
  bool was_called = false;
  const auto saved = folder.save_checkpoint(1, uint64_t{1} << 60, {}, [&](const fs::path&) {
    was_called = true;
    return Status();
  });
  ASSERT_FALSE(saved.ok());
  EXPECT_EQ(saved.error().code, ErrorCode::NoSpace);
  EXPECT_FALSE(was_called);
  EXPECT_TRUE(fs::is_empty(root_ / "checkpoints"));
}

TEST_F(RunFolderTest, AFailedSaveLeavesNothing) {
  RunFolder folder = make();
  const auto saved = folder.save_checkpoint(1, 1, {}, [&](const fs::path&) {
    return Status(Error{ErrorCode::NoSpace, "disk full"});
  });
  EXPECT_FALSE(saved.ok());
  EXPECT_TRUE(fs::is_empty(root_ / "checkpoints"));
}

TEST_F(RunFolderTest, ManifestFieldsComeBack) {
  RunFolder folder = make();
  save(folder, 7, "1.25");
  const auto fields = RunFolder::manifest_fields(root_ / "checkpoints" / "step-00000007");
  ASSERT_TRUE(fields.ok());
  EXPECT_EQ(fields->at("step"), "7");
  EXPECT_EQ(fields->at("val_loss"), "1.25");
}

TEST_F(RunFolderTest, OneTrainerAtATime) {
  RunFolder folder = make();
  RunFolder other = std::move(*RunFolder::open(root_));
  EXPECT_FALSE(folder.is_live());
  ASSERT_TRUE(folder.take_ownership().ok());
  EXPECT_TRUE(other.is_live());
  const auto second = other.take_ownership();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  folder.release_ownership();
  EXPECT_FALSE(other.is_live());
  EXPECT_TRUE(other.take_ownership().ok());
  other.release_ownership();
}

TEST_F(RunFolderTest, AnOwnerThatDiedIsInterrupted) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.journal("started").ok());
  std::ofstream(root_ / "owner.json") << R"({"pid":1,"start_mark":1})";  // pid reused
  EXPECT_FALSE(folder.is_live());
  EXPECT_EQ(folder.status().state, "interrupted");
}

TEST_F(RunFolderTest, ATrainerThatDiesBeforeItOwnsItsRunHasFailed) {
  RunFolder folder = make();
  const int64_t pid = platform::process_id();
  const uint64_t mark = platform::process_start_mark(pid).value();
  ASSERT_TRUE(folder.note_trainer(pid, mark, folder.journal_bytes()).ok());
  EXPECT_EQ(folder.status().state, "starting");
  EXPECT_TRUE(folder.has_live_trainer());
  EXPECT_FALSE(folder.is_live());
  std::ofstream(root_ / "trainer.log") << "one line\ngreylag-train: --device: what is that?\n";
  ASSERT_TRUE(folder.note_trainer(pid, mark + 1, folder.journal_bytes())
                  .ok());  // gone; the pid is another's
  EXPECT_FALSE(folder.has_live_trainer());
  EXPECT_EQ(folder.status().state, "failed");
  EXPECT_EQ(folder.status().error, "--device: what is that?");
  // The next one gets further: what it says counts, whatever its process is doing.
  ASSERT_TRUE(folder.take_ownership().ok());
  ASSERT_TRUE(folder.journal("started").ok());
  EXPECT_EQ(folder.status().state, "running");
  ASSERT_TRUE(folder.journal("finished").ok());
  folder.release_ownership();
  EXPECT_EQ(folder.status().state, "finished");
  // Resumed, and not there yet.
  ASSERT_TRUE(folder.note_trainer(pid, mark, folder.journal_bytes()).ok());
  EXPECT_EQ(folder.status().state, "starting");
}

TEST_F(RunFolderTest, ARunThatHadNoRoomIsPausedWithItsReason) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.journal("started").ok());
  EXPECT_EQ(folder.status().state, "interrupted");  // nobody could write how it ended
  ASSERT_TRUE(folder.journal("paused", {{"error", "the disk is full"}}).ok());
  EXPECT_EQ(folder.status().state, "paused");
  EXPECT_EQ(folder.status().error, "the disk is full");
}

TEST_F(RunFolderTest, ControlWordsReachTheTrainerOnce) {
  RunFolder folder = make();
  EXPECT_EQ(folder.control("pause").error().code, ErrorCode::Conflict);
  EXPECT_EQ(folder.control("dance").error().code, ErrorCode::InvalidArgument);
  ASSERT_TRUE(folder.take_ownership().ok());
  ASSERT_TRUE(folder.journal("started").ok());
  EXPECT_EQ(folder.status().state, "running");
  ASSERT_TRUE(folder.control("pause").ok());
  EXPECT_EQ(folder.status().state, "pausing");
  EXPECT_EQ(folder.take_control(), "pause");
  EXPECT_EQ(folder.take_control(), "");
  ASSERT_TRUE(folder.journal("paused").ok());
  EXPECT_EQ(folder.status().state, "paused");
  ASSERT_TRUE(folder.control("stop").ok());
  EXPECT_EQ(folder.status().state, "stopping");
  folder.release_ownership();
}

TEST_F(RunFolderTest, ControlWordsWaitInLine) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.take_ownership().ok());
  ASSERT_TRUE(folder.journal("started").ok());
  for (const char* word : {"pause", "save", "save", "resume", "pause"}) {
    ASSERT_TRUE(folder.control(word).ok());
  }
  EXPECT_EQ(folder.status().state, "pausing");
  for (const char* word : {"pause", "save", "resume", "pause", ""}) {
    EXPECT_EQ(folder.take_control(), word);
  }
  ASSERT_TRUE(folder.control("pause").ok());
  ASSERT_TRUE(folder.control("resume").ok());
  EXPECT_EQ(folder.status().state, "running");
  ASSERT_TRUE(folder.control("stop").ok());
  ASSERT_TRUE(folder.control("save").ok());
  EXPECT_EQ(folder.status().state, "stopping");
  folder.release_ownership();
  ASSERT_TRUE(folder.take_ownership().ok());  // a new trainer does not obey old words
  EXPECT_EQ(folder.take_control(), "");
  folder.release_ownership();
}

TEST_F(RunFolderTest, WordsOfManyWritersAllArrive) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.take_ownership().ok());
  std::vector<std::jthread> writers;
  for (const char* word : {"pause", "save", "resume", "stop"}) {
    writers.emplace_back([&folder, word] { EXPECT_TRUE(folder.control(word).ok()); });
  }
  writers.clear();
  std::set<std::string> taken;
  for (int i = 0; i < 4; ++i) taken.insert(folder.take_control());
  EXPECT_EQ(taken, (std::set<std::string>{"pause", "save", "resume", "stop"}));
  folder.release_ownership();
}

TEST_F(RunFolderTest, HasItsNameHoweverItIsGiven) {
  make();
  for (const fs::path& given : {root_ / "", root_ / ".", root_ / "x" / ".."}) {
    const auto opened = RunFolder::open(given);
    ASSERT_TRUE(opened.ok()) << given;
    EXPECT_EQ(opened->status().id, path_to_utf8(root_.filename())) << given;
    EXPECT_EQ(opened->path(), fs::absolute(root_)) << given;
  }
  const auto created = RunFolder::create(root_ / "inner" / "", config_);
  ASSERT_TRUE(created.ok());
  EXPECT_EQ(created->status().id, "inner");
}

TEST_F(RunFolderTest, ALossThatIsNoNumberIsNeverTheBest) {
  RunFolder folder = make();
  save(folder, 10, "nan");
  save(folder, 20, "2.5");
  save(folder, 30, "-nan");
  save(folder, 40, "inf");
  save(folder, 50, "2.75");
  expect_kept(folder, {20, 40, 50}, 20);
  for (const auto& checkpoint : folder.checkpoints()) {
    EXPECT_EQ(checkpoint.has_val_loss, checkpoint.step == 20 || checkpoint.step == 50);
    EXPECT_TRUE(std::isfinite(checkpoint.val_loss));
  }
}

TEST_F(RunFolderTest, StatusTellsTheEndAndItsReason) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.journal("started").ok());
  ASSERT_TRUE(folder.journal("failed", {{"error", "the disk is full"}}).ok());
  EXPECT_EQ(folder.status().state, "failed");
  EXPECT_EQ(folder.status().error, "the disk is full");
  ASSERT_TRUE(folder.journal("finished").ok());
  EXPECT_EQ(folder.status().state, "finished");
  EXPECT_EQ(folder.status().error, "");
}

TEST_F(RunFolderTest, MetricsAfterAStepAreFoundInALongFile) {
  RunFolder folder = make();
  for (int64_t step = 1; step <= 2000; ++step) {
    protocol::Metric row = metric(step);
    row.has_val_loss = step == 1990;
    row.val_loss = 3.5;
    ASSERT_TRUE(folder.append_metric(row).ok());
    if (step == 1000) {
      ASSERT_TRUE(folder.append_timing({.step = step}).ok());
    }
  }
  const auto last = folder.metrics(1998);
  ASSERT_EQ(last.metrics.size(), 2u);
  EXPECT_EQ(last.metrics[0].step, 1999);
  EXPECT_EQ(last.metrics[1].loss, 1.0 / 2000);
  EXPECT_EQ(folder.metrics(0).metrics.size(), 2000u);
  EXPECT_EQ(folder.metrics(5).timings.size(), 1u);
  EXPECT_EQ(folder.status().step, 2000);
  EXPECT_EQ(folder.status().val_loss, 3.5);
}

TEST_F(RunFolderTest, ATornLastLineIsDropped) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.append_metric(metric(1)).ok());
  const uint64_t whole = folder.metrics_offset();
  std::ofstream(root_ / "metrics.jsonl", std::ios::app) << R"({"step":2,"lo)";
  EXPECT_EQ(folder.metrics(0).metrics.size(), 1u);
  ASSERT_TRUE(folder.take_ownership().ok());
  EXPECT_EQ(folder.metrics_offset(), whole);
  ASSERT_TRUE(folder.append_metric(metric(2)).ok());
  EXPECT_EQ(folder.metrics(0).metrics.size(), 2u);
  folder.release_ownership();
}

TEST_F(RunFolderTest, ALossThatIsNotANumberStaysARow) {
  RunFolder folder = make();
  protocol::Metric row = metric(1);
  row.loss = NAN;
  ASSERT_TRUE(folder.append_metric(row).ok());
  ASSERT_EQ(folder.metrics(0).metrics.size(), 1u);
  EXPECT_TRUE(std::isnan(folder.metrics(0).metrics[0].loss));
}

TEST_F(RunFolderTest, CutsRowsThatACheckpointDoesNotKnow) {
  RunFolder folder = make();
  ASSERT_TRUE(folder.append_metric(metric(1)).ok());
  const uint64_t offset = folder.metrics_offset();
  for (int64_t step = 1; step <= 3; ++step) {
    ASSERT_TRUE(folder.append_timing({.step = step}).ok());
  }
  ASSERT_TRUE(folder.append_metric(metric(2)).ok());
  ASSERT_TRUE(folder.cut_metrics(offset).ok());
  ASSERT_TRUE(folder.cut_timings(1).ok());
  EXPECT_EQ(folder.metrics(0).metrics.size(), 1u);
  EXPECT_EQ(folder.metrics(0).timings.size(), 1u);
}

TEST_F(RunFolderTest, LeftoversOfACrashAreRemoved) {
  RunFolder folder = make();
  fs::create_directories(root_ / "checkpoints" / ".tmp-9");
  fs::create_directories(root_ / "checkpoints" / ".trash-step-00000001");
  ASSERT_TRUE(folder.take_ownership().ok());
  EXPECT_TRUE(fs::is_empty(root_ / "checkpoints"));
  folder.release_ownership();
}

}  // namespace
}  // namespace greylag
