// SPDX-License-Identifier: Apache-2.0
// A puzzle reasoner for Sudokus of 4 x 4 that is written in milliseconds. Its weights are random:
// it fills the grid with anything, is never sure, and a segment takes about a millisecond.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/puzzle_reference.h"

namespace greylag::test {

inline constexpr const char* kTinyPuzzle = "12.. .... ..3. ....";

inline void write_tiny_reasoner(const std::filesystem::path& path) {
  auto config = puzzle_recipe("trm", "sudoku", 4, 4, 6, 64);
  ASSERT_TRUE(config.ok()) << config.error().message;
  config->blocks = 1;
  config->recursion = {.h_cycles = 1, .l_cycles = 1};
  PuzzleValues values = random_puzzle_values(*config, 1);
  values["puz.q.weight"].assign(128, 0.0f);
  values["puz.q.bias"] = {-5.0f, -5.0f};
  ASSERT_TRUE(write_puzzle(path, *config, values).ok());
}

}  // namespace greylag::test
