// SPDX-License-Identifier: Apache-2.0
// Runs of method hrm, from their folder to their checkpoints.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "core/base/sha256.h"
#include "core/runs/run_config.h"
#include "core/train/base_model.h"
#include "core/train/evaluation.h"
#include "core/train/hrm_file.h"
#include "core/train/hrm_method.h"
#include "core/train/loss.h"
#include "core/train/method.h"
#include "core/train/patience.h"
#include "core/train/trainer.h"
#include "tests/core/train/training_folder.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

// The small run of the other methods, with a core of one block per module.
protocol::RunConfig core_run(const TrainingFolder& files) {
  protocol::RunConfig config = files.config("hrm");
  config.hrm_width = 64;
  config.hrm_blocks = 1;
  config.hrm_l_cycles = 1;
  return config;
}

RunFolder make_run(const fs::path& path, const protocol::RunConfig& wanted) {
  const auto config = complete_run_config(wanted);
  EXPECT_TRUE(config.ok()) << config.error().message;
  auto folder = RunFolder::create(path, *config);
  EXPECT_TRUE(folder.ok());
  return std::move(*folder);
}

Result<RunEnd> run(const fs::path& path, const protocol::RunConfig& config) {
  RunFolder folder = make_run(path, config);
  return train_run(folder, RunStart::Fresh, {});
}

fs::path checkpoint(const fs::path& run, int64_t step) {
  return run / "checkpoints" /
         ("step-000000" + std::string(step < 10 ? "0" : "") + std::to_string(step));
}

std::string all_bytes(const fs::path& folder) {
  std::string bytes;
  for (const char* name :
       {"core.safetensors", "adapter.safetensors", "model.safetensors", "trainer.safetensors"}) {
    if (fs::exists(folder / name)) bytes += name + bytes_of(folder / name);
  }
  return bytes;
}

struct Variant {
  const char* name;
  const char* backbone;
  bool is_halting;
  int64_t grad_cycles;
};

class HrmRun : public ::testing::TestWithParam<Variant> {};

TEST_P(HrmRun, AStoppedAndResumedRunEqualsAStraightOneToTheBit) {
  const TrainingFolder files(std::string("hrm-resume-") + GetParam().name);
  protocol::RunConfig config = core_run(files);
  config.hrm_backbone = GetParam().backbone;
  config.hrm_halting = GetParam().is_halting;
  config.hrm_halt_tau = 0.01;  // so low that fresh tokens stop as soon as q has risen a little
  config.hrm_explore = 0.5;
  config.hrm_grad_cycles = GetParam().grad_cycles;
  config.hrm_alpha_warmup_steps = 14;
  config.accumulation = GetParam().is_halting ? 2 : 1;
  config.patience = 100;
  const auto straight = run(files.path("straight"), config);
  ASSERT_TRUE(straight.ok()) << straight.error().message;

  RunFolder folder = make_run(files.path("stopped"), config);
  int64_t step = 0;
  TrainerOptions options;
  options.on_progress = [&](const StepReport& report) { step = report.metric.step; };
  options.is_interrupted = [&] { return step >= 10; };
  ASSERT_EQ(*train_run(folder, RunStart::Fresh, options), RunEnd::Stopped);
  const auto resumed = train_run(folder, RunStart::Resume, {});
  ASSERT_TRUE(resumed.ok()) << resumed.error().message;
  EXPECT_EQ(bytes_of(files.path("stopped") / "metrics.jsonl"),
            bytes_of(files.path("straight") / "metrics.jsonl"));
  const std::string bytes = all_bytes(checkpoint(files.path("straight"), 20));
  EXPECT_EQ(all_bytes(checkpoint(files.path("stopped"), 20)), bytes);
  if (GetParam().is_halting) {  // some tokens did stop
    EXPECT_LT(folder.metrics(0).metrics.back().halt_depth, 2);
  }
  const std::string backbone = GetParam().backbone;
  EXPECT_NE(bytes.find("core.safetensors"), std::string::npos);
  EXPECT_EQ(bytes.find("adapter.safetensors") != std::string::npos, backbone == "lora");
  EXPECT_EQ(bytes.find("model.safetensors") != std::string::npos, backbone == "full");
}

