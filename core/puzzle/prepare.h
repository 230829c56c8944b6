// SPDX-License-Identifier: Apache-2.0
// How does a folder of puzzles for the reasoner come about? Sudokus and mazes are generated or
// taken from CSV files, ARC tasks from their folders; the result is saved as puzzle_set.h lays it
// out, with identifiers.json (the name of each puzzle id) beside train/ and test/. No test puzzle
// can be turned into a training puzzle.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/base/result.h"

namespace greylag {

struct PrepareOptions {
  std::string task = "sudoku";  // sudoku | maze | arc
  int64_t size = 0;             // rows: Sudoku 4, 6 or 9, maze 5 to 200; 0 = 9 and 30
  int64_t count = 1000;         // training puzzles, before augmentation; 0 = all of a CSV file
  int64_t test_count = 1000;    // test puzzles; 0 = all of test_source
  int64_t augmentations = 0;    // more versions of each training puzzle; of a maze at most 7
  int64_t clues = 0;            // generated Sudokus have at most so many; 0 = no clue too many
  int64_t min_rating = 0;       // Sudokus: guesses (sudoku_solver.h), or the CSV file's rating
  int64_t min_path = -1;        // generated mazes: more steps than this; -1 = by size
  double braid = 0;             // generated mazes: share of dead ends opened
  std::filesystem::path source = {};  // CSV file of puzzle_csv.h, or ARC's folder that holds
                                      // training/ and evaluation/; empty: generate
  std::filesystem::path test_source =
      {};  // CSV file of test puzzles; empty: they come from `source`
  uint64_t seed = 1;
};

struct PrepareReport {
  int64_t train_groups = 0, train_examples = 0;
  int64_t test_groups = 0, test_examples = 0;
  int64_t dropped = 0;     // from files: left out because they would be on both sides
  double mean_clues = 0;   // Sudokus of training, before augmentation
  double mean_rating = 0;  // likewise
  double mean_steps = 0;   // mazes of training: from start to goal
};

// done of total (puzzles, or bytes read); false stops: Cancelled, nothing is saved.
using PrepareProgress = std::function<bool(int64_t done, int64_t total)>;

// One thread; the same options give the same files. Errors: InvalidArgument (an option, or puzzles
// that do not come up), NotFound, BadFile (name the file and place), TooLarge, Cancelled, NoSpace.
// What stood in the folder is replaced file by file.
Result<PrepareReport> prepare_puzzles(const PrepareOptions& options,
                                      const std::filesystem::path& folder,
                                      const PrepareProgress& progress = {});

}  // namespace greylag
