// SPDX-License-Identifier: Apache-2.0
// The eight images are eight, and each is undone.
#include "core/puzzle/dihedral.h"

#include <gtest/gtest.h>

#include <set>

namespace greylag {
namespace {

const std::vector<uint8_t> kGrid{1, 2, 3, 4, 5, 6};  // 2 x 3

TEST(Dihedral, TurnsClockwiseAfterTransposing) {
  EXPECT_EQ(dihedral(0, kGrid, 2, 3), kGrid);
  EXPECT_EQ(dihedral(1, kGrid, 2, 3), (std::vector<uint8_t>{4, 1, 5, 2, 6, 3}));
  EXPECT_EQ(dihedral(2, kGrid, 2, 3), (std::vector<uint8_t>{6, 5, 4, 3, 2, 1}));
  EXPECT_EQ(dihedral(4, kGrid, 2, 3), (std::vector<uint8_t>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(dihedral(5, kGrid, 2, 3), (std::vector<uint8_t>{3, 2, 1, 6, 5, 4}));
}

TEST(Dihedral, IsUndoneByItsInverse) {
  std::set<std::vector<uint8_t>> images;
  for (uint8_t t = 0; t < kDihedrals; ++t) {
    const auto image = dihedral(t, kGrid, 2, 3);
    const size_t rows = swaps_sides(t) ? 3 : 2;
    EXPECT_EQ(dihedral(inverse_dihedral(t), image, rows, 6 / rows), kGrid) << int{t};
    images.insert(image);
  }
  EXPECT_EQ(images.size(), 8u);
}

}  // namespace
}  // namespace greylag
