// SPDX-License-Identifier: Apache-2.0
#include "core/protocol/codec.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/protocol/engine.h"
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

}  // namespace
}  // namespace greylag::protocol
