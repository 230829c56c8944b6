// SPDX-License-Identifier: Apache-2.0
// Does the report say nothing is lost when nothing is, and more when more is?
#include "core/eval/quality_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/model/rwkv7.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

class QualityReportTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string why;
    device_ = gpu::make_device("cpu", 2, &why);
    for (int32_t i = 0; i < 200; ++i) tokens_.push_back(1 + i * i % 251);
  }

  // The tiny model with its largest matrices rounded to f16 and, on top, noise of this size.
  std::shared_ptr<const Weights> model(float noise) {
    std::vector<test::TinyTensor> tensors = test::make_tiny_tensors({});
    size_t i = 0;
    for (test::TinyTensor& tensor : tensors) {
      for (float& value : tensor.values) value += noise * std::sin(static_cast<float>(++i));
    }
    EXPECT_TRUE(test::write_tensors(dir_ / "m.safetensors", tensors).ok());
    return Weights::load(**open_checkpoint(dir_ / "m.safetensors"), *device_).value();
  }

  test::TempDir dir_;
  std::unique_ptr<gpu::Device> device_;
  std::vector<int32_t> tokens_;
};

TEST_F(QualityReportTest, TheSameModelLosesNothing) {
  const auto source = model(0.0f);
  const QualityReport report = compare_models(source, source, *device_, tokens_).value();
  EXPECT_EQ(report.positions, 199);
  EXPECT_EQ(report.perplexity, report.source_perplexity);
  EXPECT_EQ(report.mean_kl, 0.0);
  EXPECT_EQ(report.same_top, 1.0);
  EXPECT_EQ(report.largest_logit_error, 0.0);
}

// The same vector added to every row of the head moves all logits of a position alike.
TEST_F(QualityReportTest, AnOffsetOfAllLogitsIsNoError) {
  std::vector<test::TinyTensor> tensors = test::make_tiny_tensors({});
  for (test::TinyTensor& tensor : tensors) {
    if (tensor.info.name != "head.weight") continue;
    for (size_t i = 0; i < tensor.values.size(); ++i) tensor.values[i] += i % 64 < 32 ? 0.5f : 0.1f;
  }
  ASSERT_TRUE(test::write_tensors(dir_ / "offset.safetensors", tensors).ok());
  const auto offset =
      Weights::load(**open_checkpoint(dir_ / "offset.safetensors"), *device_).value();
  const QualityReport report = compare_models(model(0.0f), offset, *device_, tokens_).value();
  EXPECT_LT(report.largest_logit_error, 1e-4);
  EXPECT_LT(report.mean_kl, 1e-8);
}

TEST_F(QualityReportTest, MoreNoiseCostsMore) {
  const auto source = model(0.0f);
  const QualityReport little = compare_models(source, model(1e-4f), *device_, tokens_).value();
  const QualityReport much = compare_models(source, model(1e-2f), *device_, tokens_).value();
  EXPECT_GT(little.mean_kl, 0.0);
  EXPECT_GT(much.mean_kl, 10 * little.mean_kl);
  EXPECT_GT(much.rms_logit_error, 10 * little.rms_logit_error);
  EXPECT_GE(much.largest_logit_error, much.rms_logit_error);
  EXPECT_GE(much.largest_kl, much.mean_kl);
  EXPECT_LT(much.same_top, 1.0);
}

// exp of the mean of -log p over a window's own predictions, by hand from the logits.
TEST_F(QualityReportTest, PerplexityIsThatOfTheLogitsAndWindowsStartAfresh) {
  const auto source = model(0.0f);
  const QualityReport report =
      compare_models(source, source, *device_, std::span(tokens_).first(9), {.window = 4}).value();
  const auto queue = device_->make_queue();
  StatePool pool(source->config, *device_, *queue, 1);
  Rwkv7 one(source, *device_, *queue);
  const StateSlot slot = std::move(pool.take()).value();
  double loss = 0.0;
  for (size_t i = 0; i < 8; ++i) {
    if (i % 4 == 0) pool.reset(slot);
    Batch batch;
    batch.add(std::span(tokens_).subspan(i, 1), slot.index(), nullptr, true);
    std::vector<float> logits(256);
    ASSERT_TRUE(one.forward(batch, pool, logits).ok());
    double sum = 0.0;
    for (const float logit : logits) sum += std::exp(static_cast<double>(logit));
    loss += std::log(sum) - static_cast<double>(logits[static_cast<size_t>(tokens_[i + 1])]);
  }
  EXPECT_NEAR(report.perplexity, std::exp(loss / 8), 1e-4 * report.perplexity);
}

TEST_F(QualityReportTest, RefusesTooLittleTextAndForeignTokens) {
  const auto source = model(0.0f);
  EXPECT_FALSE(compare_models(source, source, *device_, std::span(tokens_).first(1)).ok());
  const std::vector<int32_t> foreign = {1, 2, 256, 3};
  EXPECT_EQ(compare_models(source, source, *device_, foreign).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(
      compare_models(source, source, *device_, tokens_, {}, [](int64_t, int64_t) { return false; })
          .error()
          .code,
      ErrorCode::Cancelled);
}

}  // namespace
}  // namespace greylag
