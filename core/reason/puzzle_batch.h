// SPDX-License-Identifier: Apache-2.0
// Puzzles as tensors, and what an answer to them is worth.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/puzzle/puzzle_set.h"

namespace greylag::reason {

// Of B puzzles. Rows are written one by one on the CPU and moved to a device whole.
struct PuzzleBatch {
  PuzzleBatch(int64_t batch, int64_t cells);
  // Row `row` becomes this example.
  void set(int64_t row, const PuzzleSet& set, int64_t example, int32_t puzzle_id);
  PuzzleBatch to(at::Device device) const;

  at::Tensor tokens;   // [B, S] int64
  at::Tensor targets;  // [B, S] int64, train::kNotLearned where not asked
  at::Tensor ids;      // [B] int64, rows of the puzzle embedding

 private:
  PuzzleBatch() = default;
};

// logits [B, S, V], targets [B, S]. The shares are over the cells asked.
struct Answers {
  at::Tensor exact;  // [B] bool: every cell asked is right
  at::Tensor cells;  // [B] f64: share of cells right
};
Answers judge(const at::Tensor& logits, const at::Tensor& targets);

}  // namespace greylag::reason