TEST_P(HrmRun, TheLossFallsAndTheRowsSayHow) {
  const TrainingFolder files(std::string("hrm-falls-") + GetParam().name);
  protocol::RunConfig config = core_run(files);
  config.hrm_backbone = GetParam().backbone;
  config.hrm_halting = GetParam().is_halting;
  config.hrm_grad_cycles = GetParam().grad_cycles;
  config.steps = 25;
  ASSERT_TRUE(run(files.path("run"), config).ok());
  const auto rows = RunFolder::open(files.path("run"))->metrics(0).metrics;
  ASSERT_EQ(rows.size(), 25u);
  EXPECT_LT(rows.back().val_loss, rows[4].val_loss - 0.5);
  for (const protocol::Metric& row : rows) {
    ASSERT_EQ(row.cycle_losses.size(), 2u);
    ASSERT_EQ(row.cycle_changes.size(), 1u);
    EXPECT_NEAR(row.loss, (0.5 * row.cycle_losses[0] + row.cycle_losses[1]) / 1.5, 1e-9);
    EXPECT_GT(row.cycle_changes[0], 0);
    EXPECT_EQ(row.has_halt_depth, GetParam().is_halting);
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, HrmRun,
                         ::testing::Values(Variant{"frozen", "frozen", true, 2},
                                           Variant{"lora", "lora", false, 1},
                                           Variant{"full", "full", false, 0}),
                         [](const auto& test) { return std::string(test.param.name); });

// Facts hrm.md 4.9, 13: the first loss is the base's own, to the last bit.
TEST(HrmTraining, TheFirstLossIsTheBasesLoss) {
  const TrainingFolder files("hrm-first");
  protocol::RunConfig config = core_run(files);
  config.hrm_l_cycles = 3;
  const auto base = load_base_model(path_from_utf8(config.model));
  ASSERT_TRUE(base.ok());
  auto core = open_core(base->model.config(), config);
  ASSERT_TRUE(core.ok()) << core.error().message;
  Sample sample;
  for (int i = 0; i < 40; ++i) {
    sample.tokens.push_back((i * 29 + 5) % 256);
    sample.learned.push_back(i % 3 == 0 ? 0 : 1);
  }
  const Sample* const only[] = {&sample};
  const MicroBatch batch = make_batch(only);
  const HrmLoss loss = hrm_loss({base->model, *core}, batch, core_loss_options(config, 0, 0));
  EXPECT_EQ(loss.loss, evaluate(base->model, only, 1).loss);
}

TEST(HrmTraining, AFrozenBaseHasNoGradientsAndStaysAsItIs) {
  const TrainingFolder files("hrm-frozen");
  const protocol::RunConfig config = core_run(files);
  const fs::path model_path = path_from_utf8(config.model);
  const auto before = sha256_file(model_path);
  auto base = load_base_model(model_path);
  auto core = open_core(base->model.config(), config);
  ASSERT_TRUE(base.ok() && core.ok());
  Parameters kept;
  for (const auto& [name, tensor] : base->model.parameters()) kept[name] = tensor.clone();
  Adam optimizer(prepare_core(base->model, *core, config), {});
  for (const TrainedTensor& tensor : optimizer.tensors()) {
    EXPECT_EQ(tensor.name.compare(0, 4, "hrm."), 0) << tensor.name;
    EXPECT_NE(tensor.name, "hrm.alpha");
  }
  Sample sample;
  for (int i = 0; i < 20; ++i) {
    sample.tokens.push_back(i + 60);
    sample.learned.push_back(1);
  }
  const Sample* const only[] = {&sample};
  for (int64_t step = 0; step < 3; ++step) {
    optimizer.clear_gradients();
    hrm_loss({base->model, *core}, make_batch(only), core_loss_options(config, step, 0))
        .total.backward();
    for (const auto& [name, tensor] : base->model.parameters()) {
      EXPECT_FALSE(tensor.requires_grad()) << name;
      EXPECT_FALSE(tensor.grad().defined()) << name;
    }
    optimizer.update(1e-3, 1.0);
  }
  for (const auto& [name, tensor] : base->model.parameters()) {
    EXPECT_TRUE(at::equal(tensor, kept.at(name))) << name;
  }
  ASSERT_TRUE(run(files.path("run"), config).ok());
  EXPECT_EQ(*sha256_file(model_path), *before);
}

// What is recorded of a frozen base below the tap: nothing, whatever its depth.
TEST(HrmTraining, NothingBelowTheTapIsRecorded) {
  const TrainingFolder files("hrm-tap");
  protocol::RunConfig config = core_run(files);
  config.hrm_tap = 1;
  const auto base = load_base_model(path_from_utf8(config.model));
  const at::Tensor tokens = at::randint(0, 256, {1, 16}, at::kLong);
  const auto core = open_core(base->model.config(), config);
  ASSERT_TRUE(base.ok() && core.ok());
  EXPECT_FALSE(hrm_hidden({base->model, *core}, tokens, {}).requires_grad());
  at::Tensor out = core->at("hrm.out.weight");
  out.requires_grad_();
  EXPECT_TRUE(hrm_hidden({base->model, *core}, tokens, {}).requires_grad());
}

TEST(HrmTraining, ACoreFromAFileGoesOn) {
  const TrainingFolder files("hrm-goes-on");
  protocol::RunConfig config = core_run(files);
  ASSERT_TRUE(run(files.path("first"), config).ok());
  const fs::path core = checkpoint(files.path("first"), 20) / "core.safetensors";
  const auto first = RunFolder::open(files.path("first"))->metrics(0).metrics;
  config.steps = 2;
  config.hrm_core = path_to_utf8(core);
  config.hrm_width = 128;  // the file's shape counts
  config.warmup_steps = 0;
  ASSERT_TRUE(run(files.path("second"), config).ok());
  const auto second = RunFolder::open(files.path("second"))->metrics(0).metrics;
  EXPECT_LT(second[0].loss, first[0].loss - 0.5);
  EXPECT_EQ(load_core(core)->config().width(), 64);
  // The file is part of what the run is.
  std::ofstream(core, std::ios::app | std::ios::binary) << "x";
  RunFolder folder = std::move(*RunFolder::open(files.path("second")));
  EXPECT_EQ(train_run(folder, RunStart::Resume, {}).error().code, ErrorCode::Conflict);
}

TEST(HrmTraining, ACoreForAnotherModelIsRefused) {
  const TrainingFolder files("hrm-other");
  protocol::RunConfig config = core_run(files);
  Config other;
  other.width = 128;
  other.layers = 2;
  other.vocab = 256;
  const fs::path path = files.path("other.safetensors");
  ASSERT_TRUE(save_core(path, fresh_core(*make_hrm_config(other, 64, 1), 1)).ok());
  config.hrm_core = path_to_utf8(path);
  const auto end = run(files.path("run"), config);
  ASSERT_FALSE(end.ok());
  EXPECT_NE(end.error().message.find("width 128, not 64"), std::string::npos)
      << end.error().message;
}

TEST(HrmTraining, ACoreKeepsItsMeaningInAFile) {
  const TrainingFolder files("hrm-file");
  const auto config = plan_core({.model = files.path("model.safetensors"), .blocks = 1});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->width(), 64);
  EXPECT_EQ(config->base_sha256, *sha256_file(files.path("model.safetensors")));
  const HrmAutograd core = fresh_core(*config, 9);
  const fs::path path = files.path("core.safetensors");
  ASSERT_TRUE(save_core(path, core).ok());
  const auto read = load_core(path);
  ASSERT_TRUE(read.ok()) << read.error().message;
  for (const auto& [name, tensor] : core.parameters()) {
    EXPECT_TRUE(at::equal(read->at(name), tensor)) << name;
  }
  // LeCun: W_in has the std 1 / sqrt(C); 4096 values leave 1.1% of doubt in it.
  EXPECT_NEAR(core.at("hrm.in.weight").std().item<double>(), 1.0 / 8, 0.006);
  EXPECT_EQ(core.at("hrm.out.weight").abs().max().item<double>(), 0);
  EXPECT_FALSE(at::equal(core.at("hrm.L.blocks.0.att.value.weight"),
                         core.at("hrm.H.blocks.0.att.value.weight")));
}

