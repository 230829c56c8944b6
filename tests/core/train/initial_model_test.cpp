// SPDX-License-Identifier: Apache-2.0
#include "core/train/initial_model.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/base/platform.h"
#include "core/checkpoint/reader.h"
#include "core/model/config.h"

namespace greylag::train {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<CheckpointReader> make(const InitialModel& options) {
  const fs::path path = fs::temp_directory_path() /
                        ("greylag-init-" + std::to_string(platform::process_id()) + ".safetensors");
  const auto written = write_initial_model(path, options);
  EXPECT_TRUE(written.ok());
  auto reader = open_checkpoint(path);
  EXPECT_TRUE(reader.ok());
  std::error_code error;
  fs::remove(path, error);  // stays mapped
  return std::move(*reader);
}

// Check values of facts 2.1. Layer 6 of 12 at width 768 would be slow to make; the formulas depend
// on channel and depth alone, so a wide shallow model covers layers 0 and L - 1.
TEST(InitialModel, HasTheReferenceValues) {
  const auto reader = make({.layers = 2, .width = 768, .vocab = 16, .seed = 1});
  const auto w0 = *reader->read_f32("blocks.0.att.w0");
  EXPECT_NEAR(w0[0], -8, 1e-5);
  EXPECT_NEAR(w0[1], -7.83597, 1e-5);
  EXPECT_NEAR(w0[63], -2.50717, 1e-5);
  EXPECT_NEAR(w0[64], -7.49935, 1e-5);
  EXPECT_NEAR(w0[400], -2.97624, 1e-5);
  EXPECT_NEAR(w0[767], 3, 1e-5);
  const auto last = *reader->read_f32("blocks.1.att.w0");  // tau = 1, as layer 11 of 12
  EXPECT_NEAR(last[63], -2.95952, 1e-5);
  EXPECT_NEAR(last[400], -4.47347, 1e-5);
  const auto x_k = *reader->read_f32("blocks.0.att.x_k");
  EXPECT_NEAR(x_k[1], 0.99044, 1e-5);
  EXPECT_NEAR(x_k[400], 0.36658, 1e-5);
  EXPECT_NEAR(x_k[767], 0.00091, 1e-5);
  const auto a0 = *reader->read_f32("blocks.0.att.a0");
  EXPECT_NEAR(a0[63], -0.05714, 1e-5);
  EXPECT_NEAR(a0[400], -0.25403, 1e-5);
  EXPECT_NEAR((*reader->read_f32("blocks.1.att.ln_x.weight"))[5], 1, 1e-6);
}

TEST(InitialModel, IsAModelThatOthersRead) {
  const auto reader = make({.layers = 3, .width = 128, .vocab = 256, .seed = 4});
  const auto config = read_config(*reader);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->layers, 3);
  EXPECT_EQ(config->heads, 2);
  EXPECT_EQ(config->gate_rank, 64);  // R(5 sqrt 128)
  EXPECT_EQ(config->decay_rank, 32);
}

TEST(InitialModel, KeyColumnsAreOrthonormal) {
  const auto reader = make({.layers = 2, .width = 64, .vocab = 256, .seed = 9});
  const auto key = *reader->read_f32("blocks.1.ffn.key.weight");  // [256, 64]
  for (size_t i = 0; i < 64; ++i) {
    for (size_t j = i; j < 64; ++j) {
      double dot = 0;
      for (size_t row = 0; row < 256; ++row) dot += key[row * 64 + i] * key[row * 64 + j];
      ASSERT_NEAR(dot, i == j ? 1 : 0, 1e-6) << i << ' ' << j;
    }
  }
}

TEST(InitialModel, SeedsDecideTheValues) {
  const auto one = make({.layers = 2, .width = 64, .vocab = 256, .seed = 1});
  const auto same = make({.layers = 2, .width = 64, .vocab = 256, .seed = 1});
  const auto other = make({.layers = 2, .width = 64, .vocab = 256, .seed = 2});
  EXPECT_EQ(*one->read_f32("emb.weight"), *same->read_f32("emb.weight"));
  EXPECT_NE(*one->read_f32("emb.weight"), *other->read_f32("emb.weight"));
}

TEST(InitialModel, RefusesSizesThatAreNoModel) {
  EXPECT_FALSE(write_initial_model("x.safetensors", {.layers = 2, .width = 100}).ok());
  EXPECT_FALSE(write_initial_model("x.safetensors", {.layers = 1, .width = 64}).ok());
  EXPECT_FALSE(write_initial_model("x.txt", {.layers = 2, .width = 64}).ok());
}

}  // namespace
}  // namespace greylag::train
