// SPDX-License-Identifier: Apache-2.0
// What may stand in a puzzle's answer? Text to tokens and back, the cells that are given, and the
// rules, for the task that a reasoner was trained on. The rules of ARC are what it has to find out:
// none are known.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/model/puzzle_config.h"

namespace greylag {

struct Puzzle {
  std::vector<uint8_t> tokens;  // [S], as the net reads them
  std::vector<bool> is_given;   // [S]: the answer keeps these cells
  // The cells of an answer, rising, that break a rule or hold what no answer holds. Null: no rules
  // are known.
  std::function<std::vector<size_t>(std::span<const uint8_t> answer)> violations;
  // Whether an answer is right. Null with violations.
  std::function<bool(std::span<const uint8_t> answer)> is_solution;
};

// InvalidArgument says what is wrong: the text, its size, clues that contradict each other, a task
// that is not written as text.
Result<Puzzle> parse_puzzle(const PuzzleConfig& config, std::string_view text);
// From tokens. InvalidArgument: number or range of the cells, clues that contradict each other.
Result<Puzzle> puzzle_of_cells(const PuzzleConfig& config, std::span<const int64_t> cells);
// One row a line; numbers side by side for tasks that are not written as text.
std::string format_puzzle(const PuzzleConfig& config, std::span<const uint8_t> tokens);

}  // namespace greylag
