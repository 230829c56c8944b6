// SPDX-License-Identifier: Apache-2.0
// Grows the arrays of a PuzzleSet.
#include "core/puzzle/set_builder.h"

#include <utility>

namespace greylag {

SetBuilder::SetBuilder(std::string task, int64_t rows, int64_t columns, int64_t vocab) {
  set_.task = std::move(task);
  set_.rows = rows;
  set_.columns = columns;
  set_.vocab = vocab;
  set_.puzzle_starts = set_.group_starts = {0};
}

void SetBuilder::add_example(std::span<const uint8_t> input, std::span<const uint8_t> label) {
  set_.inputs.insert(set_.inputs.end(), input.begin(), input.end());
  set_.labels.insert(set_.labels.end(), label.begin(), label.end());
}

void SetBuilder::close_puzzle(int32_t id) {
  const int64_t examples = static_cast<int64_t>(set_.inputs.size()) / set_.cells();
  if (examples == set_.puzzle_starts.back()) return;
  set_.puzzle_starts.push_back(examples);
  set_.ids.push_back(id);
}

void SetBuilder::close_group() {
  if (set_.puzzles() != set_.group_starts.back()) set_.group_starts.push_back(set_.puzzles());
}

PuzzleSet SetBuilder::finish(int64_t puzzle_ids) {
  set_.puzzle_ids = puzzle_ids;
  return std::move(set_);
}

}  // namespace greylag
