// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_trainer.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/puzzle/prepare.h"
#include "core/reason/initial_puzzle.h"
#include "core/reason/training_folder.h"
#include "core/runs/checkpoint_folder.h"
#include "core/runs/jsonl.h"
#include "tests/core/reason/small_puzzle.h"

namespace greylag::reason {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class PuzzleTrainer : public testing::Test {
 protected:
  PuzzleTrainer()
      : root_(fs::path(testing::TempDir()) /
              ("puzzle_trainer_" + std::to_string(platform::process_id()))) {
    std::error_code error;
    fs::remove_all(root_, error);
    EXPECT_TRUE(prepare_puzzles(
        {.task = "sudoku", .size = 4, .count = 12, .test_count = 6, .augmentations = 3}, data()));
  }
  ~PuzzleTrainer() override {
    std::error_code error;
    fs::remove_all(root_, error);
  }
  fs::path data() const { return root_ / "data"; }

  ReasonConfig config(const std::string& recipe) const {
    PuzzleConfig model = small_config(recipe);
    model.recursion = {1, 2};
    model.blocks = 1;
    if (recipe == "rwkv") model.blocks = 2;
    ReasonConfig config = recipe_config(model);
    config.data = path_to_utf8(data());
    config.batch = 4;
    config.steps = 9;
    config.warmup_steps = 2;
    config.lr = 1e-3;
    config.max_segments = 3;
    config.evaluate_every = 4;
    config.evaluate_segments = {1, 2};
    config.save_every = 3;
    config.log_every = 1;
    config.threads = 1;
    return config;
  }

  // Stops after the given step.
  static TrainingOptions stop_at(int64_t step) {
    const auto last = std::make_shared<int64_t>(0);
    TrainingOptions options;
    options.on_progress = [last](const TrainingReport& report) { *last = report.step; };
    options.is_interrupted = [last, step] { return *last >= step; };
    return options;
  }

  static std::string bytes_of(const fs::path& file) {
    const auto text = read_text_file(file, 1 << 26);
    EXPECT_TRUE(text) << file;
    return text ? *text : "";
  }

  void expect_equal_runs(const fs::path& one, const fs::path& two) {
    for (const char* name : {"reasoner.safetensors", "metrics.jsonl"}) {
      EXPECT_TRUE(bytes_of(one / name) == bytes_of(two / name)) << name;
    }
    const fs::path last = fs::path("checkpoints") / checkpoint_name(9);
    for (const char* name : {"trainer.safetensors", "latents.safetensors", "state.json"}) {
      EXPECT_TRUE(bytes_of(one / last / name) == bytes_of(two / last / name)) << name;
    }
  }

  fs::path root_;
};

TEST_F(PuzzleTrainer, AStoppedRunEqualsAStraightOneToTheBit) {
  for (const char* recipe : {"hrm-exact", "trm", "rwkv"}) {
    const fs::path straight = root_ / recipe / "straight", stopped = root_ / recipe / "stopped";
    const auto whole = train_puzzles(straight, config(recipe), {});
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->end, TrainingEnd::Finished);
    const auto first = train_puzzles(stopped, config(recipe), stop_at(5));
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first->end, TrainingEnd::Stopped);
    EXPECT_EQ(first->step, 5);
    ASSERT_TRUE(train_puzzles(stopped, config(recipe), {}));
    expect_equal_runs(straight, stopped);
  }
}

// As after a crash: the newest checkpoint is torn, and rows stand behind the one before it.
TEST_F(PuzzleTrainer, GoesOnFromTheNewestGoodCheckpoint) {
  const fs::path straight = root_ / "straight", torn = root_ / "torn";
  ASSERT_TRUE(train_puzzles(straight, config("trm"), {}));
  ASSERT_TRUE(train_puzzles(torn, config("trm"), stop_at(7)));
  const fs::path newest = torn / "checkpoints" / checkpoint_name(7) / "trainer.safetensors";
  ASSERT_TRUE(fs::exists(newest));
  fs::resize_file(newest, fs::file_size(newest) - 1);
  int64_t first_step = 0;
  TrainingOptions options;
  options.on_progress = [&](const TrainingReport& report) {
    if (first_step == 0) first_step = report.step;
  };
  ASSERT_TRUE(train_puzzles(torn, config("trm"), options));
  EXPECT_EQ(first_step, 7);  // step 6 was the checkpoint before
  expect_equal_runs(straight, torn);
}

