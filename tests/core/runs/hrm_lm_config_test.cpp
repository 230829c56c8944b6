// SPDX-License-Identifier: Apache-2.0
#include "core/runs/hrm_lm_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/runs/run_config.h"

namespace greylag {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kConfig = R"(
model: {vocab_size: 65536, d_model: 512}
encoder:
  backend: rwkv7
  encoder_cfg:
    checkpoint_path: models/base.pth
    peft: {type: lora, lora: {r: 8, alpha: 16}}
decoder: {n_layers: 6}
hrm: {h_len: 8, h_layers: 2, l_layers: 3, h_cycles: 2, l_steps: 4, approx_grad: full,
      deep_supervision: true, ds_weight: 0.2, use_halting: true, halting_weight: 0.01}
bridge: {type: prefix, prefix_len: 4}
optim: {name: adamw, lr: 2.0e-4, betas: [0.9, 0.98], weight_decay: 0.05}
train: {seed: 7, batch_size: 3, seq_len: 128, grad_accum_steps: 2, mixed_precision: bf16,
        lr_scheduler: {name: cosine, min_lr_ratio: 0.05}, val_every: 50,
        eval_loss_patience: 4, patience_grace_steps: 100, grad_clip: 5, hrm_gate_warmup_steps: 20}
dataset: rows.jsonl
steps: 900
flavour: vanilla
)";

TEST(HrmLmConfig, MapsItsKeysToOurs) {
  const auto import = import_hrm_lm_config(kConfig);
  ASSERT_TRUE(import.ok()) << import.error().message;
  const protocol::RunConfig& c = import->config;
  EXPECT_EQ(c.method, "hrm");
  EXPECT_EQ(c.model, "models/base.pth");
  EXPECT_EQ(c.data, "rows.jsonl");
  EXPECT_EQ(c.hrm_backbone, "lora");
  EXPECT_EQ(c.rank, 8);
  EXPECT_EQ(c.alpha, 16);
  EXPECT_EQ(c.hrm_blocks, 3);
  EXPECT_EQ(c.hrm_h_cycles, 2);
  EXPECT_EQ(c.hrm_l_cycles, 4);
  EXPECT_EQ(c.hrm_grad_cycles, 2);
  EXPECT_EQ(c.hrm_ds_weight, 0.2);
  EXPECT_TRUE(c.hrm_halting);
  EXPECT_EQ(c.hrm_halt_weight, 0.5);
  EXPECT_EQ(c.hrm_alpha_warmup_steps, 20);
  EXPECT_EQ(c.lr, 2e-4);
  EXPECT_EQ(c.lr_final, 2e-4 * 0.05);
  EXPECT_EQ(c.beta2, 0.98);
  EXPECT_EQ(c.weight_decay, 0.05);
  EXPECT_EQ(c.batch, 3);
  EXPECT_EQ(c.accumulation, 2);
  EXPECT_EQ(c.context, 128);
  EXPECT_EQ(c.steps, 900);
  EXPECT_EQ(c.seed, 7);
  EXPECT_EQ(c.clip, 5);
  EXPECT_EQ(c.validate_every, 50);
  EXPECT_EQ(c.patience, 4);
  EXPECT_EQ(c.grace_steps, 100);
  EXPECT_TRUE(complete_run_config(c).ok());
}

TEST(HrmLmConfig, SaysWhatHasNoCounterpart) {
  const auto import = import_hrm_lm_config(kConfig);
  ASSERT_TRUE(import.ok());
  for (const char* start :
       {"model.d_model: ", "decoder.n_layers: ", "hrm.h_len: ", "hrm.halting_weight: ",
        "bridge.prefix_len: ", "mixed_precision: training is in f32",
        "flavour: not a key that is known", "hrm.h_layers, hrm.l_layers: "}) {
    EXPECT_THAT(import->notes, Contains(HasSubstr(start)));
  }
  EXPECT_THAT(import->notes, Not(Contains(HasSubstr("steps"))));
  for (const std::string& note : import->notes) EXPECT_EQ(note.find('\n'), std::string::npos);
}

TEST(HrmLmConfig, HasItsOwnDefaults) {
  const auto import = import_hrm_lm_config("hrm: {}\n");
  ASSERT_TRUE(import.ok()) << import.error().message;
  EXPECT_EQ(import->config.hrm_h_cycles, 4);
  EXPECT_EQ(import->config.hrm_l_cycles, 8);
  EXPECT_EQ(import->config.hrm_blocks, 2);
  EXPECT_EQ(import->config.hrm_grad_cycles, 0);
  EXPECT_EQ(import->config.hrm_ds_weight, 0);
  EXPECT_EQ(import->config.lr, 7.5e-5);
}

TEST(HrmLmConfig, NamesWhatItCannotRead) {
  const auto wrong = import_hrm_lm_config("hrm: {h_cycles: many}\n");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, ErrorCode::BadFile);
  EXPECT_THAT(wrong.error().message, HasSubstr("hrm.h_cycles"));
  EXPECT_FALSE(import_hrm_lm_config("[1, 2").ok());
  EXPECT_FALSE(import_hrm_lm_config("- a\n").ok());
}

}  // namespace
}  // namespace greylag
