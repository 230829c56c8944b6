// SPDX-License-Identifier: Apache-2.0
// Sampling in ChatRWKV's order.
#include "core/prompt/sampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace greylag {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Everything off: plain draws from the softmax.
SamplerOptions plain(uint64_t seed = 1) {
  SamplerOptions options;
  options.top_p = 1;
  options.top_k = 0;
  options.seed = seed;
  return options;
}

std::vector<float> logs(std::initializer_list<double> probabilities) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p)));
  return logits;
}

// Share of each token in 20000 draws: 4 standard deviations are below 0.015.
std::vector<double> shares(const SamplerOptions& options, std::span<const float> logits) {
  constexpr int kDraws = 20000;
  std::vector<double> share(logits.size());
  Sampler sampler(options);
  for (int i = 0; i < kDraws; ++i) {
    share[static_cast<size_t>(sampler.sample(logits, static_cast<int32_t>(logits.size())))] +=
        1.0 / kDraws;
  }
  return share;
}
constexpr double kChance = 0.015;

TEST(Sampler, IsGreedyAtTemperatureZero) {
  SamplerOptions options = plain();
  options.temperature = 0;
  Sampler sampler(options);
  const std::vector<float> logits{1, 3, 3, 2};
  EXPECT_EQ(sampler.sample(logits, 4), 1);  // of equals the lower
}

TEST(Sampler, KeepsTheBestAloneAtTopPZeroAndTopKOne) {
  const auto logits = logs({0.3, 0.4, 0.3});
  SamplerOptions options = plain();
  options.top_p = 0;
  EXPECT_NEAR(shares(options, logits)[1], 1, 1e-9);
  options = plain();
  options.top_k = 1;
  EXPECT_NEAR(shares(options, logits)[1], 1, 1e-9);
}

TEST(Sampler, RepeatsItselfForEqualSeedsAndDiffersForOthers) {
  const std::vector<float> logits(64, 0.0f);
  Sampler first(plain(5)), second(plain(5)), third(plain(6));
  int equal = 0;
  for (int i = 0; i < 200; ++i) {
    const int32_t token = first.sample(logits, 64);
    ASSERT_EQ(token, second.sample(logits, 64));
    equal += token == third.sample(logits, 64) ? 1 : 0;
  }
  EXPECT_LT(equal, 20);
}

// The same on every machine: these draws are fixed by the generator's definition.
TEST(Sampler, DrawsTheKnownSequence) {
  const std::vector<float> logits(10, 0.0f);
  Sampler sampler(plain(42));
  CounterRandom random(42, 0);
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(sampler.sample(logits, 10), static_cast<int32_t>(random.uniform() * 10));
  }
}

TEST(Sampler, FollowsTheSoftmax) {
  const auto share = shares(plain(), logs({0.5, 0.3, 0.2}));
  EXPECT_NEAR(share[0], 0.5, kChance);
  EXPECT_NEAR(share[1], 0.3, kChance);
  EXPECT_NEAR(share[2], 0.2, kChance);
}

TEST(Sampler, CutsTopPBeforeTheTemperature) {
  SamplerOptions options = plain();
  options.top_p = 0.6;
  options.temperature = 2;  // sqrt of the kept 0.5 and 0.3
  const auto share = shares(options, logs({0.5, 0.3, 0.2}));
  const double a = std::sqrt(0.5), b = std::sqrt(0.3);
  EXPECT_NEAR(share[0], a / (a + b), kChance);
  EXPECT_NEAR(share[1], b / (a + b), kChance);
  EXPECT_EQ(share[2], 0);
}

TEST(Sampler, CutsTopK) {
  SamplerOptions options = plain();
  options.top_k = 2;
  const auto share = shares(options, logs({0.2, 0.5, 0.3}));
  EXPECT_EQ(share[0], 0);
  EXPECT_NEAR(share[1], 0.5 / 0.8, kChance);
}

TEST(Sampler, MeasuresTopPOnAllTokensAlsoWithTopK) {
  SamplerOptions options = plain();
  options.top_k = 2;
  options.top_p = 0.55;  // of all: 0.4 + 0.3; of the two best alone the first would do
  const auto share = shares(options, logs({0.4, 0.3, 0.3}));
  EXPECT_NEAR(share[1], 0.3 / 0.7, kChance);
}

