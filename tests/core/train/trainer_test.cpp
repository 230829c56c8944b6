// SPDX-License-Identifier: Apache-2.0
#include "core/train/trainer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "core/checkpoint/reader.h"
#include "core/runs/run_config.h"
#include "core/train/base_model.h"
#include "tests/core/train/training_folder.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

RunFolder make_run(const fs::path& path, const protocol::RunConfig& config) {
  auto folder = RunFolder::create(path, config);
  EXPECT_TRUE(folder.ok());
  return std::move(*folder);
}

Result<RunEnd> run(const fs::path& path, const protocol::RunConfig& config) {
  RunFolder folder = make_run(path, config);
  return train_run(folder, RunStart::Fresh, {});
}

std::string trained_bytes(const fs::path& run, int64_t step) {
  const fs::path folder = run / "checkpoints" / (step == 20 ? "step-00000020" : "step-00000010");
  std::string bytes = bytes_of(folder / "trainer.safetensors");
  for (const char* name : {"adapter.safetensors", "state.safetensors", "model.safetensors"}) {
    if (fs::exists(folder / name)) bytes += bytes_of(folder / name);
  }
  return bytes;
}

// A fresh model writes nothing out of its wkv states (att.output is zero), so states have something
// to learn only in a model that was trained before.
protocol::RunConfig on_fitting_base(const TrainingFolder& files, const std::string& method) {
  if (method == "state") {
    EXPECT_TRUE(run(files.path("base"), files.config("full")).ok());
  }
  const bool has_norms = method == "lora+norms";
  protocol::RunConfig config = files.config(has_norms ? "lora" : method);
  config.train_norms = has_norms;
  if (method != "state") return config;
  config.model =
      path_to_utf8(files.path("base") / "checkpoints" / "step-00000020" / "model.safetensors");
  config.lr = 0.05;
  return config;
}

class MethodTest : public ::testing::TestWithParam<const char*> {};

TEST_P(MethodTest, AStoppedAndResumedRunEqualsAStraightOneToTheBit) {
  const TrainingFolder files(std::string("resume-") + GetParam());
  const protocol::RunConfig config = on_fitting_base(files, GetParam());
  const auto straight = run(files.path("straight"), config);
  ASSERT_TRUE(straight.ok()) << straight.error().message;
  EXPECT_EQ(*straight, RunEnd::Finished);

  RunFolder folder = make_run(files.path("stopped"), config);
  int64_t step = 0;
  TrainerOptions options;
  options.on_progress = [&](const StepReport& report) { step = report.metric.step; };
  options.is_interrupted = [&] { return step >= 10; };
  const auto stopped = train_run(folder, RunStart::Fresh, options);
  ASSERT_TRUE(stopped.ok()) << stopped.error().message;
  EXPECT_EQ(*stopped, RunEnd::Stopped);
  EXPECT_EQ(folder.status().state, "stopped");
  EXPECT_EQ(folder.status().step, 10);
  const auto resumed = train_run(folder, RunStart::Resume, {});
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ(*resumed, RunEnd::Finished);
  EXPECT_EQ(folder.status().state, "finished");

  EXPECT_EQ(bytes_of(files.path("stopped") / "metrics.jsonl"),
            bytes_of(files.path("straight") / "metrics.jsonl"));
  EXPECT_EQ(trained_bytes(files.path("stopped"), 20), trained_bytes(files.path("straight"), 20));
}

TEST_P(MethodTest, TheLossFalls) {
  const TrainingFolder files(std::string("falls-") + GetParam());
  protocol::RunConfig config = on_fitting_base(files, GetParam());
  config.steps = 40;
  ASSERT_TRUE(run(files.path("run"), config).ok());
  const auto rows = RunFolder::open(files.path("run"))->metrics(0).metrics;
  ASSERT_EQ(rows.size(), 40u);
  EXPECT_LT(rows.back().val_loss, rows[4].val_loss);
  EXPECT_TRUE(rows.back().has_val_loss);
}

