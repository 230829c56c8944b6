// SPDX-License-Identifier: Apache-2.0
// In which order does a block of the RWKV-7 mixer read the positions of a puzzle? Facts hrm.md 4.2,
// "Direction", written once for inference and training. The order depends on the block, never on
// the call. Group g of the G of a block is heads [g H / G, (g + 1) H / G) and channels
// [g D / G, (g + 1) D / G): their recurrence and their token shift (of time mix and channel mix
// alike) go in order g.
#pragma once

#include <cstdint>
#include <vector>

#include "core/model/puzzle_config.h"

namespace greylag {

// G: 4 for scan4, else 1.
int64_t scan_groups(const PuzzleConfig& config);

// The positions in the order in which group `group` of block `block` reads them: a permutation of
// 0 .. S' - 1.
//   scan4   0: the prefix, then the grid row by row    1: the reverse of order 0
//           2: the prefix, then the grid column by column    3: the reverse of order 2
//   alt     even blocks as order 0, odd blocks as order 1
//   causal  order 0
std::vector<int32_t> scan_order(const PuzzleConfig& config, int64_t block, int64_t group);

}  // namespace greylag
