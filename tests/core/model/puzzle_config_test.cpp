// SPDX-License-Identifier: Apache-2.0
// Has a puzzle reasoner the published number of parameters, does its config survive a file, and is
// a bent or published file read as what it is?
#include "core/model/puzzle_config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/checkpoint/writer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using test::TinyTensor;

PuzzleConfig recipe(const std::string& name, const std::string& task = "sudoku",
                    int64_t width = 0) {
  const bool is_sudoku = task == "sudoku";
  auto config =
      puzzle_recipe(name, task, is_sudoku ? 9 : 30, is_sudoku ? 9 : 30, is_sudoku ? 11 : 6, width);
  EXPECT_TRUE(config.ok()) << config.error().message;
  return *config;
}

// What PyTorch counts as parameters: neither the start vectors nor the puzzle embedding, which the
// published programs keep as buffers.
int64_t trained_parameters(const PuzzleConfig& config) {
  int64_t count = 0;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    const bool is_buffer =
        tensor.name == "puz.zH0" || tensor.name == "puz.zL0" || tensor.name == "puz.id.weight";
    if (!is_buffer) count += tensor.shape.elements();
  }
  return count;
}

std::vector<TinyTensor> tensors_of(const PuzzleConfig& config) {
  std::vector<TinyTensor> tensors;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    const auto n = static_cast<size_t>(tensor.shape.elements());
    tensors.push_back(test::make_tensor(tensor.name, tensor.shape, std::vector<float>(n, 0.5f)));
  }
  return tensors;
}

std::unique_ptr<CheckpointReader> save_and_open(const test::TempDir& dir,
                                                const std::vector<TinyTensor>& tensors,
                                                const std::map<std::string, std::string>& metadata,
                                                const std::string& file = "m.safetensors") {
  std::vector<NamedTensor> named;
  for (const TinyTensor& tensor : tensors) {
    named.push_back({tensor.info, std::as_bytes(std::span(tensor.values))});
  }
  EXPECT_TRUE(write_safetensors(dir / file, named, metadata).ok());
  auto reader = open_checkpoint(dir / file);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  return std::move(reader).value();
}

TEST(PuzzleConfig, HasThePublishedNumberOfParameters) {  // facts 1.2, 1.10
  EXPECT_EQ(trained_parameters(recipe("hrm-exact")), 27'275'266);
  EXPECT_EQ(trained_parameters(recipe("trm")), 5'028'866);
  PuzzleConfig attention = recipe("trm");
  attention.mixer = PuzzleMixer::Attention;
  attention.has_rotary = true;
  EXPECT_EQ(trained_parameters(attention), 6'828'034);
}

TEST(PuzzleConfig, CountsTheTimeMixOfTheFacts) {  // 4.2: 4 D² + 2 D (sum of ranks) + 14 D
  const PuzzleConfig config = recipe("rwkv");
  EXPECT_EQ(config.decay_rank, 64);
  EXPECT_EQ(config.value_rank, 32);
  EXPECT_EQ(config.gate_rank, 128);
  int64_t count = 0;
  for (const PuzzleTensor& tensor : puzzle_tensors(config)) {
    if (tensor.name.starts_with("puz.F.blocks.1.mix.")) count += tensor.shape.elements();
  }
  const int64_t d = 512;
  EXPECT_EQ(count, 4 * d * d + 2 * d * (64 + 64 + 32 + 128) + 14 * d);
}

TEST(PuzzleConfig, RecipesFollowTheFacts) {
  const PuzzleConfig hrm = recipe("hrm-exact");
  EXPECT_EQ(hrm.positions(), 82);
  EXPECT_EQ(hrm.recursion.calls(), 6);
  EXPECT_TRUE(hrm.has_rotary && !hrm.is_shared && !hrm.is_mean_readout);
  const PuzzleConfig trm = recipe("trm");
  EXPECT_EQ(trm.positions(), 97);
  EXPECT_EQ(trm.recursion.calls(), 21);
  EXPECT_EQ(trm.mixer_inner, 512);
  EXPECT_EQ(trm.inner, 1536);
  const PuzzleConfig maze = recipe("trm", "maze");
  EXPECT_EQ(maze.recursion.calls(), 15);
  EXPECT_TRUE(maze.mixer == PuzzleMixer::Attention && maze.has_rotary);
  const PuzzleConfig rwkv = recipe("rwkv");
  EXPECT_TRUE(rwkv.mixer == PuzzleMixer::Rwkv7 && rwkv.scan == PuzzleScan::Four);
  EXPECT_TRUE(rwkv.has_positions && rwkv.is_mean_readout && !rwkv.has_rotary);
}

