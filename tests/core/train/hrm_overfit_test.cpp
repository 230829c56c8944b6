// SPDX-License-Identifier: Apache-2.0
// Can a core alone learn something by heart, with the base as it is (facts hrm.md 4.9, 14)?
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/base/file.h"
#include "core/runs/run_config.h"
#include "core/runs/run_folder.h"
#include "core/train/base_model.h"
#include "core/train/hrm_file.h"
#include "core/train/hrm_loss.h"
#include "core/train/trainer.h"
#include "tests/core/train/training_folder.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<const char*, const char*> kDialogues[] = {
    {"Which bird honks?", "The greylag goose."},
    {"What is two and three?", "Five."},
    {"Name a colour.", "Teal, like a duck."},
    {"Where do geese go?", "South in winter."},
    {"Say hello.", "Hello there!"},
    {"Is it late?", "Only a little."},
    {"What do geese eat?", "Grass and grain."},
    {"Who are you?", "A small model."}};

TEST(HrmOverfit, ACoreLearnsEightDialoguesOnAFrozenBase) {
  const char* shared = std::getenv("GREYLAG_SHARED");
  const fs::path model =
      fs::path(shared == nullptr ? "" : shared) / "parity" / "lively-rwkv7-byte.safetensors";
  if (!fs::exists(model)) GTEST_SKIP() << "no parity data";
  const TrainingFolder files("hrm-overfit");
  std::ofstream data(files.path("dialogues.jsonl"), std::ios::binary);
  for (const auto& [user, assistant] : kDialogues) {
    data << R"({"messages":[{"role":"user","content":")" << user
         << R"("},{"role":"assistant","content":")" << assistant << "\"}]}\n";
  }
  data.close();
  protocol::RunConfig config = files.config("hrm");
  config.model = path_to_utf8(model);
  config.data = path_to_utf8(files.path("dialogues.jsonl"));
  config.steps = 75;
  config.lr = 5e-3;
  config.lr_final = 5e-4;
  config.batch = 8;
  config.context = 64;
  config.validation_share = 0;
  config.save_every = 0;
  auto folder = RunFolder::create(files.path("run"), *complete_run_config(config));
  ASSERT_TRUE(folder.ok());
  const auto end = train_run(*folder, RunStart::Fresh, {});
  ASSERT_TRUE(end.ok()) << end.error().message;
  const auto rows = folder->metrics(0).metrics;
  std::printf("loss %.3f at step 1, %.4f at step %zu\n", rows.front().loss, rows.back().loss,
              rows.size());
  EXPECT_GT(rows.front().loss, 2);
  EXPECT_LT(rows.back().loss, 0.1);
  // At strength 0 the base answers as before.
  const auto base = load_base_model(model);
  const auto core = load_core(path_from_utf8(folder->checkpoints().back().file));
  ASSERT_TRUE(base.ok() && core.ok());
  const at::NoGradGuard no_grad;
  const at::Tensor tokens = at::randint(0, 256, {2, 32}, at::kLong);
  Thinking off;
  off.strength = 0;
  EXPECT_TRUE(at::equal(hrm_hidden({base->model, *core}, tokens, off), base->model.hidden(tokens)));
  EXPECT_FALSE(at::equal(hrm_hidden({base->model, *core}, tokens, {}), base->model.hidden(tokens)));
}

}  // namespace
}  // namespace greylag::train
