// SPDX-License-Identifier: Apache-2.0
#include "core/infer/solve_progress.h"

#include <algorithm>
#include <cmath>

namespace greylag {

const char* solve_end_name(SolveEnd end) {
  switch (end) {
    case SolveEnd::Halted:
      return "halted";
    case SolveEnd::Settled:
      return "settled";
    case SolveEnd::Segments:
      return "segments";
    case SolveEnd::Cancelled:
      return "cancelled";
  }
  return "";
}

SolveProgress::SolveProgress(const Puzzle& puzzle, int64_t vocab, int64_t candidates,
                             int64_t segments)
    : puzzle_(puzzle),
      vocab_(static_cast<size_t>(vocab)),
      segments_(segments),
      candidates_(static_cast<size_t>(candidates)),
      shown_(puzzle.tokens) {}

void SolveProgress::read(Candidate& candidate, std::span<const float> logits, float q) const {
  const size_t cells = puzzle_.tokens.size();
  SolveStep step;
  step.q = q;
  step.q_probability = 1.0 / (1.0 + std::exp(-static_cast<double>(q)));
  for (size_t cell = 0; cell < cells; ++cell) {
    const std::span<const float> own = logits.subspan(cell * vocab_, vocab_);
    const auto best = std::ranges::max_element(own);
    double total = 0.0;
    for (const float logit : own) total += std::exp(static_cast<double>(logit - *best));
    auto token = static_cast<uint8_t>(best - own.begin());
    if (puzzle_.is_given[cell] && token != puzzle_.tokens[cell]) {
      step.overruled.push_back(cell);
      token = puzzle_.tokens[cell];
    }
    step.grid.push_back(token);
    step.confidence.push_back(static_cast<float>(1.0 / total));
  }
  if (puzzle_.violations) {
    step.has_rules = true;
    step.violated = puzzle_.violations(step.grid);
    step.is_solved = puzzle_.is_solution(step.grid);
  }
  candidate.sure_segments = q > 0.0f ? candidate.sure_segments + 1 : 0;
  candidate.is_unchanged = candidate.step.grid == step.grid;
  candidate.step = std::move(step);
}

bool SolveProgress::is_better(const Candidate& a, const Candidate& b) const {
  if (a.step.is_solved != b.step.is_solved) return a.step.is_solved;
  if (a.step.violated.size() != b.step.violated.size()) {
    return a.step.violated.size() < b.step.violated.size();
  }
  return a.step.q > b.step.q;
}

SolveStep SolveProgress::take(std::span<const float> logits, std::span<const float> q) {
  const size_t one = puzzle_.tokens.size() * vocab_;
  size_t best = 0;
  for (size_t k = 0; k < candidates_.size(); ++k) {
    read(candidates_[k], logits.subspan(k * one, one), q[2 * k]);
    if (is_better(candidates_[k], candidates_[best])) best = k;
  }
  const Candidate& chosen = candidates_[best];
  SolveStep step = chosen.step;
  step.segment = ++segment_;
  step.candidate = static_cast<int64_t>(best);
  for (size_t cell = 0; cell < shown_.size(); ++cell) {
    if (step.grid[cell] != shown_[cell]) step.changed.push_back(cell);
  }
  shown_ = step.grid;
  if (step.is_solved && (chosen.is_unchanged || candidates_.size() > 1)) {
    end_ = SolveEnd::Settled;
  } else if (chosen.sure_segments >= 2) {
    end_ = SolveEnd::Halted;
  } else if (segment_ >= segments_) {
    end_ = SolveEnd::Segments;
  }
  return step;
}

}  // namespace greylag