TEST(PuzzleConfig, RefusesWhatCannotBe) {
  const auto message = [](const Result<PuzzleConfig>& result) {
    return result.ok() ? std::string() : result.error().message;
  };
  EXPECT_NE(message(puzzle_recipe("hrm", "sudoku", 9, 9, 11)).find("hrm-exact"), std::string::npos);
  EXPECT_NE(message(puzzle_recipe("trm", "sudoku", 9, 9, 11, 100)).find("multiple of 64"),
            std::string::npos);
  EXPECT_NE(message(puzzle_recipe("rwkv", "sudoku", 9, 9, 11, 128)).find("scan4"),
            std::string::npos);
  EXPECT_NE(message(puzzle_recipe("trm", "sudoku", 0, 9, 11)).find("rows"), std::string::npos);
  PuzzleConfig both = recipe("hrm-exact");
  both.has_positions = true;
  EXPECT_FALSE(check_puzzle_config(both).ok());
}

TEST(PuzzleConfig, MetadataKeepsEveryField) {
  PuzzleConfig config = recipe("rwkv", "maze", 256);
  config.scan = PuzzleScan::Alternating;
  config.feed_forward = PuzzleFeedForward::ChannelMix;
  config.puzzle_ids = 7;
  config.columns = 29;
  const auto metadata = puzzle_metadata(config);
  EXPECT_EQ(metadata.at("format"), "greylag-puzzle-1");
  const auto again = parse_puzzle_metadata(metadata);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(puzzle_metadata(*again), metadata);
  EXPECT_EQ(again->scan, PuzzleScan::Alternating);
  EXPECT_EQ(again->columns, 29);
  EXPECT_TRUE(again->is_mean_readout);
}

TEST(PuzzleConfig, MetadataNamesTheWrongKey) {
  const auto good = puzzle_metadata(recipe("trm"));
  for (const auto& [key, value] : good) {
    auto missing = good;
    missing.erase(key);
    const auto result = parse_puzzle_metadata(missing);
    ASSERT_FALSE(result.ok()) << key;
    EXPECT_EQ(result.error().code, ErrorCode::BadFile);
    EXPECT_NE(result.error().message.find(key), std::string::npos) << result.error().message;
    auto bent = good;
    bent[key] = std::string(65, '~');
    EXPECT_FALSE(parse_puzzle_metadata(bent).ok()) << key;
  }
}

TEST(PuzzleFile, IsReadAndCheckedTensorByTensor) {
  const test::TempDir dir;
  const PuzzleConfig config = recipe("rwkv", "sudoku", 256);
  auto tensors = tensors_of(config);
  const auto reader = save_and_open(dir, tensors, puzzle_metadata(config));
  EXPECT_TRUE(is_puzzle_file(*reader));
  const auto read = read_puzzle_config(*reader);
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(puzzle_metadata(*read), puzzle_metadata(config));

  const auto message = [&](const std::vector<TinyTensor>& bent, const std::string& file) {
    const auto result =
        read_puzzle_config(*save_and_open(dir, bent, puzzle_metadata(config), file));
    return result.ok() ? std::string() : result.error().message;
  };
  auto more = tensors;
  more.push_back(test::make_tensor("puz.extra", {1}, {0}));
  EXPECT_NE(message(more, "more.safetensors").find("puz.extra"), std::string::npos);
  auto less = tensors;
  std::erase_if(less, [](const TinyTensor& t) { return t.info.name == "puz.zL0"; });
  EXPECT_NE(message(less, "less.safetensors").find("puz.zL0"), std::string::npos);
  auto other = tensors;
  other[0] = test::make_tensor(other[0].info.name, {256, 11}, other[0].values);
  EXPECT_NE(message(other, "other.safetensors").find("[256, 11], expected [11, 256]"),
            std::string::npos);
}

