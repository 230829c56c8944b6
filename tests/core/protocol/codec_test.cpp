// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/codec.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/protocol/engine.h"
#include "core/protocol/reason.h"
#include "core/protocol/training.h"

namespace greylag::protocol {
namespace {

TEST(Codec, GivesBackWhatItWasGiven) {
  RunStatus status;
  status.id = "gänse \"1\"\n";
  status.config.rank = 7;
  status.config.lr = 0.1;
  status.checkpoints = {
      {.step = 50, .file = "a.safetensors", .val_loss = 1.25, .has_val_loss = true}};
  const auto back = decode<RunStatus>(encode(status));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, status.id);
  EXPECT_EQ(back->config.rank, 7);
  EXPECT_EQ(back->config.lr, 0.1);
  ASSERT_EQ(back->checkpoints.size(), 1u);
  EXPECT_EQ(back->checkpoints[0].val_loss, 1.25);
  EXPECT_EQ(encode(status).find('\n'), std::string::npos);
}

TEST(Codec, GivesBackAStepOfASolution) {
  SolveEvent event;
  event.model = "sudoku";
  event.segment = 3;
  event.cells = {2, 10, 1};
  event.confidence = {0.5, 1, 0.25};
  event.q = -1.5;
  event.violated = {2};
  event.overruled = {0, 1};
  event.is_last = true;
  event.end = "settled";
  const auto back = decode<SolveEvent>(encode(event));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(event));
  EXPECT_EQ(back->cells, event.cells);
  EXPECT_EQ(back->overruled, event.overruled);
  EXPECT_TRUE(back->is_last);
  const auto request = decode<SolveRequest>(R"({"puzzle": "12..", "rollouts": 4})");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->segments, 16);
  EXPECT_EQ(request->rollouts, 4);
  EXPECT_FALSE(decode<SolveRequest>(R"({"cells": ["x"]})").ok());
}

TEST(Codec, KeepsDefaultsAndIgnoresUnknownKeys) {
  const auto config = decode<RunConfig>(R"({"rank": 8, "colour": "grey"})");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->rank, 8);
  EXPECT_EQ(config->method, "lora");
}

TEST(Codec, NamesAWrongType) {
  const auto config = decode<RunConfig>(R"({"rank": "eight"})");
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, ErrorCode::InvalidArgument);
}

TEST(Codec, RefusesWhatIsNotAnObject) {
  for (const char* text : {"", "{", "[]", "7", "null", "{\"rank\":1} x"}) {
    EXPECT_EQ(decode<RunConfig>(text).error().code, ErrorCode::InvalidArgument) << text;
  }
}

TEST(Codec, WritesAValidationLossOnlyWhenThereIsOne) {
  Metric metric;
  metric.step = 3;
  metric.loss = 0.5;
  EXPECT_EQ(encode(metric).find("val_loss"), std::string::npos);
  metric.has_val_loss = true;
  metric.val_loss = 0.25;
  EXPECT_EQ(decode<Metric>(encode(metric))->val_loss, 0.25);
  metric.loss = NAN;
  EXPECT_TRUE(std::isnan(decode<Metric>(encode(metric))->loss));
}

