// SPDX-License-Identifier: Apache-2.0
// Which reasoner does a person ask for? A recipe and what parts from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/model/puzzle_config.h"

namespace greylag::reason {

struct ModelOptions {
  std::string recipe = "trm";
  int64_t width = 0;  // 0 = the recipe's
  std::optional<int64_t> heads, blocks, h_cycles, l_cycles;
  std::string mixer, scan, feed_forward;  // as in files; empty = the recipe's
};

// What the puzzles say about the model.
struct PuzzleKind {
  std::string task = "sudoku";
  int64_t rows = 9, columns = 9;
  int64_t vocab = 11;
  int64_t puzzle_ids = 1;
};

// InvalidArgument names the option.
Result<PuzzleConfig> make_model(const ModelOptions& options, const PuzzleKind& kind);

}  // namespace greylag::reason
