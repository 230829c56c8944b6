// SPDX-License-Identifier: Apache-2.0
// The order of training is a function of seed and position.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/core/puzzle/small_set.h"

namespace greylag {
namespace {

std::vector<int64_t> examples(const PuzzleSet& set, uint64_t seed, int64_t from, int64_t count) {
  PuzzleOrder order(set, seed);
  std::vector<int64_t> list;
  for (int64_t i = from; i < from + count; ++i) list.push_back(order.at(i).example);
  return list;
}

TEST(PuzzleOrder, TakesOnePuzzleOfEachGroupPerEpoch) {
  const PuzzleSet set = small_set({{2, 2, 2}, {3, 3}, {1}});
  PuzzleOrder order(set, 7);
  for (int64_t epoch = 0; epoch < 50; ++epoch) {
    std::set<int64_t> seen;
    std::map<int32_t, int> of_puzzle;
    for (int64_t i = 0; i < 6; ++i) {
      const auto item = order.at(epoch * 6 + i);
      seen.insert(item.example);
      ++of_puzzle[item.puzzle_id];
      const auto puzzle = static_cast<size_t>(item.puzzle_id - 1);
      ASSERT_GE(item.example, set.puzzle_starts[puzzle]);
      ASSERT_LT(item.example, set.puzzle_starts[puzzle + 1]);
    }
    ASSERT_EQ(seen.size(), 6u);
    ASSERT_EQ(of_puzzle.size(), 3u);
    ASSERT_EQ(of_puzzle[1] + of_puzzle[2] + of_puzzle[3], 2);
    ASSERT_EQ(of_puzzle[4] + of_puzzle[5], 3);
    ASSERT_EQ(of_puzzle[6], 1);
  }
}

TEST(PuzzleOrder, TakesPuzzlesAndGroupsEvenly) {
  const PuzzleSet set = small_set({{1, 1, 1, 1}, {1}, {1}});
  PuzzleOrder order(set, 3);
  std::map<int64_t, int> drawn, first;
  constexpr int kEpochs = 4000;
  for (int64_t i = 0; i < 3 * kEpochs; ++i) {
    const int64_t example = order.at(i).example;
    ++drawn[example];
    if (i % 3 == 0) ++first[example >= 4 ? example : 0];
  }
  // Five standard deviations of a binomial: sqrt(4000 p q) is 27 at 1/4 and 30 at 1/3.
  for (int64_t example = 0; example < 4; ++example) EXPECT_NEAR(drawn[example], 1000, 5 * 28);
  for (const int64_t group : {0, 4, 5}) EXPECT_NEAR(first[group], kEpochs / 3, 5 * 30);
}

TEST(PuzzleOrder, FollowsTheSeedAlone) {
  const PuzzleSet set = small_set({{1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}, {1, 1}});
  EXPECT_EQ(examples(set, 5, 0, 60), examples(set, 5, 0, 60));
  EXPECT_NE(examples(set, 5, 0, 60), examples(set, 6, 0, 60));
  EXPECT_NE(examples(set, 5, 0, 6), examples(set, 5, 6, 6));
}

TEST(PuzzleOrder, IsTheSameAfterAJump) {
  for (const auto& sizes : {std::vector<std::vector<int64_t>>{{1, 1}, {2, 2}, {1}},
                            std::vector<std::vector<int64_t>>{{1, 3}, {2, 5}, {1}}}) {
    const PuzzleSet set = small_set(sizes);
    const auto all = examples(set, 11, 0, 300'000);
    PuzzleOrder order(set, 11);
    for (const int64_t position :
         {299'990L, 5L, 150'000L, 299'999L, 0L, 149'990L, 80'000L, 80'001L}) {
      ASSERT_EQ(order.at(position).example, all[static_cast<size_t>(position)]) << position;
    }
    EXPECT_EQ(examples(set, 11, 200'000, 100),
              std::vector<int64_t>(all.begin() + 200'000, all.begin() + 200'100));
  }
}

}  // namespace
}  // namespace greylag