TEST_F(PuzzleTrainer, ARunThatHasEndedStaysAsItIs) {
  const fs::path run = root_ / "run";
  ASSERT_TRUE(train_puzzles(run, config("trm"), {}));
  const std::string rows = bytes_of(run / "metrics.jsonl");
  const auto again = train_puzzles(run, config("trm"), {});
  ASSERT_TRUE(again);
  EXPECT_EQ(again->end, TrainingEnd::Finished);
  EXPECT_EQ(again->step, 9);
  EXPECT_EQ(bytes_of(run / "metrics.jsonl"), rows);
}

TEST_F(PuzzleTrainer, RefusesAnotherConfigInTheSameFolder) {
  ASSERT_TRUE(train_puzzles(root_ / "run", config("trm"), stop_at(1)));
  ReasonConfig other = config("trm");
  other.lr = 0.5;
  const auto refused = train_puzzles(root_ / "run", other, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("lr is 0.001, not 0.5"));
}

TEST_F(PuzzleTrainer, RefusesAnEditOfItsConfigThatTheCheckpointDependsOn) {
  const fs::path run = root_ / "run";
  ASSERT_TRUE(train_puzzles(run, config("trm"), stop_at(3)));
  const auto edit = [&](const auto& change) {
    ReasonConfig edited = *read_training_config(run);
    change(edited);
    EXPECT_TRUE(write_file_atomic(run / "config.json", to_json_text(edited)));
    return train_puzzles(run, edited, {});
  };
  const auto seed = edit([](ReasonConfig& c) { c.seed = 99; });
  ASSERT_FALSE(seed);
  EXPECT_EQ(seed.error().code, ErrorCode::Conflict);
  EXPECT_THAT(seed.error().message, HasSubstr("seed is 1, not 99"));
  const auto batch = edit([](ReasonConfig& c) {
    c.seed = 1;
    c.batch = 2;
  });
  ASSERT_FALSE(batch);
  EXPECT_THAT(batch.error().message, HasSubstr("batch is 4, not 2"));
  const auto steps = edit([](ReasonConfig& c) {
    c.batch = 4;
    c.steps = 5;
    c.lr = 2e-3;
  });
  ASSERT_TRUE(steps) << steps.error().message;
  EXPECT_EQ(steps->step, 5);
}