// One run that diverged must not hide the others.
TEST(Codec, CarriesANumberWithoutAValueInAnyStruct) {
  RunList list;
  list.runs.resize(2);
  list.runs[0].loss = NAN;
  list.runs[0].val_loss = INFINITY;
  list.runs[0].seconds_left = NAN;
  list.runs[0].config.lr = NAN;
  list.runs[0].checkpoints = {{.step = 1, .file = "a", .val_loss = NAN, .has_val_loss = true}};
  list.runs[1].id = "good";
  const auto back = decode<RunList>(encode(list));
  ASSERT_TRUE(back) << back.error().message;
  for (const double value : {back->runs[0].loss, back->runs[0].val_loss, back->runs[0].seconds_left,
                             back->runs[0].config.lr, back->runs[0].checkpoints[0].val_loss}) {
    EXPECT_TRUE(std::isnan(value));
  }
  EXPECT_EQ(back->runs[1].id, "good");
  EXPECT_TRUE(std::isnan(decode<SolveEvent>(R"({"q": null})")->q));
  EXPECT_TRUE(std::isnan(decode<SolveEvent>(R"({"confidence": [1, null]})")->confidence.at(1)));
  EXPECT_FALSE(decode<SolveEvent>(R"({"confidence": 1})").ok());
  EXPECT_FALSE(decode<RunStatus>(R"({"loss": "low"})").ok());
  EXPECT_FALSE(decode<RunStatus>(R"({"step": null})").ok());
  EXPECT_FALSE(decode<RunStatus>(R"({"config": 3})").ok());
  EXPECT_FALSE(decode<RunList>(R"({"runs": [null]})").ok());
}

TEST(Codec, CarriesWhatACoreMeasuresAndOmitsItElsewhere) {
  MetricEvent event;
  event.step = {1, 2};
  event.loss = {2, 1};
  EXPECT_EQ(encode(event).find("cycle"), std::string::npos);
  EXPECT_EQ(encode(event).find("halt"), std::string::npos);
  event.cycle_losses = {{2.5, 2}, {}};
  event.cycle_changes = {{0.5}, {}};
  event.halt_depth = {1.75, NAN};
  const auto back = decode<MetricEvent>(encode(event));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->cycle_losses, event.cycle_losses);
  EXPECT_EQ(back->cycle_changes, event.cycle_changes);
  ASSERT_EQ(back->halt_depth.size(), 2u);
  EXPECT_EQ(back->halt_depth[0], 1.75);
  EXPECT_TRUE(std::isnan(back->halt_depth[1]));
}

TEST(Codec, CarriesAnEventOfAStepThatWasNoNumber) {
  MetricEvent event;
  event.step = {1};
  event.loss = {NAN};
  event.lr = {1e-3};
  const auto back = decode<MetricEvent>(encode(event));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(std::isnan(back->loss.at(0)));
  EXPECT_EQ(back->lr.at(0), 1e-3);
  EXPECT_FALSE(decode<MetricEvent>(R"({"loss": "low"})").ok());
}

TEST(Codec, WritesWhatOnlyAReasoningCoreHasForOneAlone) {
  Metric metric{.step = 3, .loss = 0.5, .lr = 1e-3, .grad_norm = 1, .tokens = 9};
  for (const char* key : {"cycle_losses", "cycle_changes", "halt_depth"}) {
    EXPECT_EQ(encode(metric).find(key), std::string::npos) << key;
  }
  EXPECT_TRUE(decode<Metric>(encode(metric))->cycle_losses.empty());
  metric.cycle_losses = {1.5, NAN};
  metric.cycle_changes = {0.25};
  metric.halt_depth = 1.5;
  metric.has_halt_depth = true;
  const auto back = decode<Metric>(encode(metric));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->cycle_losses.size(), 2u);
  EXPECT_EQ(back->cycle_losses[0], 1.5);
  EXPECT_TRUE(std::isnan(back->cycle_losses[1]));
  EXPECT_EQ(back->cycle_changes, metric.cycle_changes);
  EXPECT_TRUE(back->has_halt_depth);
  EXPECT_EQ(back->halt_depth, 1.5);
}

TEST(Codec, KeepsARunsReasoningCore) {
  RunConfig config;
  config.method = "hrm";
  config.hrm_blocks = 3;
  config.hrm_halting = true;
  config.hrm_backbone = "lora";
  config.patience = 4;
  const auto back = decode<RunConfig>(encode(config));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->hrm_blocks, 3);
  EXPECT_TRUE(back->hrm_halting);
  EXPECT_EQ(back->hrm_backbone, "lora");
  EXPECT_EQ(back->patience, 4);
}

}  // namespace
}  // namespace greylag::protocol
