// SPDX-License-Identifier: Apache-2.0
// How far is a puzzle, and when is it done? Reads what a net says after each segment (facts hrm.md
// 4.2, "Inference"): of several candidates the one that breaks the fewest rules, then the one with
// the largest q. Knows no net.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/infer/puzzle_rules.h"

namespace greylag {

// Halted: q > 0 twice in a row. Settled: the answer keeps the rules and has not changed; with
// several candidates a right answer is taken at once, since noise may spoil it. Segments: the limit
// was reached. Cancelled: the caller said so.
enum class SolveEnd { Halted, Settled, Segments, Cancelled };
const char* solve_end_name(SolveEnd end);  // "halted", "settled", "segments", "cancelled"

// The answer after one segment.
struct SolveStep {
  int64_t segment = 0;            // 1 ..
  int64_t candidate = 0;          // whose answer it is
  std::vector<uint8_t> grid;      // [S] tokens; given cells as they were given
  std::vector<float> confidence;  // [S]: probability of what the net itself puts there
  float q = 0;                    // halting logit
  double q_probability = 0;       // sigmoid(q): how sure the net is that the answer is right
  bool has_rules = false;
  std::vector<size_t> violated;   // cells that break a rule
  bool is_solved = false;         // all rules are kept; false without rules
  std::vector<size_t> changed;    // against the step before; first: against the puzzle
  std::vector<size_t> overruled;  // given cells where the net would put something else
  double seconds = 0;             // since the start; the solver's to fill
};

class SolveProgress {
 public:
  // segments: the limit, at least 1. The puzzle must outlive it.
  SolveProgress(const Puzzle& puzzle, int64_t vocab, int64_t candidates, int64_t segments);

  // logits [K, S, V], q [K, 2] after the next segment.
  SolveStep take(std::span<const float> logits, std::span<const float> q);
  // Whether to stop after the last step.
  std::optional<SolveEnd> end() const { return end_; }

 private:
  struct Candidate {
    SolveStep step;
    int64_t sure_segments = 0;  // in a row with q > 0
    bool is_unchanged = false;
  };
  void read(Candidate& candidate, std::span<const float> logits, float q) const;
  bool is_better(const Candidate& a, const Candidate& b) const;

  const Puzzle& puzzle_;
  const size_t vocab_;
  const int64_t segments_;
  std::vector<Candidate> candidates_;
  std::vector<uint8_t> shown_;  // grid of the step before
  int64_t segment_ = 0;
  std::optional<SolveEnd> end_;
};

}  // namespace greylag
