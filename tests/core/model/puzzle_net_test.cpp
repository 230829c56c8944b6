// SPDX-License-Identifier: Apache-2.0
// Does the net compute the formulas of the facts, for every mixer and scan, from our files and the
// published ones, and does a puzzle get the same bits in any company?
#include "core/model/puzzle_net.h"

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/support/puzzle_reference.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

constexpr int64_t kSegments = 2;
// f32 against f64 through two segments of post-norm blocks, logits of size about 1.
constexpr double kTolerance = 2e-4;

// A grid of 2 x 3, two blocks, a prefix with a tail of zeros, three puzzle ids.
PuzzleConfig tiny(PuzzleMixer mixer) {
  PuzzleConfig c;
  c.rows = 2, c.columns = 3;
  c.vocab = 5;
  c.width = mixer == PuzzleMixer::Rwkv7 ? 256 : 64;  // scan4 wants four heads
  c.heads = mixer == PuzzleMixer::Attention ? 2 : c.width / 64;
  // A random recurrence blows up roundings about tenfold in six calls.
  c.recursion = {.h_cycles = mixer == PuzzleMixer::Rwkv7 ? 1 : 2, .l_cycles = 2};
  c.mixer = mixer;
  c.inner = 48;
  c.mixer_inner = 20;
  c.prefix = 2;
  c.puzzle_ids = 3;
  c.puzzle_width = c.width + 10;
  c.decay_rank = 8, c.alpha_rank = 12, c.value_rank = 16, c.gate_rank = 20;
  return c;
}

std::vector<uint8_t> puzzle_of(const PuzzleConfig& c, uint64_t seed) {
  CounterRandom random(seed, 1);
  std::vector<uint8_t> tokens;
  for (int64_t i = 0; i < c.cells(); ++i) {
    tokens.push_back(static_cast<uint8_t>(random.below(static_cast<uint64_t>(c.vocab))));
  }
  return tokens;
}

// A net from a file on a CPU device.
struct Loaded {
  explicit Loaded(const std::filesystem::path& path, unsigned threads = 2) {
    std::string why;
    device = gpu::make_device("cpu", threads, &why);
    queue = device->make_queue();
    auto reader = open_checkpoint(path);
    EXPECT_TRUE(reader.ok()) << reader.error().message;
    auto weights = PuzzleWeights::load(**reader, *device);
    EXPECT_TRUE(weights.ok()) << weights.error().message;
    net = std::make_unique<PuzzleNet>(*weights, *device, *queue);
  }
  // logits, then q, of every puzzle of the batch after some segments.
  std::vector<float> run(std::span<const uint8_t> tokens, std::span<const int32_t> ids,
                         int64_t segments = kSegments) {
    EXPECT_TRUE(net->start(tokens, ids).ok());
    for (int64_t i = 0; i < segments; ++i) net->run_segment();
    const PuzzleConfig& c = net->config();
    const size_t per_puzzle = static_cast<size_t>(c.cells() * c.vocab);
    std::vector<float> out(ids.size() * (per_puzzle + 2));
    net->read(std::span(out).first(ids.size() * per_puzzle),
              std::span(out).subspan(ids.size() * per_puzzle));
    return out;
  }
  std::unique_ptr<gpu::Device> device;
  std::unique_ptr<gpu::Queue> queue;
  std::unique_ptr<PuzzleNet> net;
};

void expect_answer(const std::vector<float>& got, const test::PuzzleAnswer& expected) {
  std::vector<double> all = expected.logits;
  all.insert(all.end(), expected.q.begin(), expected.q.end());
  ASSERT_EQ(got.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(got[i]), all[i], kTolerance) << i;
  }
}

void expect_reference(const PuzzleConfig& config) {
  ASSERT_TRUE(check_puzzle_config(config).ok()) << check_puzzle_config(config).error().message;
  const test::TempDir dir;
  const test::PuzzleValues values = test::random_puzzle_values(config, 3);
  ASSERT_TRUE(test::write_puzzle(dir / "m.safetensors", config, values).ok());
  const auto tokens = puzzle_of(config, 7);
  const auto answers = test::reference_segments(config, values, tokens, 2, kSegments);
  Loaded model(dir / "m.safetensors");
  const int32_t id = 2;
  for (int64_t segments = 1; segments <= kSegments; ++segments) {
    SCOPED_TRACE(segments);
    expect_answer(model.run(tokens, {&id, 1}, segments),
                  answers[static_cast<size_t>(segments - 1)]);
  }
}

TEST(PuzzleNet, AttentionWithRotaryInTwoModules) {
  PuzzleConfig config = tiny(PuzzleMixer::Attention);
  config.has_rotary = true;
  config.is_shared = false;
  expect_reference(config);
}

TEST(PuzzleNet, AttentionWithLearnedPositionsInOneModule) {
  PuzzleConfig config = tiny(PuzzleMixer::Attention);
  config.has_positions = true;
  expect_reference(config);
}

TEST(PuzzleNet, MlpAcrossPositions) { expect_reference(tiny(PuzzleMixer::Mlp)); }

TEST(PuzzleNet, Rwkv7InFourOrdersWithMeanReadOut) {
  PuzzleConfig config = tiny(PuzzleMixer::Rwkv7);
  config.has_positions = true;
  config.is_mean_readout = true;
  expect_reference(config);
}

TEST(PuzzleNet, Rwkv7AlternatingWithChannelMix) {
  PuzzleConfig config = tiny(PuzzleMixer::Rwkv7);
  config.scan = PuzzleScan::Alternating;
  config.feed_forward = PuzzleFeedForward::ChannelMix;
  config.is_mean_readout = true;
  expect_reference(config);
}

