// SPDX-License-Identifier: Apache-2.0
// Rules and text of a Sudoku.
#include "core/puzzle/sudoku.h"

#include <algorithm>

namespace greylag {
namespace {

bool is_digit(uint8_t token) { return token >= kSudokuOne; }

Error wrong(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

}  // namespace

Result<SudokuShape> sudoku_shape(int64_t size) {
  if (size == 4) return SudokuShape{2, 2};
  if (size == 6) return SudokuShape{2, 3};
  if (size == 9) return SudokuShape{3, 3};
  return wrong("a Sudoku has 4, 6 or 9 rows, not " + std::to_string(size));
}

Result<SudokuGrid> parse_sudoku(std::string_view text) {
  constexpr std::string_view kBlanks = ".0_", kSeparators = " \t\r\n|-+";
  SudokuGrid grid;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (kSeparators.find(c) != std::string_view::npos) continue;
    if (kBlanks.find(c) != std::string_view::npos) {
      grid.tokens.push_back(kSudokuBlank);
    } else if (c >= '1' && c <= '9') {
      grid.tokens.push_back(static_cast<uint8_t>(c - '1' + kSudokuOne));
    } else {
      return wrong("character " + std::to_string(i + 1) +
                   " of the Sudoku is neither a digit nor '.' for an empty cell");
    }
  }
  const size_t cells = grid.tokens.size();
  if (cells != 16 && cells != 36 && cells != 81) {
    return wrong("the Sudoku has " + std::to_string(cells) +
                 " cells: 16 (4 x 4), 36 (6 x 6) or 81 (9 x 9) are needed");
  }
  grid.shape = *sudoku_shape(cells == 16 ? 4 : cells == 36 ? 6 : 9);
  for (size_t cell = 0; cell < cells; ++cell) {
    if (grid.tokens[cell] < grid.shape.vocab()) continue;
    return wrong("row " + std::to_string(grid.shape.row_of(cell) + 1) + ", column " +
                 std::to_string(grid.shape.column_of(cell) + 1) + " holds " +
                 std::to_string(grid.tokens[cell] - kSudokuOne + 1) + ", but the digits end at " +
                 std::to_string(grid.shape.size()));
  }
  return grid;
}

std::string format_sudoku(const SudokuShape& shape, std::span<const uint8_t> tokens) {
  std::string text;
  for (size_t cell = 0; cell < tokens.size(); ++cell) {
    const uint8_t token = tokens[cell];
    text += is_digit(token) ? static_cast<char>('1' + token - kSudokuOne) : '.';
    if (shape.column_of(cell) + 1 == shape.size()) text += '\n';
  }
  return text;
}

std::vector<size_t> sudoku_violations(const SudokuShape& shape, std::span<const uint8_t> tokens) {
  std::vector<size_t> cells;
  const size_t count = std::min(shape.cells(), tokens.size());
  for (size_t a = 0; a < count; ++a) {
    if (!is_digit(tokens[a])) continue;
    for (size_t b = 0; b < count; ++b) {
      if (a == b || tokens[a] != tokens[b]) continue;
      if (shape.row_of(a) != shape.row_of(b) && shape.column_of(a) != shape.column_of(b) &&
          shape.box_of(a) != shape.box_of(b)) {
        continue;
      }
      cells.push_back(a);
      break;
    }
  }
  return cells;
}

bool is_sudoku_solution(const SudokuShape& shape, std::span<const uint8_t> puzzle,
                        std::span<const uint8_t> answer) {
  if (puzzle.size() != shape.cells() || answer.size() != shape.cells()) return false;
  for (size_t cell = 0; cell < answer.size(); ++cell) {
    if (!is_digit(answer[cell]) || answer[cell] >= shape.vocab()) return false;
    if (is_digit(puzzle[cell]) && puzzle[cell] != answer[cell]) return false;
  }
  return sudoku_violations(shape, answer).empty();
}

int64_t count_clues(std::span<const uint8_t> tokens) {
  return std::count_if(tokens.begin(), tokens.end(), is_digit);
}

}  // namespace greylag