INSTANTIATE_TEST_SUITE_P(Methods, MethodTest,
                         ::testing::Values("lora", "lora+norms", "full", "state"));

// Each norm that RWKV-PEFT would train, moved; and the adapter is what the model was.
TEST(Trainer, TrainedNormsGoIntoTheAdapter) {
  const TrainingFolder files("norms");
  protocol::RunConfig config = files.config("lora");
  config.train_norms = true;
  ASSERT_TRUE(run(files.path("run"), config).ok());
  const auto base = load_base_model(path_from_utf8(config.model));
  ASSERT_TRUE(base.ok());
  const auto adapter =
      load_adapter(files.path("run") / "checkpoints" / "step-00000020" / "adapter.safetensors",
                   base->model.config());
  ASSERT_TRUE(adapter.ok()) << adapter.error().message;
  EXPECT_EQ(adapter->norms.size(), static_cast<size_t>(2 * (3 * base->model.config().layers + 2)));
  for (const auto& [name, values] : adapter->norms) {
    const at::Tensor was = base->model.at(name).contiguous();
    ASSERT_EQ(was.numel(), static_cast<int64_t>(values.size()));
    const float* const from = was.data_ptr<float>();
    EXPECT_FALSE(std::equal(values.begin(), values.end(), from)) << name;
  }
  config.method = "state";
  EXPECT_EQ(complete_run_config(config).error().code, ErrorCode::InvalidArgument);
}

TEST(Trainer, AccumulationEqualsALargerBatch) {
  const TrainingFolder files("accumulation");
  protocol::RunConfig config = files.config("full");
  config.steps = 3;
  config.save_every = 0;
  config.batch = 4;
  ASSERT_TRUE(run(files.path("batch"), config).ok());
  config.batch = 1;
  config.accumulation = 4;
  ASSERT_TRUE(run(files.path("parts"), config).ok());
  const auto whole = RunFolder::open(files.path("batch"))->metrics(0).metrics;
  const auto parts = RunFolder::open(files.path("parts"))->metrics(0).metrics;
  ASSERT_EQ(whole.size(), 3u);
  ASSERT_EQ(parts.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(whole[i].tokens, parts[i].tokens);
    EXPECT_NEAR(whole[i].loss, parts[i].loss, 2e-5) << i;  // rounding of f32, grown by two steps
    EXPECT_NEAR(whole[i].grad_norm, parts[i].grad_norm, 1e-4 * whole[i].grad_norm) << i;
  }
}

// One weight that is no number makes every loss so.
TEST(Trainer, ThreeBadStepsInARowEndTheRun) {
  const TrainingFolder files("bad");
  protocol::RunConfig config = files.config("full");
  auto base = load_base_model(path_from_utf8(config.model));
  ASSERT_TRUE(base.ok());
  base->model.parameters().at("head.weight").view({-1}).select(0, 0).fill_(NAN);
  config.model = path_to_utf8(files.path("broken.safetensors"));
  ASSERT_TRUE(save_model(files.path("broken.safetensors"), base->model, base->infos).ok());
  config.validate_every = 0;
  config.save_every = 0;
  const auto end = run(files.path("run"), config);
  ASSERT_FALSE(end.ok());
  EXPECT_NE(end.error().message.find("not finite for 3 steps"), std::string::npos)
      << end.error().message;
  const auto status = RunFolder::open(files.path("run"))->status();
  EXPECT_EQ(status.state, "failed");
  EXPECT_FALSE(status.error.empty());
  for (const char* step : {"1", "2", "3"}) {
    const std::string skipped =
        bytes_of(files.path("run") / fmt::format("skipped-0000000{}.json", step));
    for (const char* key : {"step", "lr", "loss", "grad_norm", "samples", "index", "line"}) {
      EXPECT_NE(skipped.find(fmt::format("\"{}\"", key)), std::string::npos) << key;
    }
  }
}

