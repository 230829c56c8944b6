// SPDX-License-Identifier: Apache-2.0
// The reasoner on autograd and the one of inference (core/model/puzzle_net) are a deliberate pair:
// a file that the one writes gives the same answers in the other, for every mixer and scan.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/base/platform.h"
#include "core/model/puzzle_net.h"
#include "core/reason/puzzle_autograd.h"
#include "core/reason/reasoner_file.h"
#include "tests/core/reason/small_puzzle.h"

namespace greylag::reason {
namespace {

namespace fs = std::filesystem;

// f32 on both sides, sums in other orders; roundings grow through a segment's calls.
constexpr double kTolerance = 1e-3;

void expect_equal_answers(const PuzzleConfig& config) {
  const fs::path path = fs::path(testing::TempDir()) /
                        ("pair_" + std::to_string(platform::process_id()) + ".safetensors");
  const PuzzleNet net = small_net(config, 5, at::kFloat);
  ASSERT_TRUE(write_reasoner(path, config, net.parameters(), gpu::DType::F32));
  std::string why;
  const auto device = gpu::make_device("cpu", 1, &why);
  ASSERT_TRUE(device) << why;
  const auto queue = device->make_queue();
  const auto reader = open_checkpoint(path);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto weights = PuzzleWeights::load(**reader, *device);
  ASSERT_TRUE(weights) << weights.error().message;
  greylag::PuzzleNet other(*weights, *device, *queue);

  const at::NoGradGuard no_grad;
  const at::Tensor tokens = some_tokens(2, 3);
  std::vector<uint8_t> bytes;
  for (int64_t i = 0; i < tokens.numel(); ++i) {
    bytes.push_back(static_cast<uint8_t>(tokens.data_ptr<int64_t>()[i]));
  }
  ASSERT_TRUE(other.start(bytes, std::vector<int32_t>{0, 0}));
  PuzzleCarry carry = net.start(2);
  for (int segment = 1; segment <= 2; ++segment) {
    const PuzzleSegment here = net.segment(carry, tokens, puzzle_rows(net, 2), 0);
    carry = here.carry;
    other.run_segment();
    std::vector<float> logits(static_cast<size_t>(here.logits.numel())), q(4);
    other.read(logits, q);
    const at::Tensor mine = here.logits.contiguous(), my_q = here.q.contiguous();
    double largest = 0;
    for (size_t i = 0; i < logits.size(); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(mine.data_ptr<float>()[i]) -
                                           static_cast<double>(logits[i])));
    }
    EXPECT_LT(largest, kTolerance) << "segment " << segment;
    for (size_t i = 0; i < 4; ++i) {
      EXPECT_NEAR(my_q.data_ptr<float>()[i], q[i], kTolerance) << "segment " << segment;
    }
  }
  fs::remove(path);
}

TEST(TrainMatchesInfer, Attention) { expect_equal_answers(small_config("hrm-exact")); }

TEST(TrainMatchesInfer, Mlp) {
  PuzzleConfig config = small_config("trm");
  config.recursion = {1, 2};
  expect_equal_answers(config);
}

TEST(TrainMatchesInfer, Rwkv7InFourScans) {
  PuzzleConfig config = small_config("rwkv", 256);
  config.recursion = {1, 2};
  expect_equal_answers(config);
}

TEST(TrainMatchesInfer, Rwkv7InAlternatingScansWithChannelMix) {
  PuzzleConfig config = small_config("rwkv", 64);
  config.recursion = {1, 2};
  config.feed_forward = PuzzleFeedForward::ChannelMix;
  expect_equal_answers(config);
}

}  // namespace
}  // namespace greylag::reason
