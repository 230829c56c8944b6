// SPDX-License-Identifier: Apache-2.0
// Symmetries keep the rules; the canonical form is theirs alone.
#include "core/puzzle/sudoku_symmetry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "core/puzzle/sudoku_generator.h"
#include "core/puzzle/sudoku_solver.h"

namespace greylag {
namespace {

SudokuSymmetry identity(const SudokuShape& shape) {
  SudokuSymmetry symmetry;
  symmetry.rows.resize(shape.size());
  std::iota(symmetry.rows.begin(), symmetry.rows.end(), uint8_t{0});
  symmetry.columns = symmetry.digits = symmetry.rows;
  return symmetry;
}

Sudoku example(const SudokuShape& shape, uint64_t stream = 0) {
  CounterRandom random(2, stream);
  return generate_sudoku(shape, 0, random);
}

// Whether the change keeps full grids within the rules. Ten, as a grid may suit it by chance.
bool keeps_rules(const SudokuShape& shape, const SudokuSymmetry& symmetry) {
  for (uint64_t i = 0; i < 10; ++i) {
    const auto grid = apply(symmetry, shape, example(shape, i).answer);
    if (!sudoku_violations(shape, grid).empty()) return false;
  }
  return true;
}

TEST(SudokuSymmetry, OfEachKindKeepsTheRules) {
  for (const int64_t size : {4, 6, 9}) {
    const SudokuShape shape = *sudoku_shape(size);
    SudokuSymmetry digits = identity(shape), rows = digits, bands = digits, columns = digits,
                   stacks = digits, turned = digits;
    std::rotate(digits.digits.begin(), digits.digits.begin() + 1, digits.digits.end());
    std::swap(rows.rows[0], rows.rows[1]);
    std::swap(columns.columns[0], columns.columns[1]);
    std::rotate(bands.rows.begin(), bands.rows.begin() + static_cast<int64_t>(shape.box_rows),
                bands.rows.end());
    std::rotate(stacks.columns.begin(),
                stacks.columns.begin() + static_cast<int64_t>(shape.box_columns),
                stacks.columns.end());
    turned.is_transposed = true;
    for (const auto* kind : {&digits, &rows, &bands, &columns, &stacks}) {
      EXPECT_TRUE(keeps_rules(shape, *kind)) << size;
    }
    EXPECT_EQ(keeps_rules(shape, turned), size != 6);  // boxes of 2 x 3 do not turn
  }
}

TEST(SudokuSymmetry, ThatLeavesItsBandOrStackBreaksTheRules) {
  for (const int64_t size : {4, 6, 9}) {
    const SudokuShape shape = *sudoku_shape(size);
    SudokuSymmetry rows = identity(shape), columns = rows, digits = rows;
    std::swap(rows.rows[0], rows.rows[shape.box_rows]);
    std::swap(columns.columns[0], columns.columns[shape.box_columns]);
    digits.digits[0] = digits.digits[1];
    for (const auto* kind : {&rows, &columns, &digits}) {
      EXPECT_FALSE(keeps_rules(shape, *kind)) << size;
    }
  }
}

TEST(SudokuSymmetry, DrawnAtRandomKeepsPuzzleAndAnswerTogether) {
  for (const int64_t size : {4, 6, 9}) {
    const SudokuShape shape = *sudoku_shape(size);
    const Sudoku sudoku = example(shape);
    CounterRandom random(3, 0);
    std::set<std::vector<uint8_t>> seen;
    int turned = 0;
    for (int i = 0; i < 100; ++i) {
      const SudokuSymmetry symmetry = random_sudoku_symmetry(shape, random);
      turned += symmetry.is_transposed ? 1 : 0;
      const auto puzzle = apply(symmetry, shape, sudoku.puzzle);
      const auto answer = apply(symmetry, shape, sudoku.answer);
      ASSERT_TRUE(is_sudoku_solution(shape, puzzle, answer));
      ASSERT_EQ(solve_sudoku(shape, puzzle).first, answer);
      ASSERT_EQ(count_clues(puzzle), sudoku.clues);
      seen.insert(puzzle);
    }
    EXPECT_GT(seen.size(), 90u);
    EXPECT_TRUE(size == 6 ? turned == 0 : turned > 25 && turned < 75) << turned;
  }
}

TEST(CanonicalSudoku, IsTheSameForEverySymmetricPuzzle) {
  for (const int64_t size : {4, 6, 9}) {
    const SudokuShape shape = *sudoku_shape(size);
    CounterRandom random(5, 0);
    std::set<std::string> forms;
    const uint64_t puzzles = size == 9 ? 6 : 12;
    for (uint64_t i = 0; i < puzzles; ++i) {
      const Sudoku sudoku = example(shape, i);
      const std::string form = canonical_sudoku(shape, sudoku.puzzle);
      const std::string invariant = sudoku_invariant(shape, sudoku.puzzle);
      forms.insert(form);
      for (int turn = 0; turn < 5; ++turn) {
        const auto other = apply(random_sudoku_symmetry(shape, random), shape, sudoku.puzzle);
        ASSERT_EQ(canonical_sudoku(shape, other), form);
        ASSERT_EQ(sudoku_invariant(shape, other), invariant);
      }
    }
    EXPECT_TRUE(size == 4 || forms.size() == puzzles);
  }
}

// It is itself one of the symmetric puzzles: as many clues, one answer, and its own form.
TEST(CanonicalSudoku, IsASymmetricPuzzle) {
  for (const int64_t size : {4, 6, 9}) {
    const SudokuShape shape = *sudoku_shape(size);
    const Sudoku sudoku = example(shape);
    const std::string form = canonical_sudoku(shape, sudoku.puzzle);
    const auto grid = parse_sudoku(form);
    ASSERT_TRUE(grid) << grid.error().message;
    EXPECT_EQ(count_clues(grid->tokens), sudoku.clues);
    EXPECT_TRUE(solve_sudoku(shape, grid->tokens).is_unique());
    EXPECT_EQ(canonical_sudoku(shape, grid->tokens), form);
  }
}

// All 288 full grids of 4 x 4 are two up to symmetry.
TEST(CanonicalSudoku, KnowsTheTwoGridsOfFour) {
  const SudokuShape shape = *sudoku_shape(4);
  std::set<std::string> forms;
  for (uint64_t i = 0; i < 200; ++i)
    forms.insert(canonical_sudoku(shape, example(shape, i).answer));
  EXPECT_EQ(forms.size(), 2u);
}

}  // namespace
}  // namespace greylag
