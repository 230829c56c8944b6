// SPDX-License-Identifier: Apache-2.0
// Where do Sudokus with exactly one answer come from? A random full grid loses clues in random
// order as long as its answer stays the only one.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/random.h"
#include "core/puzzle/sudoku.h"

namespace greylag {

struct Sudoku {
  std::vector<uint8_t> puzzle, answer;  // tokens, [cells]
  int64_t clues = 0;
  int64_t rating = 0;  // guesses of solve_sudoku until uniqueness is proven
};

// clues: stop removing there; 0 = until no clue can go (a minimal puzzle). A grid may not get as
// low as asked; `Sudoku::clues` says how far it got. The answer is unique.
Sudoku generate_sudoku(const SudokuShape& shape, int64_t clues, CounterRandom& random);

}  // namespace greylag