TEST_F(PuzzleTrainer, RefusesOtherPuzzlesInTheSameFolder) {
  ASSERT_TRUE(train_puzzles(root_ / "run", config("trm"), stop_at(1)));
  ASSERT_TRUE(prepare_puzzles(
      {.task = "sudoku", .size = 4, .count = 13, .test_count = 6, .augmentations = 3}, data()));
  const auto refused = train_puzzles(root_ / "run", config("trm"), {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("data_sha256"));
}

TEST_F(PuzzleTrainer, RefusesPuzzlesOfAnotherSize) {
  ReasonConfig wide = config("hrm-exact");
  wide.model.rows = wide.model.columns = 6;
  const auto refused = train_puzzles(root_ / "run", wide, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("6 x 6"));
}

TEST_F(PuzzleTrainer, EndsWhenTheTrainingPuzzlesAreSolved) {
  auto set = load_puzzle_set(data(), "train");
  ASSERT_TRUE(set);
  std::fill(set->labels.begin(), set->labels.end(), uint8_t{0});
  for (size_t i = 0; i < set->labels.size(); i += 16) set->labels[i] = 2;  // one cell, one answer
  ASSERT_TRUE(save_puzzle_set(data(), "train", *set));
  ReasonConfig easy = config("trm");
  easy.steps = 2000;
  easy.stop_accuracy = 0.05;
  easy.evaluate_every = easy.save_every = 0;
  const auto result = train_puzzles(root_ / "run", easy, {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, TrainingEnd::Learned);
  EXPECT_LT(result->step, 2000);
  EXPECT_TRUE(fs::exists(result->reasoner));
}

TEST_F(PuzzleTrainer, StopsOnLossesThatAreNotFinite) {
  ReasonConfig broken = config("trm");
  broken.save_every = 1;
  Parameters weights = initial_puzzle(broken.model, 1);
  weights.at("puz.head.weight").fill_(std::numeric_limits<float>::quiet_NaN());
  ASSERT_TRUE(write_reasoner(root_ / "nan.safetensors", broken.model, weights, gpu::DType::F32));
  TrainingOptions options;
  options.start = root_ / "nan.safetensors";
  const auto result = train_puzzles(root_ / "run", broken, options);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("not finite for 3 steps"));
  EXPECT_FALSE(fs::exists(root_ / "run" / "reasoner.safetensors"));
  EXPECT_FALSE(TrainingFolder::open(root_ / "run")->newest());  // nor a checkpoint from among them
}

TEST_F(PuzzleTrainer, RunsOnTheCpuWhereThereIsNoCuda) {
  if (at::hasCUDA()) GTEST_SKIP() << "this machine has CUDA";
  EXPECT_EQ(*choose_device("auto", small_config("trm")), "cpu");
  const auto refused = choose_device("cuda:0", small_config("trm"));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--device cpu"));
  EXPECT_FALSE(choose_device("metal", small_config("trm")));
}

TEST_F(PuzzleTrainer, WritesItsConfigWithEveryDefault) {
  ASSERT_TRUE(train_puzzles(root_ / "run", config("rwkv"), stop_at(1)));
  const auto read = read_training_config(root_ / "run");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(difference(*read, config("rwkv")).find("data_sha256"), 0u);  // all else agrees
  EXPECT_EQ(read->model.scan, PuzzleScan::Alternating);
  EXPECT_FALSE(parse_reason_config("{}"));
  std::string text = to_json_text(*read);
  text.replace(text.find("\"batch\": 4"), 10, "\"batch\": 0");
  const auto bad = parse_reason_config(text);
  ASSERT_FALSE(bad);
  EXPECT_THAT(bad.error().message, HasSubstr("batch is 0"));
}

TEST(ReasonConfig, WarmsUpLinearlyThenFollowsACosine) {
  ReasonConfig config;
  config.warmup_steps = 10;
  config.steps = 110;
  config.lr_min_ratio = 0.2;
  EXPECT_NEAR(config.rate_at(0), 0.1, 1e-12);
  EXPECT_NEAR(config.rate_at(4), 0.5, 1e-12);
  EXPECT_NEAR(config.rate_at(9), 1.0, 1e-12);
  EXPECT_NEAR(config.rate_at(59), 0.6, 1e-12);
  EXPECT_NEAR(config.rate_at(109), 0.2, 1e-12);
  config.lr_min_ratio = 1;
  EXPECT_EQ(config.rate_at(77), 1.0);
}

TEST_F(PuzzleTrainer, EvaluationIgnoresQ) {
  const PuzzleConfig model = small_config("trm");
  const auto set = load_puzzle_set(data(), "test");
  ASSERT_TRUE(set);
  const auto evaluate = [&](double bias) {
    const PuzzleNet net = small_net(model, 3, at::kFloat);
    const at::NoGradGuard no_grad;
    net.at("puz.q.bias").select(0, 0).fill_(bias);
    return evaluate_puzzles(net, *set, {.segments = {4, 1}, .batch = 4});
  };
  const Evaluation never = evaluate(-100), always = evaluate(100);
  EXPECT_EQ(never.puzzles, 6);
  ASSERT_EQ(never.rows.size(), 2u);
  EXPECT_EQ(never.rows[0].segments, 4);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(never.rows[i].cells, always.rows[i].cells);
  EXPECT_NE(never.rows[0].cells, never.rows[1].cells);
  EXPECT_EQ(never.mean_halt, 4);
  EXPECT_EQ(always.mean_halt, 1);
  EXPECT_EQ(always.halted_share, 1);
  EXPECT_EQ(always.confident_share, 1);
  EXPECT_EQ(never.confident_share, 0);
}

}  // namespace
}  // namespace greylag::reason