// Good steps, then none that is finite: the run can go on from before them.
TEST(Trainer, ADivergedRunKeepsWhatItSavedBefore) {
  const TrainingFolder files("diverged");
  protocol::RunConfig config = files.config("full");
  config.steps = 5;
  config.save_every = 1;
  config.keep_last = 1;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  config = folder.config();
  config.steps = 20;
  config.lr = 10;  // throws the weights out of the numbers within a step or two
  config.lr_final = 10;
  config.clip = 0;
  ASSERT_TRUE(folder.write_config(config).ok());
  const auto end = train_run(folder, RunStart::Resume, {});
  ASSERT_FALSE(end.ok());
  ASSERT_NE(end.error().message.find("not finite for 3 steps"), std::string::npos)
      << end.error().message;
  const auto rows = folder.metrics(0).metrics;
  const auto first_bad = std::ranges::find_if(
      rows, [](const protocol::Metric& row) { return !std::isfinite(row.grad_norm); });
  ASSERT_NE(first_bad, rows.end());
  for (const protocol::RunCheckpoint& checkpoint : folder.checkpoints()) {
    EXPECT_LT(checkpoint.step, first_bad->step);
  }
  config.lr = config.lr_final = 1e-4;
  config.clip = 1;
  ASSERT_TRUE(folder.write_config(config).ok());
  const auto mended = train_run(folder, RunStart::Resume, {});
  ASSERT_TRUE(mended.ok()) << mended.error().message;
  EXPECT_EQ(folder.status().state, "finished");
}

// A run whose last step throws the weights out of the numbers has no result.
TEST(Trainer, ABrokenLastStepIsNoSuccess) {
  const TrainingFolder files("broken-end");
  protocol::RunConfig config = files.config("full");
  config.steps = 1;
  config.validate_every = 0;
  config.warmup_steps = 0;
  config.lr = config.lr_final = 1e30;
  config.clip = 0;
  const auto end = run(files.path("run"), config);
  ASSERT_FALSE(end.ok());
  EXPECT_NE(end.error().message.find("not finite after the last step"), std::string::npos)
      << end.error().message;
  EXPECT_TRUE(RunFolder::open(files.path("run"))->checkpoints().empty());
}

TEST(Trainer, AnEarlyStopKeepsTheBest) {
  const TrainingFolder files("patience");
  protocol::RunConfig config = files.config("full");
  config.steps = 60;
  config.lr = config.lr_final = 5e-2;  // too large to go on getting better for long
  config.validate_every = 1;
  config.save_every = 0;
  config.keep_last = 1;
  config.patience = 4;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  const auto rows = folder.metrics(0).metrics;
  const auto best = std::ranges::min_element(rows, {}, &protocol::Metric::val_loss);
  ASSERT_LT(best->step, rows.back().step);
  ASSERT_LT(rows.back().step, 60);
  const auto kept = folder.checkpoints();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_TRUE(kept[0].is_best);
  EXPECT_EQ(kept[0].step, best->step);
  EXPECT_EQ(kept[0].val_loss, best->val_loss);
}

TEST(Trainer, ChangedDataIsNotResumed) {
  const TrainingFolder files("changed");
  protocol::RunConfig config = files.config("lora");
  config.steps = 2;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  std::ofstream(files.path("text.txt"), std::ios::app) << "One more goose.\n";
  const auto resumed = train_run(folder, RunStart::Resume, {});
  ASSERT_FALSE(resumed.ok());
  EXPECT_EQ(resumed.error().code, ErrorCode::Conflict);
}

// What a test edits in the config.yaml of a run, and what the answer must say.
struct Edit {
  const char* field;
  std::function<void(protocol::RunConfig&)> change;
  const char* values;
};

