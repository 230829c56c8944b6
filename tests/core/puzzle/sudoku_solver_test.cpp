// SPDX-License-Identifier: Apache-2.0
// The solver against counts that are known or found by trying everything.
#include "core/puzzle/sudoku_solver.h"

#include <gtest/gtest.h>

#include <functional>

namespace greylag {
namespace {

std::vector<std::vector<uint8_t>> all_four_by_four() {
  const SudokuShape shape{2, 2};
  std::vector<std::vector<uint8_t>> grids;
  std::vector<uint8_t> grid(16, kSudokuBlank);
  const std::function<void(size_t)> fill = [&](size_t cell) {
    if (cell == 16) return grids.push_back(grid);
    for (uint8_t token = 2; token < 6; ++token) {
      grid[cell] = token;
      if (sudoku_violations(shape, grid).empty()) fill(cell + 1);
    }
    grid[cell] = kSudokuBlank;
  };
  fill(0);
  return grids;
}

TEST(SudokuSolver, CountsAsTryingEverythingDoes) {
  const SudokuShape shape{2, 2};
  const auto grids = all_four_by_four();
  ASSERT_EQ(grids.size(), 288u);
  CounterRandom random(1, 0);
  int64_t unique = 0;
  for (int trial = 0; trial < 400; ++trial) {
    std::vector<uint8_t> puzzle(16, kSudokuBlank);
    const auto& source = grids[random.below(grids.size())];
    for (size_t cell = 0; cell < 16; ++cell) {
      if (random.below(3) == 0) puzzle[cell] = source[cell];
      if (random.below(60) == 0) puzzle[cell] = static_cast<uint8_t>(2 + random.below(4));
    }
    int64_t expected = 0;
    for (const auto& grid : grids) expected += is_sudoku_solution(shape, puzzle, grid) ? 1 : 0;
    const SudokuSearch search = solve_sudoku(shape, puzzle, {.answers = 1000});
    ASSERT_EQ(search.answers, expected) << format_sudoku(shape, puzzle);
    ASSERT_EQ(solve_sudoku(shape, puzzle).is_unique(), expected == 1);
    if (expected > 0) {
      ASSERT_TRUE(is_sudoku_solution(shape, puzzle, search.first));
    } else {
      ASSERT_TRUE(search.first.empty());
    }
    unique += expected == 1 ? 1 : 0;
  }
  EXPECT_GT(unique, 20);
}

TEST(SudokuSolver, SolvesOtherSizes) {
  // Two of the published first examples: an easy 9 x 9, and one with 17 clues.
  for (const char* text :
       {"53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79",
        "000000010400000000020000000000050407008000300001090000300400200050100000000806000"}) {
    const auto grid = parse_sudoku(text);
    const SudokuSearch search = solve_sudoku(grid->shape, grid->tokens);
    EXPECT_TRUE(search.is_unique());
    EXPECT_TRUE(is_sudoku_solution(grid->shape, grid->tokens, search.first));
  }
}

// 28,200,960 grids have boxes of 2 x 3; a first row 1 to 6 leaves one in 6!.
TEST(SudokuSolver, CountsTheGridsOfSix) {
  const auto grid = parse_sudoku("123456" + std::string(30, '.'));
  const SudokuSearch search =
      solve_sudoku(grid->shape, grid->tokens, {.answers = 1 << 30, .guesses = 1 << 30});
  EXPECT_EQ(search.answers, 28'200'960 / 720);
}

TEST(SudokuSolver, RatesByGuesses) {
  // Two rows are full; the first open cell has two digits to try, and all is then forced: each of
  // its answers costs one guess, and so does each of the second pair of columns.
  const auto open = parse_sudoku("12344321........");
  EXPECT_GE(solve_sudoku(open->shape, open->tokens).guesses, 2);
  const auto forced = parse_sudoku("1234341221434.21");
  const SudokuSearch search = solve_sudoku(forced->shape, forced->tokens);
  EXPECT_EQ(search.guesses, 0);
  EXPECT_TRUE(search.is_unique());
}

TEST(SudokuSolver, GivesUpAtItsLimit) {
  const auto blank = parse_sudoku(std::string(81, '.'));
  const SudokuSearch search =
      solve_sudoku(blank->shape, blank->tokens, {.answers = 1 << 30, .guesses = 500});
  EXPECT_TRUE(search.has_given_up);
  EXPECT_FALSE(search.is_unique());
  EXPECT_EQ(search.guesses, 500);
  EXPECT_EQ(solve_sudoku(blank->shape, blank->tokens).answers, 2);
}

}  // namespace
}  // namespace greylag