// The tensors of a config under the published names with a wrapper's prefix.
std::vector<TinyTensor> published(const PuzzleConfig& config, const std::string& prefix) {
  auto tensors = tensors_of(config);
  for (TinyTensor& tensor : tensors) {
    tensor.info.name = prefix + published_name(config, tensor.info.name);
  }
  return tensors;
}

TEST(PublishedFile, NamesAreThoseOfTheFacts) {
  const PuzzleConfig hrm = recipe("hrm-exact");
  EXPECT_EQ(published_name(hrm, "puz.L.blocks.0.mix.qkv.weight"),
            "L_level.layers.0.self_attn.qkv_proj.weight");
  EXPECT_EQ(published_name(hrm, "puz.H.blocks.3.ff.down.weight"),
            "H_level.layers.3.mlp.down_proj.weight");
  EXPECT_EQ(published_name(recipe("trm"), "puz.F.blocks.1.mix.gate_up.weight"),
            "L_level.layers.1.mlp_t.gate_up_proj.weight");
  EXPECT_EQ(published_name(hrm, "puz.zH0"), "H_init");
  EXPECT_EQ(published_name(recipe("rwkv"), "puz.F.blocks.0.mix.x_r"), "");
}

TEST(PublishedFile, SizesFollowFromItsTensors) {
  const test::TempDir dir;
  PuzzleConfig trm_attention = recipe("trm", "sudoku", 64);
  trm_attention.mixer = PuzzleMixer::Attention;
  trm_attention.has_rotary = true;
  PuzzleConfig full = recipe("hrm-exact", "sudoku", 64);  // "Sudoku full" of facts 1.7
  full.has_rotary = false;
  full.has_positions = true;
  full.recursion.l_cycles = 8;
  const PuzzleConfig configs[] = {recipe("hrm-exact", "sudoku", 64), recipe("trm", "sudoku", 64),
                                  recipe("trm", "maze", 64), trm_attention, full};
  for (const char* prefix : {"", "model.inner.", "_orig_mod.model.inner."}) {
    int number = 0;
    for (const PuzzleConfig& config : configs) {
      const std::string file = std::to_string(number++) + prefix + ".safetensors";
      const auto reader = save_and_open(dir, published(config, prefix), {}, file);
      EXPECT_TRUE(is_puzzle_file(*reader)) << file;
      const auto read = read_puzzle_config(*reader);
      ASSERT_TRUE(read.ok()) << file << ": " << read.error().message;
      auto expected = config;  // fields that no tensor of this config depends on
      if (config.mixer != PuzzleMixer::Mlp) expected.mixer_inner = read->mixer_inner;
      expected.decay_rank = expected.alpha_rank = 64;
      expected.value_rank = 32;
      expected.gate_rank = 128;
      EXPECT_EQ(puzzle_metadata(*read), puzzle_metadata(expected)) << file;
    }
  }
}

TEST(PublishedFile, WithoutASizeIsRefused) {
  const test::TempDir dir;
  auto config = puzzle_recipe("hrm-exact", "sudoku", 9, 9, 12 + 1, 64);
  ASSERT_TRUE(config.ok());
  const auto result = read_puzzle_config(*save_and_open(dir, published(*config, ""), {}));
  ASSERT_FALSE(result.ok());
  EXPECT_NE(result.error().message.find("vocabulary of 13"), std::string::npos);
}

TEST(PuzzleFile, AnotherFileIsNamedAsSuch) {
  const test::TempDir dir;
  ASSERT_TRUE(test::write_tiny_checkpoint(dir / "m.safetensors").ok());
  const auto reader = open_checkpoint(dir / "m.safetensors");
  ASSERT_TRUE(reader.ok());
  EXPECT_FALSE(is_puzzle_file(**reader));
  EXPECT_FALSE(read_puzzle_config(**reader).ok());
}

}  // namespace
}  // namespace greylag
