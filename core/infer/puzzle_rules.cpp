// SPDX-License-Identifier: Apache-2.0
#include "core/infer/puzzle_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/puzzle/maze.h"
#include "core/puzzle/sudoku.h"

namespace greylag {

namespace {

Error invalid(std::string message) { return {ErrorCode::InvalidArgument, std::move(message)}; }

bool is_square(const PuzzleConfig& config) { return config.rows == config.columns; }

// Where the digits of a grid repeat, and where there is none.
std::vector<size_t> wrong_digits(const SudokuShape& shape, std::span<const uint8_t> answer) {
  std::vector<size_t> wrong = sudoku_violations(shape, answer);
  for (size_t cell = 0; cell < answer.size(); ++cell) {
    if (answer[cell] < kSudokuOne) wrong.push_back(cell);
  }
  std::ranges::sort(wrong);
  wrong.erase(std::ranges::unique(wrong).begin(), wrong.end());
  return wrong;
}

Result<Puzzle> as_sudoku(const PuzzleConfig& config, std::vector<uint8_t> tokens) {
  const Result<SudokuShape> found = sudoku_shape(config.rows);
  if (!found) return found.error();
  const SudokuShape shape = *found;
  const std::vector<size_t> wrong = sudoku_violations(shape, tokens);
  if (!wrong.empty()) {
    return invalid(fmt::format(
        "the clues contradict each other: the {} in row {}, column {} stands again in its row, "
        "column or box",
        tokens[wrong[0]] - kSudokuOne + 1, shape.row_of(wrong[0]) + 1,
        shape.column_of(wrong[0]) + 1));
  }
  Puzzle puzzle;
  for (const uint8_t token : tokens) puzzle.is_given.push_back(token >= kSudokuOne);
  puzzle.violations = [shape](std::span<const uint8_t> answer) {
    return wrong_digits(shape, answer);
  };
  puzzle.is_solution = [shape, tokens](std::span<const uint8_t> answer) {
    return is_sudoku_solution(shape, tokens, answer);
  };
  puzzle.tokens = std::move(tokens);
  return puzzle;
}

bool is_on_path(uint8_t token) {
  return token == kMazePath || token == kMazeStart || token == kMazeGoal;
}

// The cells at which a path forks, breaks off or does not begin: a mark has two neighbours on the
// path, start and goal have one.
std::vector<size_t> broken_path(size_t size, std::span<const uint8_t> answer) {
  std::vector<size_t> broken;
  for (size_t cell = 0; cell < answer.size(); ++cell) {
    if (answer[cell] == kMazePad) broken.push_back(cell);
    if (!is_on_path(answer[cell])) continue;
    const size_t row = cell / size, column = cell % size;
    size_t neighbours = 0;
    if (row > 0 && is_on_path(answer[cell - size])) ++neighbours;
    if (row + 1 < size && is_on_path(answer[cell + size])) ++neighbours;
    if (column > 0 && is_on_path(answer[cell - 1])) ++neighbours;
    if (column + 1 < size && is_on_path(answer[cell + 1])) ++neighbours;
    if (neighbours != (answer[cell] == kMazePath ? 2u : 1u)) broken.push_back(cell);
  }
  return broken;
}

Result<Puzzle> as_maze(const PuzzleConfig& config, std::vector<uint8_t> tokens) {
  if (std::ranges::count(tokens, kMazeStart) != 1 || std::ranges::count(tokens, kMazeGoal) != 1) {
    return invalid("a maze has one start (S) and one goal (G)");
  }
  const auto size = static_cast<size_t>(config.rows);
  Puzzle puzzle;
  for (const uint8_t token : tokens) {
    puzzle.is_given.push_back(token != kMazeFree && token != kMazePath);
  }
  puzzle.violations = [size](std::span<const uint8_t> answer) { return broken_path(size, answer); };
  puzzle.is_solution = [size, tokens](std::span<const uint8_t> answer) {
    return is_maze_solution(size, tokens, answer);
  };
  puzzle.tokens = std::move(tokens);
  return puzzle;
}

Result<Puzzle> with_rules(const PuzzleConfig& config, std::vector<uint8_t> tokens) {
  if (config.task == "sudoku" && is_square(config)) return as_sudoku(config, std::move(tokens));
  if (config.task == "maze" && is_square(config)) return as_maze(config, std::move(tokens));
  Puzzle puzzle;
  puzzle.is_given.assign(tokens.size(), false);
  puzzle.tokens = std::move(tokens);
  return puzzle;
}

Error wrong_size(const PuzzleConfig& config, size_t cells) {
  return invalid(fmt::format("the puzzle has {} cells; this model solves grids of {} x {} = {}",
                             cells, config.rows, config.columns, config.cells()));
}

}  // namespace

Result<Puzzle> parse_puzzle(const PuzzleConfig& config, std::string_view text) {
  std::vector<uint8_t> tokens;
  if (config.task == "sudoku") {
    Result<SudokuGrid> grid = parse_sudoku(text);
    if (!grid) return grid.error();
    tokens = std::move(grid->tokens);
  } else if (config.task == "maze") {
    Result<MazeGrid> grid = parse_maze(text);
    if (!grid) return grid.error();
    tokens = std::move(grid->tokens);
  } else {
    return invalid(
        fmt::format("puzzles of this model ({}) are not written as text; give the cells as numbers",
                    config.task.empty() ? "of no named task" : config.task));
  }
  if (static_cast<int64_t>(tokens.size()) != config.cells()) {
    return wrong_size(config, tokens.size());
  }
  return with_rules(config, std::move(tokens));
}

Result<Puzzle> puzzle_of_cells(const PuzzleConfig& config, std::span<const int64_t> cells) {
  if (static_cast<int64_t>(cells.size()) != config.cells()) {
    return wrong_size(config, cells.size());
  }
  std::vector<uint8_t> tokens;
  for (const int64_t cell : cells) {
    if (cell < 0 || cell >= config.vocab) {
      return invalid(fmt::format("cell {} holds {}; this model's tokens are 0 to {}", tokens.size(),
                                 cell, config.vocab - 1));
    }
    tokens.push_back(static_cast<uint8_t>(cell));
  }
  return with_rules(config, std::move(tokens));
}

std::string format_puzzle(const PuzzleConfig& config, std::span<const uint8_t> tokens) {
  if (config.task == "sudoku" && is_square(config)) {
    if (const Result<SudokuShape> shape = sudoku_shape(config.rows)) {
      return format_sudoku(*shape, tokens);
    }
  }
  if (config.task == "maze" && is_square(config)) {
    return format_maze(static_cast<size_t>(config.rows), tokens);
  }
  std::string text;
  for (size_t cell = 0; cell < tokens.size(); ++cell) {
    const bool is_row_end = (cell + 1) % static_cast<size_t>(config.columns) == 0;
    text += fmt::format("{:>3}{}", tokens[cell], is_row_end ? "\n" : "");
  }
  return text;
}

}  // namespace greylag
