// SPDX-License-Identifier: Apache-2.0
// How many puzzles does a reasoner solve, by the number of segments it may think? Every puzzle gets
// exactly as many segments as asked, whatever q says (facts hrm.md 1.5, 4.2 "Report").
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/puzzle/puzzle_set.h"
#include "core/reason/puzzle_autograd.h"

namespace greylag::reason {

struct EvaluationOptions {
  std::vector<int64_t> segments{1, 2, 4, 8, 16};  // in any order
  int64_t batch = 64;
  int64_t puzzles = 0;                        // spread evenly over the set; 0 = all
  std::function<bool()> is_interrupted = {};  // looked at between batches; may be empty
};

struct EvaluationRow {
  int64_t segments = 0;
  double exact = 0;  // share of puzzles with every asked cell right
  double cells = 0;  // share of asked cells right, mean over puzzles
};

struct Evaluation {
  int64_t puzzles = 0;  // fewer than asked when interrupted
  std::vector<EvaluationRow> rows;
  double mean_halt = 0;           // segment at which the halting rule first holds, else the last
  double halted_share = 0;        // puzzles for which it held
  double confident_share = 0;     // puzzles with q_halt > 0 after the last segment
  double confident_right = 0;     // share of those that are right; 0 when there are none
  double puzzles_per_second = 0;  // with the largest number of segments
};

// Rules of halting as in training: hrm-exact compares with q_continue, the others with 0.
Evaluation evaluate_puzzles(const PuzzleNet& net, const PuzzleSet& set,
                            const EvaluationOptions& options);

// As metrics.jsonl and `reason eval --json` show it.
nlohmann::json to_json(const Evaluation& evaluation);

}  // namespace greylag::reason