// Facts hrm.md 4.8: the best loss, not the one before, is what counts.
TEST(Patience, ComparesWithTheBest) {
  const PatienceOptions options{.patience = 2, .min_delta = 0.1, .grace_steps = 20};
  Patience patience;
  patience.see(options, 10, 1.0);
  patience.see(options, 15, 2.0);  // in the grace
  EXPECT_EQ(patience.waited, 0);
  patience.see(options, 20, 1.5);
  EXPECT_EQ(patience.waited, 1);
  patience.see(options, 25, 0.95);  // better, but by less than min_delta
  EXPECT_TRUE(patience.is_over(options));
  patience.see(options, 30, 0.8);
  EXPECT_FALSE(patience.is_over(options));
  patience.see(options, 35, NAN);
  EXPECT_EQ(patience.waited, 1);
  EXPECT_FALSE(patience.is_over({}));
}

TEST(Patience, EndsARunThatGetsNoBetter) {
  const TrainingFolder files("patience");
  protocol::RunConfig config = files.config("lora");
  config.patience = 2;
  config.min_delta = 50;  // nothing is that much better than the first
  config.grace_steps = 6;
  config.save_every = 0;
  RunFolder folder = make_run(files.path("run"), config);
  ASSERT_EQ(*train_run(folder, RunStart::Fresh, {}), RunEnd::Finished);
  EXPECT_EQ(folder.status().state, "finished");
  EXPECT_EQ(folder.status().step, 15);  // validations at 5 (best), 10 and 15
  EXPECT_TRUE(fs::exists(checkpoint(files.path("run"), 15) / "adapter.safetensors"));
  const std::string journal = bytes_of(files.path("run") / "journal.jsonl");
  EXPECT_NE(journal.find("out_of_patience"), std::string::npos);
  EXPECT_EQ(*train_run(folder, RunStart::Resume, {}), RunEnd::Finished);
  EXPECT_EQ(folder.status().step, 15);
}

}  // namespace
}  // namespace greylag::train