TEST(Trainer, AFieldThatTheCheckpointDependsOnIsRefusedByName) {
  const TrainingFolder files("edited");
  protocol::RunConfig config = files.config("lora");
  config.steps = 2;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  const protocol::RunConfig stored = folder.config();
  const fs::path saved = files.path("run") / "checkpoints" / "step-00000002";
  const std::string before = bytes_of(saved / "trainer.safetensors");
  const Edit edits[] = {
      {"seed", [](auto& c) { c.seed = 99; }, "seed was 1 and is 99"},
      {"validation_share", [](auto& c) { c.validation_share = 0.25; }, "was 0.05 and is 0.25"},
      {"context", [](auto& c) { c.context = 64; }, "context was 32 and is 64"},
      {"batch", [](auto& c) { c.batch = 1; }, "batch was 2 and is 1"},
      {"accumulation", [](auto& c) { c.accumulation = 2; }, "accumulation was 1 and is 2"},
      {"rank", [](auto& c) { c.rank = 8; }, "rank was 4 and is 8"},
      {"alpha", [](auto& c) { c.alpha = 64; }, "alpha was 32.0 and is 64.0"},
      {"method", [](auto& c) { c.method = "full"; }, "method was \"lora\" and is \"full\""},
      {"optimizer", [](auto& c) { c.optimizer = "adam_atan2"; }, "optimizer was \"adamw\""},
      {"beta1", [](auto& c) { c.beta1 = 0.5; }, "beta1 was 0.9 and is 0.5"},
      {"skip_bad_rows", [](auto& c) { c.skip_bad_rows = true; }, "skip_bad_rows was false"},
      {"data_sha256", [](auto& c) { c.data_sha256 = std::string(64, '0'); }, "data_sha256 was"},
      {"model_sha256", [](auto& c) { c.model_sha256 = std::string(64, '0'); }, "model_sha256 was"},
  };
  for (const Edit& edit : edits) {
    protocol::RunConfig edited = stored;
    edited.steps = 4;
    edit.change(edited);
    ASSERT_TRUE(folder.write_config(edited).ok());
    const auto resumed = train_run(folder, RunStart::Resume, {});
    ASSERT_FALSE(resumed.ok()) << edit.field;
    EXPECT_EQ(resumed.error().code, ErrorCode::Conflict) << edit.field;
    EXPECT_NE(resumed.error().message.find(edit.values), std::string::npos)
        << resumed.error().message;
    EXPECT_EQ(folder.status().step, 2) << edit.field;
  }
  EXPECT_EQ(bytes_of(saved / "trainer.safetensors"), before);
  ASSERT_TRUE(folder.write_config(stored).ok());  // put back: it goes on
  EXPECT_TRUE(train_run(folder, RunStart::Resume, {}).ok());
}

TEST(Trainer, WhatOfTheDataIsLeftOutStandsInTheJournal) {
  const TrainingFolder files("left-out");
  std::ofstream rows(files.path("rows.jsonl"), std::ios::binary);
  for (int i = 0; i < 12; ++i) {
    rows << "{\"text\":\"" << std::string(40, static_cast<char>('a' + i % 6))
         << "\"}\n{\"txt\":1}\n";
  }
  rows.close();
  protocol::RunConfig config = files.config("lora");
  config.data = path_to_utf8(files.path("rows.jsonl"));
  config.skip_bad_rows = true;
  config.steps = 2;
  ASSERT_TRUE(run(files.path("run"), config).ok());
  const std::string journal = bytes_of(files.path("run") / "journal.jsonl");
  for (const char* told :
       {R"("event":"data")", R"("rows":"24")", R"("usable_rows":"12")",
        R"("no_known_key_rows":"12")", R"("cut_rows":"12")", R"("duplicate_rows":"6")",
        "12 of 24 rows left out (no_known_key)", "12 of 24 rows cut into windows"}) {
    EXPECT_NE(journal.find(told), std::string::npos) << told << " in " << journal;
  }
}