TEST(PuzzleNet, Rwkv7FourOrdersWithChannelMix) {
  PuzzleConfig config = tiny(PuzzleMixer::Rwkv7);
  config.feed_forward = PuzzleFeedForward::ChannelMix;
  config.is_shared = false;
  expect_reference(config);
}

TEST(PuzzleNet, Rwkv7Causal) {
  PuzzleConfig config = tiny(PuzzleMixer::Rwkv7);
  config.scan = PuzzleScan::Causal;
  expect_reference(config);
}

TEST(PuzzleNet, PublishedFilesComputeTheSame) {
  const test::TempDir dir;
  for (const char* recipe : {"hrm-exact", "trm"}) {
    auto config = puzzle_recipe(recipe, "sudoku", 9, 9, 11, 64);
    ASSERT_TRUE(config.ok());
    config->blocks = 1;
    const test::PuzzleValues values = test::random_puzzle_values(*config, 4);
    const auto ours = dir / (std::string(recipe) + ".safetensors");
    ASSERT_TRUE(test::write_puzzle(ours, *config, values).ok());
    const auto tokens = puzzle_of(*config, 8);
    const int32_t id = 0;
    const auto expected = Loaded(ours).run(tokens, {&id, 1}, 1);
    for (const char* prefix : {"_orig_mod.model.inner.", "model.inner."}) {
      const auto theirs = dir / (std::string(recipe) + prefix + ".pth");
      ASSERT_TRUE(test::write_published_puzzle(theirs, *config, values, prefix).ok());
      EXPECT_EQ(Loaded(theirs).run(tokens, {&id, 1}, 1), expected) << theirs;
    }
  }
}

TEST(PuzzleNet, PuzzlesOfABatchGetTheBitsThatTheyGetAlone) {
  const test::TempDir dir;
  for (const PuzzleMixer mixer : {PuzzleMixer::Attention, PuzzleMixer::Mlp, PuzzleMixer::Rwkv7}) {
    const PuzzleConfig config = tiny(mixer);
    const auto path = dir / (std::to_string(static_cast<int>(mixer)) + ".safetensors");
    ASSERT_TRUE(test::write_puzzle(path, config, test::random_puzzle_values(config, 5)).ok());
    const std::vector<int32_t> ids = {2, 0, 1};
    std::vector<uint8_t> tokens;
    for (const uint64_t seed : {11u, 12u, 13u}) {
      const auto one = puzzle_of(config, seed);
      tokens.insert(tokens.end(), one.begin(), one.end());
    }
    std::vector<float> first;
    for (const unsigned threads : {1u, 2u, 3u}) {
      Loaded model(path, threads);
      const auto together = model.run(tokens, ids);
      if (first.empty()) first = together;
      EXPECT_EQ(together, first) << threads << " threads";
      const size_t cells = static_cast<size_t>(config.cells()),
                   logits = cells * static_cast<size_t>(config.vocab);
      for (size_t b = 0; b < ids.size(); ++b) {
        const auto alone = model.run(std::span(tokens).subspan(b * cells, cells), {&ids[b], 1});
        std::vector<float> same(together.begin() + static_cast<ptrdiff_t>(b * logits),
                                together.begin() + static_cast<ptrdiff_t>((b + 1) * logits));
        same.push_back(together[ids.size() * logits + 2 * b]);
        same.push_back(together[ids.size() * logits + 2 * b + 1]);
        EXPECT_EQ(alone, same) << b;
      }
    }
  }
}

TEST(PuzzleNet, StateGoesOutAndIn) {
  const test::TempDir dir;
  const PuzzleConfig config = tiny(PuzzleMixer::Mlp);
  ASSERT_TRUE(
      test::write_puzzle(dir / "m.safetensors", config, test::random_puzzle_values(config, 6))
          .ok());
  Loaded model(dir / "m.safetensors");
  const auto tokens = puzzle_of(config, 9);
  const int32_t id = 0;
  const auto expected = model.run(tokens, {&id, 1}, 2);
  ASSERT_TRUE(model.net->start(tokens, {&id, 1}).ok());
  model.net->run_segment();
  std::vector<float> high(static_cast<size_t>(config.positions() * config.width)), low = high;
  model.net->read_state(high, low);
  model.net->run_segment();
  model.net->write_state(high, low);
  model.net->run_segment();
  std::vector<float> out(expected.size());
  model.net->read(std::span(out).first(out.size() - 2), std::span(out).last(2));
  EXPECT_EQ(out, expected);
}

TEST(PuzzleNet, RefusesWhatTheModelDoesNotKnow) {
  const test::TempDir dir;
  const PuzzleConfig config = tiny(PuzzleMixer::Mlp);
  ASSERT_TRUE(
      test::write_puzzle(dir / "m.safetensors", config, test::random_puzzle_values(config, 6))
          .ok());
  Loaded model(dir / "m.safetensors");
  auto tokens = puzzle_of(config, 9);
  const int32_t good = 0, bad = 3;
  EXPECT_FALSE(model.net->start(tokens, {&bad, 1}).ok());
  EXPECT_FALSE(model.net->start(std::span(tokens).first(5), {&good, 1}).ok());
  tokens[3] = 5;
  const Status status = model.net->start(tokens, {&good, 1});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(status.error().message.find("token 5"), std::string::npos);
}

}  // namespace
}  // namespace greylag
