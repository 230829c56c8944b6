// SPDX-License-Identifier: Apache-2.0
// Which puzzles are in a CSV file laid out as Sudoku-Extreme and Maze-Hard are? A first line that
// names the columns source, question, answer and rating, in any order; then a puzzle a line.
// Every answer is held against the rules of its puzzle.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct CsvPuzzle {
  int64_t line = 0;                     // in the file, from 1
  int64_t size = 0;                     // rows and columns
  std::vector<uint8_t> puzzle, answer;  // tokens, [size * size]
  int64_t rating = 0;                   // 0 where the file has no such column
};

struct CsvPosition {
  uint64_t done_bytes = 0, total_bytes = 0;
};

// task: sudoku or maze. Gives each puzzle in order; `take` returns false to stop (Cancelled).
// Errors: NotFound; BadFile names the line and the column. Lines end with \n or \r\n; a field may
// be quoted; blank lines are skipped.
Status read_puzzle_csv(const std::filesystem::path& path, const std::string& task,
                       const std::function<bool(CsvPuzzle&, const CsvPosition&)>& take);

}  // namespace greylag