TEST(Trainer, OtherFieldsAreTakenAndTold) {
  const TrainingFolder files("taken");
  protocol::RunConfig config = files.config("lora");
  config.steps = 2;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  config = folder.config();
  config.steps = 4;
  config.lr = 1e-3;
  config.save_every = 1;
  fs::rename(files.path("text.txt"), files.path("moved.txt"));
  config.data = path_to_utf8(files.path("moved.txt"));  // the same bytes at another place
  ASSERT_TRUE(folder.write_config(config).ok());
  const auto resumed = train_run(folder, RunStart::Resume, {});
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ(folder.status().step, 4);
  const std::string journal = bytes_of(files.path("run") / "journal.jsonl");
  for (const char* told : {R"("lr":"0.002 -> 0.001")", R"("steps":"2 -> 4")", "moved.txt",
                           R"("save_every":"8 -> 1")", R"("event":"changed")"}) {
    EXPECT_NE(journal.find(told), std::string::npos) << told << " in " << journal;
  }
  EXPECT_EQ(journal.find("\"seed\""), std::string::npos);
}

// A hash that was deleted from config.yaml is the checkpoint's, not whatever the file has now.
TEST(Trainer, ADeletedHashDoesNotLetOtherDataIn) {
  const TrainingFolder files("no-hash");
  protocol::RunConfig config = files.config("lora");
  config.steps = 2;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  std::ofstream(files.path("text.txt"), std::ios::app) << "One more goose.\n";
  config = folder.config();
  config.data_sha256.clear();
  config.steps = 4;
  ASSERT_TRUE(folder.write_config(config).ok());
  const auto resumed = train_run(folder, RunStart::Resume, {});
  ASSERT_FALSE(resumed.ok());
  EXPECT_NE(resumed.error().message.find("the data file changed"), std::string::npos)
      << resumed.error().message;
}

TEST(Trainer, WordsOfOneStepAreAllObeyed) {
  const TrainingFolder files("words");
  protocol::RunConfig config = files.config("lora");
  config.steps = 4;
  config.save_every = 0;
  RunFolder folder = make_run(files.path("run"), config);
  TrainerOptions options;
  std::vector<std::string> events;
  options.on_progress = [&](const StepReport& report) {
    if (report.event != "step")
      events.push_back(fmt::format("{} {}", report.event, report.metric.step));
    if (report.event != "step" || report.metric.step != 2) return;
    for (const char* word : {"save", "pause", "save", "resume"}) {
      EXPECT_TRUE(RunFolder::open(folder.path())->control(word).ok());
    }
  };
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, options).ok());
  EXPECT_EQ(events, (std::vector<std::string>{"saved 2", "paused 2", "resumed 2", "saved 4"}));
}

TEST(Trainer, AStartedRunIsNotStartedAgain) {
  const TrainingFolder files("again");
  protocol::RunConfig config = files.config("lora");
  config.steps = 1;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_TRUE(train_run(folder, RunStart::Fresh, {}).ok());
  EXPECT_EQ(train_run(folder, RunStart::Fresh, {}).error().code, ErrorCode::Conflict);
}

TEST(Trainer, AMissingModelFailsTheRunWithItsReason) {
  const TrainingFolder files("missing");
  protocol::RunConfig config = files.config("lora");
  config.model = path_to_utf8(files.path("none.pth"));
  EXPECT_FALSE(run(files.path("run"), config).ok());
  EXPECT_EQ(RunFolder::open(files.path("run"))->status().state, "failed");
}

TEST(Trainer, AFullModelKeepsTheDtypesOfItsBase) {
  const TrainingFolder files("dtype");
  protocol::RunConfig config = files.config("full");
  config.steps = 1;
  ASSERT_TRUE(run(files.path("run"), config).ok());
  const auto base = open_checkpoint(path_from_utf8(config.model));
  const auto model =
      open_checkpoint(files.path("run") / "checkpoints" / "step-00000001" / "model.safetensors");
  ASSERT_TRUE(base.ok() && model.ok());
  ASSERT_EQ((*base)->tensors().size(), (*model)->tensors().size());
  for (size_t i = 0; i < (*base)->tensors().size(); ++i) {
    EXPECT_EQ((*base)->tensors()[i].name, (*model)->tensors()[i].name);
    EXPECT_EQ((*base)->tensors()[i].dtype, (*model)->tensors()[i].dtype);
  }
}

}  // namespace
}  // namespace greylag::train
