// SPDX-License-Identifier: Apache-2.0
// How many numbers a finetune trains, by method.
#include "core/server/train_plan.h"

#include <gtest/gtest.h>

#include "core/model/hrm_config.h"

namespace greylag {
namespace {

Config tenth_of_a_billion() {
  Config model;
  model.layers = 12;
  model.width = 768;
  model.heads = 12;
  model.head_size = 64;
  model.ffn_width = 3072;
  model.vocab = 65536;
  model.parameters = 191'000'000;
  return model;
}

TEST(TrainPlan, CountsAReasoningCoreAndNotALoraOfItsRank) {
  const Config model = tenth_of_a_billion();
  const auto core = make_hrm_config(model);
  ASSERT_TRUE(core) << core.error().message;
  protocol::RunConfig run;
  run.method = "hrm";
  const int64_t frozen = trainable_parameters(model, run, &*core);
  EXPECT_EQ(frozen, core->parameters());
  // 8.2 M at this size by facts hrm.md 4.7, a rule of thumb: within 5 %.
  EXPECT_NEAR(static_cast<double>(frozen), 8.2e6, 0.05 * 8.2e6);
  run.rank = 32;
  EXPECT_EQ(trainable_parameters(model, run, &*core), frozen);
}

TEST(TrainPlan, AddsWhatTheModelBesideTheCoreLearns) {
  const Config model = tenth_of_a_billion();
  const auto core = make_hrm_config(model);
  ASSERT_TRUE(core) << core.error().message;
  protocol::RunConfig run;
  run.method = "hrm";
  run.hrm_backbone = "full";
  EXPECT_EQ(trainable_parameters(model, run, &*core), model.parameters + core->parameters());
  run.hrm_backbone = "lora";
  const int64_t with_lora = trainable_parameters(model, run, &*core);
  run.method = "lora";
  EXPECT_EQ(with_lora, trainable_parameters(model, run) + core->parameters());
}

}  // namespace
}  // namespace greylag
