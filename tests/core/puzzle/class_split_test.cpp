// SPDX-License-Identifier: Apache-2.0
// Puzzles of one form stay together.
#include "core/puzzle/class_split.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace greylag {
namespace {

TEST(ClassSplit, KeepsAFormOnOneSide) {
  ClassSplit split(60, 20);
  std::map<int, std::set<Side>> sides;
  for (int i = 0; i < 1000 && !split.is_full(); ++i) {
    const int form = i % 8;
    if (const auto side = split.place(std::to_string(i), std::to_string(form))) {
      sides[form].insert(*side);
    }
  }
  EXPECT_TRUE(split.is_full());
  EXPECT_EQ(split.placed(), 80);
  int test_forms = 0;
  for (const auto& [form, of_form] : sides) {
    EXPECT_EQ(of_form.size(), 1u) << form;
    test_forms += of_form.contains(Side::Test) ? 1 : 0;
  }
  EXPECT_EQ(test_forms, 2);  // a quarter of eight
}

TEST(ClassSplit, TakesAPuzzleOnce) {
  ClassSplit split(5, 5);
  EXPECT_TRUE(split.place("a", "f"));
  EXPECT_FALSE(split.place("a", "f"));
  EXPECT_TRUE(split.place("b", "f"));
}

TEST(ClassSplit, FillsTheOtherSideWhenOneIsFull) {
  ClassSplit split(3, 1);
  EXPECT_EQ(split.place("a", "a"), Side::Test);
  EXPECT_FALSE(split.place("b", "a"));
  for (const char* puzzle : {"c", "d", "e"}) EXPECT_EQ(split.place(puzzle, puzzle), Side::Train);
  EXPECT_TRUE(split.is_full());
  EXPECT_FALSE(split.place("g", "g"));
}

}  // namespace
}  // namespace greylag
