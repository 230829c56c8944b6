// SPDX-License-Identifier: Apache-2.0
// A set of 2 x 2 cells whose first input token says its example, for tests of order and files.
#pragma once

#include "core/puzzle/puzzle_set.h"

namespace greylag {

// sizes[g][p]: examples of puzzle p in group g. The id of a puzzle is its number + 1.
inline PuzzleSet small_set(const std::vector<std::vector<int64_t>>& sizes) {
  PuzzleSet set;
  set.task = "sudoku";
  set.rows = set.columns = 2;
  set.vocab = 256;
  set.puzzle_starts = set.group_starts = {0};
  for (const auto& group : sizes) {
    for (const int64_t examples : group) {
      for (int64_t i = 0; i < examples; ++i) {
        const auto number = static_cast<uint8_t>(set.inputs.size() / 4);
        set.inputs.insert(set.inputs.end(), {number, 1, 2, 3});
        set.labels.insert(set.labels.end(), {3, 2, 0, number});
      }
      set.puzzle_starts.push_back(set.puzzle_starts.back() + examples);
      set.ids.push_back(static_cast<int32_t>(set.ids.size()) + 1);
    }
    set.group_starts.push_back(set.puzzles());
  }
  set.puzzle_ids = set.puzzles() + 1;
  return set;
}

}  // namespace greylag
