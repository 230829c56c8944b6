// SPDX-License-Identifier: Apache-2.0
// Puzzle reasoners as they cross a process border: which there are, a puzzle to solve, and what
// comes back after each segment. JSON keys are the field names. Routes: core/protocol/README.md.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace greylag::protocol {

struct ReasonModel {
  std::string id;  // file name without extension
  std::string path;
  std::string recipe;  // hrm-exact | trm | rwkv
  std::string task;    // sudoku | maze | arc
  std::string mixer;   // attention | mlp_t | rwkv7
  int64_t rows = 0, columns = 0, vocab = 0, width = 0;
  int64_t puzzle_ids = 0, parameters = 0;
  uint64_t size_bytes = 0;
  bool is_builtin = false;  // shipped with the program; cannot be deleted
  std::string problem;      // why it cannot be used, one sentence; empty when it can
};
struct ReasonModelList {
  std::vector<ReasonModel> models;
};

// One of puzzle and cells.
struct SolveRequest {
  std::string model;           // id; empty = the first that reads such a puzzle, the user's first
  std::string puzzle;          // "53..7....", or a maze line by line
  std::vector<int64_t> cells;  // tokens, row by row
  int64_t segments = 16;       // 1 to 128: the limit
  int64_t rollouts = 1;        // 1 to 64 candidates
  uint64_t seed = 0;           // of the candidates' noise
  int64_t puzzle_id = 0;       // row of the puzzle embedding
};

// After each segment, and once more at the end with is_last: then end is
//   "settled" (right, and it stays), "halted" (the net is sure), "segments" (the limit),
//   "cancelled" (the engine is stopping) or "failed" (error says why)
struct SolveEvent {
  std::string model;    // id
  int64_t segment = 0;  // 1 ..
  int64_t candidate = 0;
  std::vector<int64_t> cells;      // the answer; given cells as they were given
  std::string text;                // the answer, one row a line
  std::vector<double> confidence;  // per cell, what the net itself puts there, 0 to 1
  double q = 0;                    // halting logit
  double q_probability = 0;        // how sure the net is that the answer is right
  bool has_rules = false;          // the next two are known
  bool is_solved = false;
  int64_t violations = 0;          // cells that break a rule
  std::vector<int64_t> violated;   // which
  std::vector<int64_t> changed;    // cells against the event before; first: against the puzzle
  std::vector<int64_t> overruled;  // given cells where the net would put something else
  double seconds = 0;
  bool is_last = false;
  std::string end, error;
};

}  // namespace greylag::protocol
