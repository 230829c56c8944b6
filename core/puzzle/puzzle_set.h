// SPDX-License-Identifier: Apache-2.0
// A folder of puzzles with their answers, laid out as HRM's datasets (facts hrm.md 1.8), so that
// theirs open here: FOLDER/{train,test}/dataset.json and all__{inputs, labels, puzzle_identifiers,
// puzzle_indices, group_indices}.npy. Groups hold puzzles (augmented versions of one original),
// puzzles hold examples.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct PuzzleSet {
  std::string task;  // sudoku | maze | arc
  int64_t rows = 0, columns = 0;
  int64_t vocab = 0;  // tokens; 0 is padding
  int64_t puzzle_ids = 1;
  std::vector<uint8_t> inputs, labels;  // [examples, rows * columns]; label 0 = not asked
  std::vector<int32_t> ids;             // per puzzle
  std::vector<int64_t> puzzle_starts;   // puzzles + 1, in examples; rising
  std::vector<int64_t> group_starts;    // groups + 1, in puzzles; rising

  int64_t cells() const { return rows * columns; }
  int64_t examples() const { return puzzle_starts.empty() ? 0 : puzzle_starts.back(); }
  int64_t puzzles() const { return static_cast<int64_t>(ids.size()); }
  int64_t groups() const {
    return group_starts.empty() ? 0 : static_cast<int64_t>(group_starts.size()) - 1;
  }
  std::span<const uint8_t> input(int64_t example) const;
  std::span<const uint8_t> label(int64_t example) const;
};

// split: "train" or "test". Errors: NotFound, BadFile naming file and rule.
Result<PuzzleSet> load_puzzle_set(const std::filesystem::path& folder, const std::string& split);
// Atomic per file; creates the folder.
Status save_puzzle_set(const std::filesystem::path& folder, const std::string& split,
                       const PuzzleSet& set);

// The examples of training, an endless stream that is a function of (seed, position): per epoch
// the groups are shuffled, one random puzzle of each is taken, its examples follow (facts 1.8).
class PuzzleOrder {
 public:
  PuzzleOrder(const PuzzleSet& set, uint64_t seed);  // the set must outlive it
  struct Item {
    int64_t example = 0;
    int32_t puzzle_id = 0;
  };
  Item at(int64_t position);

 private:
  void fill(int64_t epoch);
  void seek(int64_t position);  // to the start of the epoch that holds it
  const PuzzleSet& set_;
  uint64_t seed_;
  int64_t fixed_length_;        // of every epoch; 0 when epochs differ
  std::vector<Item> items_;     // of the epochs laid out so far that are still near
  int64_t first_position_ = 0;  // of items_
  int64_t next_epoch_ = 0;
};

}  // namespace greylag
