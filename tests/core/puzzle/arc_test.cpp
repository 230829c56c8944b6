// SPDX-License-Identifier: Apache-2.0
// Grids become tokens and come back, through every augmentation.
#include "core/puzzle/arc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace greylag {
namespace {

ArcGrid random_grid(CounterRandom& random) {
  ArcGrid grid{1 + random.below(30), 1 + random.below(30), {}};
  for (size_t i = 0; i < grid.rows * grid.columns; ++i) {
    grid.colours.push_back(static_cast<uint8_t>(random.below(10)));
  }
  return grid;
}

TEST(Arc, MarksTheEndOfAGrid) {
  const ArcGrid grid{2, 3, {0, 1, 2, 3, 4, 9}};
  const auto tokens = encode_arc(grid, 1, 2);
  ASSERT_EQ(tokens.size(), kArcCells);
  const auto row = [&](size_t r) {
    return std::vector<uint8_t>(tokens.begin() + static_cast<int64_t>(30 * r),
                                tokens.begin() + static_cast<int64_t>(30 * r + 7));
  };
  EXPECT_EQ(row(0), (std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(row(1), (std::vector<uint8_t>{0, 0, 2, 3, 4, 1, 0}));
  EXPECT_EQ(row(2), (std::vector<uint8_t>{0, 0, 5, 6, 11, 1, 0}));
  EXPECT_EQ(row(3), (std::vector<uint8_t>{0, 0, 1, 1, 1, 0, 0}));
  EXPECT_EQ(row(4), (std::vector<uint8_t>{0, 0, 0, 0, 0, 0, 0}));
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), kArcEnd), 5);
}

TEST(Arc, IsDecoded) {
  CounterRandom random(1, 0);
  for (int i = 0; i < 50; ++i) {
    const ArcGrid grid = random_grid(random);
    EXPECT_EQ(decode_arc(encode_arc(grid)), grid);
  }
  const ArcGrid full{30, 30, std::vector<uint8_t>(900, 7)};
  EXPECT_EQ(decode_arc(encode_arc(full)), full);
  EXPECT_EQ(decode_arc(std::vector<uint8_t>(900, 0)), ArcGrid{});
  EXPECT_EQ(decode_arc(std::vector<uint8_t>(5, 3)), ArcGrid{});
  EXPECT_EQ(decode_arc(std::vector<uint8_t>(900, 200)), ArcGrid{});
}

TEST(Arc, IsDecodedBesideStrayTokens) {
  auto tokens = encode_arc({2, 2, {1, 2, 3, 4}});
  tokens[899] = 5;
  tokens[60] = 5;  // a third row of one cell: two rows of two are larger
  EXPECT_EQ(decode_arc(tokens), (ArcGrid{2, 2, {1, 2, 3, 4}}));
}

TEST(Arc, AugmentationsAreUndone) {
  CounterRandom random(2, 0);
  std::set<uint8_t> images;
  int changed = 0;
  for (int i = 0; i < 200; ++i) {
    const ArcGrid grid = random_grid(random);
    const ArcAugmentation augmentation = random_arc_augmentation(random);
    images.insert(augmentation.image);
    const ArcGrid augmented = apply(augmentation, grid);
    ASSERT_EQ(undo(augmentation, augmented), grid);
    ASSERT_EQ(augmentation.colours[0], 0);
    ASSERT_EQ(std::count(grid.colours.begin(), grid.colours.end(), 0),
              std::count(augmented.colours.begin(), augmented.colours.end(), 0));
    changed += augmented == grid ? 0 : 1;
  }
  EXPECT_EQ(images.size(), 8u);
  EXPECT_GT(changed, 150);
}

TEST(Arc, VersionsAreNamed) {
  CounterRandom random(3, 0);
  for (int i = 0; i < 20; ++i) {
    const ArcVersion version{"007bbfb7", random_arc_augmentation(random)};
    const auto parsed = parse_arc_version(name_arc_version(version));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->task, version.task);
    EXPECT_EQ(parsed->augmentation, version.augmentation);
  }
  EXPECT_EQ(name_arc_version({"a", {}}), "a");
  EXPECT_EQ(parse_arc_version("a")->augmentation, ArcAugmentation{});
  for (const char* name : {"", "|t0|0123456789", "a|", "a|t8|0123456789", "a|t0|1023456789",
                           "a|t0|0113456789", "a|t0|012345678", "a|t0|012345678x"}) {
    EXPECT_FALSE(parse_arc_version(name)) << name;
  }
}

}  // namespace
}  // namespace greylag
