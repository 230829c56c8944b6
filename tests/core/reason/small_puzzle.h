// SPDX-License-Identifier: Apache-2.0
// Small puzzle reasoners and batches for tests.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "core/model/puzzle_config.h"
#include "core/reason/puzzle_autograd.h"

namespace greylag::reason {

// A 4 x 4 Sudoku net of the recipe, with few calls. Aborts when it cannot be.
PuzzleConfig small_config(const std::string& recipe, int64_t width = 64);

// Fresh weights with q.weight and puz.id.weight random too, so that everything gets a gradient.
// dtype kFloat or kDouble; every tensor but the start vectors requires a gradient.
PuzzleNet small_net(const PuzzleConfig& config, uint64_t seed, at::ScalarType dtype);

// [batch, 16] int64 tokens, and the rows of the puzzle embedding of those puzzles (all id 0).
at::Tensor some_tokens(int64_t batch, uint64_t seed);
at::Tensor puzzle_rows(const PuzzleNet& net, int64_t batch);

// One number that depends on every logit and both q.
at::Tensor some_loss(const PuzzleSegment& segment);

}  // namespace greylag::reason
