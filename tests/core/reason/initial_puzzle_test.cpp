// SPDX-License-Identifier: Apache-2.0
#include "core/reason/initial_puzzle.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "core/base/file.h"
#include "core/reason/reasoner_file.h"
#include "tests/core/reason/small_puzzle.h"

namespace greylag::reason {
namespace {

namespace fs = std::filesystem;

double std_of(const at::Tensor& tensor) {
  return std::sqrt(tensor.to(at::kDouble).square().mean().item<double>());
}

TEST(InitialPuzzle, FollowsTheFacts) {
  const PuzzleConfig config = puzzle_recipe("hrm-exact", "sudoku", 9, 9, 11, 256).value();
  const Parameters fresh = initial_puzzle(config, 3);
  const at::Tensor& qkv = fresh.at("puz.H.blocks.2.mix.qkv.weight");
  EXPECT_NEAR(std_of(qkv) * 16, 1.0, 0.01);
  EXPECT_LE(qkv.abs().max().item<double>() * 16, 2 * 1.1368473);
  EXPECT_GT(qkv.abs().max().item<double>() * 16, 2.2);
  EXPECT_NEAR(std_of(fresh.at("puz.emb.weight")) * 16, 1.0, 0.05);
  EXPECT_NEAR(std_of(fresh.at("puz.zH0")), 1.0, 0.15);
  EXPECT_EQ(fresh.at("puz.q.weight").abs().max().item<double>(), 0.0);
  EXPECT_EQ(fresh.at("puz.q.bias").sum().item<double>(), -10.0);
  EXPECT_EQ(fresh.at("puz.id.weight").abs().max().item<double>(), 0.0);
}

TEST(InitialPuzzle, Rwkv7sOutputLearnsFromTheStart) {
  const PuzzleConfig config = small_config("rwkv", 256);
  const Parameters fresh = initial_puzzle(config, 3);
  for (const char* name : {"receptance", "key", "value", "output"}) {
    const at::Tensor& weight = fresh.at(std::string("puz.F.blocks.1.mix.") + name + ".weight");
    EXPECT_NEAR(std_of(weight) * 16, 1.0, 0.02) << name;
  }
  EXPECT_NEAR(fresh.at("puz.F.blocks.0.mix.k_a").min().item<double>(), 1.02, 1e-6);
  EXPECT_NEAR(fresh.at("puz.F.blocks.0.mix.ln_x.weight").min().item<double>(), std::pow(0.5, 0.7),
              1e-6);
  EXPECT_EQ(fresh.count("puz.F.blocks.0.mix.v1"), 0u);
}

TEST(InitialPuzzle, EqualSeedsGiveEqualNets) {
  const PuzzleConfig config = small_config("trm");
  const Parameters one = initial_puzzle(config, 3), two = initial_puzzle(config, 3);
  const Parameters other = initial_puzzle(config, 4);
  for (const auto& [name, tensor] : one) EXPECT_TRUE(at::equal(tensor, two.at(name))) << name;
  EXPECT_FALSE(at::equal(one.at("puz.zH0"), other.at("puz.zH0")));
  // A known value, so that it cannot change unnoticed between systems.
  EXPECT_NE(one.at("puz.zH0").data_ptr<float>()[0], one.at("puz.zL0").data_ptr<float>()[0]);
}

TEST(ReasonerFile, ComesBackAsItWas) {
  const fs::path path = fs::path(testing::TempDir()) / "reasoner_file_test.safetensors";
  const PuzzleConfig config = small_config("rwkv", 64);
  const Parameters fresh = initial_puzzle(config, 3);
  ASSERT_TRUE(write_reasoner(path, config, fresh, gpu::DType::F32));
  const auto loaded = load_reasoner(path, at::kCPU);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config().scan, PuzzleScan::Alternating);
  EXPECT_EQ(loaded->config().recipe, "rwkv");
  for (const auto& [name, tensor] : fresh) EXPECT_TRUE(at::equal(tensor, loaded->at(name))) << name;
  ASSERT_TRUE(write_reasoner(path, config, fresh, gpu::DType::F16));
  const auto half = load_reasoner(path, at::kCPU);
  ASSERT_TRUE(half);
  EXPECT_TRUE(at::allclose(half->at("puz.zH0"), fresh.at("puz.zH0"), 1e-3, 1e-3));
  fs::remove(path);
}

TEST(ReasonerFile, PartsKeepEveryBit) {
  const fs::path path = fs::path(testing::TempDir()) / "reasoner_parts_test.safetensors";
  const at::Tensor a = at::rand({3, 5}), b = at::rand({7}).to(at::kBFloat16);
  ASSERT_TRUE(save_parts(path, {{"a", a}, {"b", b}}));
  const at::Tensor a2 = at::zeros_like(a), b2 = at::zeros_like(b);
  ASSERT_TRUE(load_parts(path, {{"b", b2}, {"a", a2}}));
  EXPECT_TRUE(at::equal(a, a2));
  EXPECT_TRUE(at::equal(b, b2));
  const auto wrong = load_parts(path, {{"a", at::zeros({5, 3})}});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::BadFile);
  EXPECT_FALSE(load_parts(path, {{"c", a2}}));
  fs::remove(path);
}

// Facts 4.9, 1: the start vectors and the puzzle embedding are buffers there and do not count.
TEST(ReasonerFile, HasThePublishedCounts) {
  struct Case {
    const char* recipe;
    PuzzleMixer mixer;
    int64_t count;
  };
  for (const Case& expected :
       {Case{"hrm-exact", PuzzleMixer::Attention, 27275266},
        Case{"trm", PuzzleMixer::Attention, 6828034}, Case{"trm", PuzzleMixer::Mlp, 5028866}}) {
    PuzzleConfig config = puzzle_recipe(expected.recipe, "sudoku", 9, 9, 11).value();
    config.mixer = expected.mixer;
    config.has_rotary = expected.mixer == PuzzleMixer::Attention;
    const fs::path path = fs::path(testing::TempDir()) / "reasoner_count_test.safetensors";
    ASSERT_TRUE(write_reasoner(path, config, initial_puzzle(config, 1), gpu::DType::F16));
    const auto reader = open_checkpoint(path);
    ASSERT_TRUE(reader);
    int64_t count = -2 * config.width - config.puzzle_ids * config.puzzle_width;
    for (const TensorInfo& info : (*reader)->tensors()) count += info.shape.elements();
    EXPECT_EQ(count, expected.count) << expected.recipe;
    fs::remove(path);
  }
}

}  // namespace
}  // namespace greylag::reason
