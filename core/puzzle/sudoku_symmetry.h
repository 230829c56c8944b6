// SPDX-License-Identifier: Apache-2.0
// Which changes leave a Sudoku a Sudoku? Another naming of the digits; bands (rows of boxes) and
// rows within a band in another order; stacks and columns likewise; and, where boxes are square,
// rows for columns. They make the augmented puzzles of training, and two puzzles that they turn
// into each other count as one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/puzzle/sudoku.h"

namespace greylag {

struct SudokuSymmetry {
  bool is_transposed = false;          // first of all
  std::vector<uint8_t> rows, columns;  // [n]: where each row and column is taken from
  std::vector<uint8_t> digits;         // [n]: digit d + 1 becomes digits[d] + 1
};

// Uniform over all of them.
SudokuSymmetry random_sudoku_symmetry(const SudokuShape& shape, CounterRandom& random);
// A puzzle and its answer go through the same one.
std::vector<uint8_t> apply(const SudokuSymmetry& symmetry, const SudokuShape& shape,
                           std::span<const uint8_t> tokens);

// The least of all grids that `tokens` can be turned into: equal for two puzzles exactly when a
// symmetry turns one into the other. About a millisecond at 9 x 9.
std::string canonical_sudoku(const SudokuShape& shape, std::span<const uint8_t> tokens);
// Counts that no symmetry changes: two puzzles with different ones cannot be the same. Cheap.
std::string sudoku_invariant(const SudokuShape& shape, std::span<const uint8_t> tokens);

}  // namespace greylag
