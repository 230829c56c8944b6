// SPDX-License-Identifier: Apache-2.0
// Do the scan orders run over the grid as the facts say (hrm.md 4.2)?
#include "core/model/puzzle_scan.h"

#include <gtest/gtest.h>

namespace greylag {
namespace {

using Order = std::vector<int32_t>;

PuzzleConfig small() {  // one prefix position, a grid of 2 rows and 3 columns
  PuzzleConfig config;
  config.mixer = PuzzleMixer::Rwkv7;
  config.prefix = 1;
  config.rows = 2;
  config.columns = 3;
  return config;
}

TEST(ScanOrder, FourOrdersOfScan4) {
  const PuzzleConfig config = small();
  EXPECT_EQ(scan_groups(config), 4);
  EXPECT_EQ(scan_order(config, 0, 0), (Order{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(scan_order(config, 1, 1), (Order{6, 5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(scan_order(config, 0, 2), (Order{0, 1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(scan_order(config, 0, 3), (Order{6, 3, 5, 2, 4, 1, 0}));
}

TEST(ScanOrder, AlternatesByBlock) {
  PuzzleConfig config = small();
  config.scan = PuzzleScan::Alternating;
  EXPECT_EQ(scan_groups(config), 1);
  EXPECT_EQ(scan_order(config, 2, 0), (Order{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(scan_order(config, 3, 0), (Order{6, 5, 4, 3, 2, 1, 0}));
}

TEST(ScanOrder, CausalGoesForwards) {
  PuzzleConfig config = small();
  config.scan = PuzzleScan::Causal;
  EXPECT_EQ(scan_groups(config), 1);
  EXPECT_EQ(scan_order(config, 1, 0), (Order{0, 1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace greylag
