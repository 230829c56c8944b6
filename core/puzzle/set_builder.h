// SPDX-License-Identifier: Apache-2.0
// How does a PuzzleSet grow? Examples first, then the puzzle that they belong to is closed, then
// the group. Puzzles without examples and groups without puzzles leave no trace.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/puzzle/puzzle_set.h"

namespace greylag {

class SetBuilder {
 public:
  SetBuilder(std::string task, int64_t rows, int64_t columns, int64_t vocab);
  // [rows * columns] tokens each.
  void add_example(std::span<const uint8_t> input, std::span<const uint8_t> label);
  void close_puzzle(int32_t id);
  void close_group();
  // Call once.
  PuzzleSet finish(int64_t puzzle_ids);

 private:
  PuzzleSet set_;
};

}  // namespace greylag
