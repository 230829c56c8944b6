// SPDX-License-Identifier: Apache-2.0
// What are a Sudoku's rules, and how is it written? A grid of n x n cells in boxes of n cells: each
// digit once in every row, column and box. Cells are tokens, row by row (facts hrm.md 1.8): 0 pad,
// 1 blank, 2.. the digits 1...
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace greylag {

constexpr uint8_t kSudokuBlank = 1;
constexpr uint8_t kSudokuOne = 2;  // the token of digit 1

struct SudokuShape {
  size_t box_rows = 3, box_columns = 3;  // 2 x 2, 2 x 3 or 3 x 3

  size_t size() const { return box_rows * box_columns; }  // n: rows, columns, digits
  size_t cells() const { return size() * size(); }
  size_t row_of(size_t cell) const { return cell / size(); }
  size_t column_of(size_t cell) const { return cell % size(); }
  size_t box_of(size_t cell) const {
    return row_of(cell) / box_rows * box_rows + column_of(cell) / box_columns;
  }
  int64_t vocab() const { return static_cast<int64_t>(size()) + kSudokuOne; }
};

// size 4, 6 or 9; else InvalidArgument.
Result<SudokuShape> sudoku_shape(int64_t size);

struct SudokuGrid {
  SudokuShape shape;
  std::vector<uint8_t> tokens;  // [cells]
};

// '1'.. are digits, '.', '0' and '_' are blank; white space, '|', '-' and '+' only separate. The
// size follows from the number of cells. InvalidArgument says what was wrong and where.
Result<SudokuGrid> parse_sudoku(std::string_view text);
// One row a line, '.' for blank and for padding; parse_sudoku reads it back.
std::string format_sudoku(const SudokuShape& shape, std::span<const uint8_t> tokens);

// The cells, rising, whose digit stands again in their row, column or box. Blanks never count.
std::vector<size_t> sudoku_violations(const SudokuShape& shape, std::span<const uint8_t> tokens);
// Whether `answer` is full, keeps the rules and the digits of `puzzle`. Wrong sizes: false.
bool is_sudoku_solution(const SudokuShape& shape, std::span<const uint8_t> puzzle,
                        std::span<const uint8_t> answer);
// Cells that hold a digit.
int64_t count_clues(std::span<const uint8_t> tokens);

}  // namespace greylag
