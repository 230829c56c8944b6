// SPDX-License-Identifier: Apache-2.0
// Generated puzzles have one answer, and minimal ones lose it with any clue.
#include "core/puzzle/sudoku_generator.h"

#include <gtest/gtest.h>

#include <set>

#include "core/puzzle/sudoku_solver.h"

namespace greylag {
namespace {

TEST(SudokuGenerator, MakesMinimalPuzzlesWithOneAnswer) {
  for (const int64_t size : {4, 6, 9}) {
    const SudokuShape shape = *sudoku_shape(size);
    for (uint64_t i = 0; i < 4; ++i) {
      CounterRandom random(9, i);
      const Sudoku sudoku = generate_sudoku(shape, 0, random);
      const SudokuSearch search = solve_sudoku(shape, sudoku.puzzle);
      ASSERT_TRUE(search.is_unique());
      ASSERT_EQ(search.first, sudoku.answer);
      ASSERT_TRUE(is_sudoku_solution(shape, sudoku.puzzle, sudoku.answer));
      ASSERT_EQ(sudoku.rating, search.guesses);
      ASSERT_EQ(sudoku.clues, count_clues(sudoku.puzzle));
      for (size_t cell = 0; cell < shape.cells(); ++cell) {
        if (sudoku.puzzle[cell] == kSudokuBlank) continue;
        auto less = sudoku.puzzle;
        less[cell] = kSudokuBlank;
        ASSERT_EQ(solve_sudoku(shape, less).answers, 2) << size << " cell " << cell;
      }
    }
  }
}

TEST(SudokuGenerator, StopsAtTheCluesAskedFor) {
  const SudokuShape shape = *sudoku_shape(9);
  CounterRandom random(1, 0);
  const Sudoku sudoku = generate_sudoku(shape, 40, random);
  EXPECT_EQ(sudoku.clues, 40);
  EXPECT_TRUE(solve_sudoku(shape, sudoku.puzzle).is_unique());
}

TEST(SudokuGenerator, FollowsItsSeed) {
  const SudokuShape shape = *sudoku_shape(6);
  std::set<std::vector<uint8_t>> seen;
  for (uint64_t i = 0; i < 20; ++i) {
    CounterRandom random(4, i), again(4, i);
    const Sudoku sudoku = generate_sudoku(shape, 0, random);
    EXPECT_EQ(sudoku.puzzle, generate_sudoku(shape, 0, again).puzzle);
    seen.insert(sudoku.answer);
  }
  EXPECT_EQ(seen.size(), 20u);
}

}  // namespace
}  // namespace greylag
