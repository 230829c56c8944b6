// SPDX-License-Identifier: Apache-2.0
// A clue can go exactly when no answer has another digit in its cell.
#include "core/puzzle/sudoku_generator.h"

#include <numeric>

#include "core/puzzle/shuffle.h"
#include "core/puzzle/sudoku_solver.h"

namespace greylag {
namespace {

// Whether another digit at the cell leads to an answer. True when the search gave up.
bool has_other_answer(const SudokuShape& shape, std::vector<uint8_t> puzzle, size_t cell) {
  const uint8_t own = puzzle[cell];
  for (size_t digit = 0; digit < shape.size(); ++digit) {
    puzzle[cell] = static_cast<uint8_t>(digit + kSudokuOne);
    if (puzzle[cell] == own) continue;
    const SudokuSearch search = solve_sudoku(shape, puzzle, {.answers = 1});
    if (search.answers > 0 || search.has_given_up) return true;
  }
  return false;
}

}  // namespace

Sudoku generate_sudoku(const SudokuShape& shape, int64_t clues, CounterRandom& random) {
  Sudoku sudoku;
  const std::vector<uint8_t> blank(shape.cells(), kSudokuBlank);
  sudoku.answer = solve_sudoku(shape, blank, {.answers = 1}, &random).first;
  sudoku.puzzle = sudoku.answer;
  sudoku.clues = static_cast<int64_t>(shape.cells());

  std::vector<size_t> order(shape.cells());
  std::iota(order.begin(), order.end(), size_t{0});
  shuffle(std::span(order), random);
  for (const size_t cell : order) {
    if (sudoku.clues <= clues) break;
    if (has_other_answer(shape, sudoku.puzzle, cell)) continue;
    sudoku.puzzle[cell] = kSudokuBlank;
    --sudoku.clues;
  }
  sudoku.rating = solve_sudoku(shape, sudoku.puzzle).guesses;
  return sudoku;
}

}  // namespace greylag
