// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_evaluation.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>

#include "core/reason/puzzle_batch.h"

namespace greylag::reason {

namespace {

// Sums over puzzles.
struct Sums {
  std::vector<double> exact, cells;  // by place in options.segments
  double halt = 0, halted = 0, confident = 0, confident_right = 0;
};

double sum_of(const at::Tensor& tensor) { return tensor.to(at::kDouble).sum().item<double>(); }

void add_batch(const PuzzleNet& net, const PuzzleBatch& batch, int64_t last,
               const std::vector<int64_t>& wanted, Sums& sums) {
  const int64_t count = batch.tokens.size(0);
  const bool has_continue = net.config().recipe == "hrm-exact";
  const at::Tensor rows = at::embedding(net.at("puz.id.weight"), batch.ids);
  at::Tensor halt = at::full({count}, last, batch.ids.options());
  at::Tensor is_halted = at::zeros({count}, batch.ids.options().dtype(at::kBool));
  PuzzleCarry carry = net.start(count);
  for (int64_t segment = 1; segment <= last; ++segment) {
    const PuzzleSegment out = net.segment(carry, batch.tokens, rows, 0);
    carry = out.carry;
    const at::Tensor q_halt = out.q.select(1, 0);
    const at::Tensor halts = has_continue ? q_halt > out.q.select(1, 1) : q_halt > 0;
    const at::Tensor is_first = halts.logical_and(is_halted.logical_not());
    halt = at::where(is_first, at::full_like(halt, segment), halt);
    is_halted = is_halted.logical_or(halts);
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), segment) != wanted.end();
    if (!is_wanted && segment != last) continue;
    const Answers answers = judge(out.logits, batch.targets);
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] != segment) continue;
      sums.exact[i] += sum_of(answers.exact);
      sums.cells[i] += sum_of(answers.cells);
    }
    if (segment != last) continue;
    const at::Tensor is_confident = q_halt > 0;
    sums.confident += sum_of(is_confident);
    sums.confident_right += sum_of(is_confident.logical_and(answers.exact));
  }
  sums.halt += sum_of(halt);
  sums.halted += sum_of(is_halted);
}

}  // namespace

Evaluation evaluate_puzzles(const PuzzleNet& net, const PuzzleSet& set,
                            const EvaluationOptions& options) {
  const at::NoGradGuard no_grad;
  const auto start = std::chrono::steady_clock::now();
  std::vector<int32_t> puzzle_id(static_cast<size_t>(set.examples()));
  for (size_t p = 0; p < set.ids.size(); ++p) {
    std::fill(puzzle_id.begin() + set.puzzle_starts[p],
              puzzle_id.begin() + set.puzzle_starts[p + 1], set.ids[p]);
  }
  const int64_t all = set.examples();
  const int64_t count = options.puzzles > 0 ? std::min(options.puzzles, all) : all;
  const int64_t last = *std::max_element(options.segments.begin(), options.segments.end());
  Sums sums;
  sums.exact.resize(options.segments.size());
  sums.cells.resize(options.segments.size());
  Evaluation out;
  while (out.puzzles < count && !(options.is_interrupted && options.is_interrupted())) {
    const int64_t size = std::min(options.batch, count - out.puzzles);
    PuzzleBatch batch(size, set.cells());
    for (int64_t i = 0; i < size; ++i) {
      const int64_t example = (out.puzzles + i) * all / count;
      batch.set(i, set, example, puzzle_id[static_cast<size_t>(example)]);
    }
    add_batch(net, batch.to(net.device()), last, options.segments, sums);
    out.puzzles += size;
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start);
  const double puzzles = static_cast<double>(std::max<int64_t>(1, out.puzzles));
  for (size_t i = 0; i < options.segments.size(); ++i) {
    out.rows.push_back({.segments = options.segments[i],
                        .exact = sums.exact[i] / puzzles,
                        .cells = sums.cells[i] / puzzles});
  }
  out.mean_halt = sums.halt / puzzles;
  out.halted_share = sums.halted / puzzles;
  out.confident_share = sums.confident / puzzles;
  out.confident_right = sums.confident > 0 ? sums.confident_right / sums.confident : 0;
  out.puzzles_per_second = static_cast<double>(out.puzzles) / std::max(1e-9, seconds.count());
  return out;
}

nlohmann::json to_json(const Evaluation& e) {
  nlohmann::json rows = nlohmann::json::array();
  for (const EvaluationRow& row : e.rows) {
    rows.push_back({{"segments", row.segments}, {"exact", row.exact}, {"cells", row.cells}});
  }
  return {{"puzzles", e.puzzles},
          {"by_segments", rows},
          {"mean_halt", e.mean_halt},
          {"halted_share", e.halted_share},
          {"confident_share", e.confident_share},
          {"confident_right", e.confident_right},
          {"puzzles_per_second", e.puzzles_per_second}};
}

}  // namespace greylag::reason
