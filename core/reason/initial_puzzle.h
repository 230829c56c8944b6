// SPDX-License-Identifier: Apache-2.0
// How does a fresh puzzle reasoner start (facts hrm.md 1.2, 1.3, 4.2)? Matrices are LeCun truncated
// normal, token and position embeddings truncated normal of std 1 / sqrt(D), puzzle embeddings and
// q.weight 0, q.bias -5, the start vectors truncated normal of std 1; the vectors and low-rank
// matrices of the RWKV-7 mixer by rwkv7-and-training 2.1 with L = blocks.
#pragma once

#include <cstdint>

#include "core/model/puzzle_config.h"
#include "core/reason/puzzle_module.h"

namespace greylag::reason {

// f32 on the CPU. A function of the config and the seed: each tensor draws from a stream of its
// own, which is its place in puzzle_tensors().
Parameters initial_puzzle(const PuzzleConfig& config, uint64_t seed);

}  // namespace greylag::reason
