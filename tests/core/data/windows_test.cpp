// SPDX-License-Identifier: Apache-2.0
// Windows share one token, and each token but the first is a target once.
#include "core/data/windows.h"

#include <gtest/gtest.h>

namespace greylag {
namespace {

Sample counting(int32_t count, uint8_t learned) {
  Sample sample;
  for (int32_t i = 0; i < count; ++i) sample.tokens.push_back(i + 1);
  sample.learned.assign(sample.tokens.size(), learned);
  sample.line = 9;
  return sample;
}

TEST(Windows, MakeEveryTokenATargetOnce) {
  for (int32_t count = 2; count < 30; ++count) {
    for (int64_t context = 1; context < 12; ++context) {
      const auto windows = cut_windows(counting(count, 1), context);
      std::vector<int32_t> targets;
      for (const Sample& window : windows) {
        ASSERT_GE(window.tokens.size(), 2u);
        ASSERT_LE(window.tokens.size(), static_cast<size_t>(context) + 1);
        ASSERT_EQ(window.learned.size(), window.tokens.size());
        ASSERT_EQ(window.learned[0], 0);
        ASSERT_EQ(window.line, 9);
        for (size_t i = 1; i < window.tokens.size(); ++i) {
          ASSERT_EQ(window.tokens[i], window.tokens[i - 1] + 1);
          if (window.learned[i] != 0) targets.push_back(window.tokens[i]);
        }
      }
      ASSERT_EQ(targets.size(), static_cast<size_t>(count) - 1);
      ASSERT_EQ(targets.front(), 2);
      ASSERT_EQ(targets.back(), count);
      ASSERT_EQ(count_learned(windows), count - 1);
    }
  }
}

TEST(Windows, WithoutTargetsAreDropped) {
  Sample sample = counting(12, 0);
  EXPECT_TRUE(cut_windows(sample, 4).empty());
  sample.learned[6] = 1;
  const auto windows = cut_windows(sample, 4);  // 1-5, 5-9, 9-12
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].tokens, (std::vector<int32_t>{5, 6, 7, 8, 9}));
  EXPECT_EQ(windows[0].learned, (std::vector<uint8_t>{0, 0, 1, 0, 0}));
}

TEST(Windows, OfOneTokenAreNone) { EXPECT_TRUE(cut_windows(counting(1, 1), 4).empty()); }

}  // namespace
}  // namespace greylag