TEST(Sampler, CutsMinP) {
  SamplerOptions options = plain();
  options.min_p = 0.5;
  const auto share = shares(options, logs({0.2, 0.5, 0.3}));
  EXPECT_EQ(share[0], 0);
  EXPECT_NEAR(share[2], 0.3 / 0.8, kChance);
  options.min_p = 2;
  EXPECT_NEAR(shares(options, logs({0.2, 0.5, 0.3}))[1], 1, 1e-9);
}

TEST(Sampler, TakesTopPFromALargeVocabulary) {
  std::vector<float> logits(65536, 0.0f);
  SamplerOptions options = plain();
  options.top_p = 0.25;
  Sampler sampler(options);
  int32_t highest = 0;
  for (int i = 0; i < 30; ++i) highest = std::max(highest, sampler.sample(logits, 65536));
  EXPECT_LT(highest, 65536 / 4);
  EXPECT_GT(highest, 65536 / 8);
}

TEST(Sampler, SubtractsPenaltiesThatDecay) {
  SamplerOptions options = plain();
  options.temperature = 0;
  options.frequency_penalty = 1;
  options.penalty_decay = 0.5;
  Sampler sampler(options);
  const auto sample = [&](std::vector<float> logits) { return sampler.sample(logits, 4); };
  EXPECT_EQ(sample({9, 0, 0, 0}), 0);
  EXPECT_EQ(sample({1, 0, 0, 0.5f}), 3);  // x of token 0: 1 - 1
  for (int i = 0; i < 2; ++i) EXPECT_EQ(sample({0, 9, 0, 0}), 1);
  EXPECT_EQ(sample({1, 0, 0.8f, 0}), 0);  // 1 - 1/8 against 0.8
  EXPECT_EQ(sample({1, 0, 0.2f, 0}), 2);  // 1 - 17/16 against 0.2
}

TEST(Sampler, SubtractsThePresencePenaltyOnceAndForGood) {
  SamplerOptions options = plain();
  options.temperature = 0;
  options.presence_penalty = 0.5;
  options.penalty_decay = 0.1;
  Sampler sampler(options);
  const std::vector<float> logits{1.0f, 0.7f};
  EXPECT_EQ(sampler.sample(logits, 2), 0);
  EXPECT_EQ(sampler.sample(logits, 2), 1);                              // 0.5 against 0.7
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sampler.sample(logits, 2), 0);  // 0.5 against 0.2
}

TEST(Sampler, AddsTheBias) {
  SamplerOptions options = plain();
  options.temperature = 0;
  options.logit_bias = {{0, -100}, {2, 5}, {999, 100}, {-1, 100}};
  EXPECT_EQ(Sampler(options).sample(std::vector<float>{9, 8, 4}, 3), 2);
  options.temperature = 1;
  EXPECT_EQ(shares(options, std::vector<float>{9, 8, 4})[0], 0);
}

TEST(Sampler, NeverDrawsPaddingRows) {
  std::vector<float> logits(16, 0.0f);
  for (size_t i = 10; i < 16; ++i) logits[i] = 50;
  Sampler sampler(plain());
  for (int i = 0; i < 500; ++i) ASSERT_LT(sampler.sample(logits, 10), 10);
  SamplerOptions greedy = plain();
  greedy.temperature = 0;
  greedy.logit_bias = {{12, 100}};
  EXPECT_LT(Sampler(greedy).sample(logits, 10), 10);
}

TEST(Sampler, NeverDrawsWhatIsNotFinite) {
  const std::vector<float> logits{kNan, 1, kInfinity, -kInfinity, 1};
  Sampler sampler(plain());
  for (int i = 0; i < 200; ++i) {
    const int32_t token = sampler.sample(logits, 5);
    ASSERT_TRUE(token == 1 || token == 4);
  }
}

TEST(Sampler, EndsTheDocumentWhenNothingCanBeDrawn) {
  EXPECT_EQ(Sampler(plain()).sample(std::vector<float>{kNan, kNan}, 2), 0);
  EXPECT_EQ(Sampler(plain()).sample({}, 0), 0);
}

}  // namespace
}  // namespace greylag
