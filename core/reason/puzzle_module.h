// SPDX-License-Identifier: Apache-2.0
// What is F, the network that a puzzle reasoner applies again and again? A stack of post-norm
// blocks x <- rms(x + mix(x)); x <- rms(x + ff(x)) on LibTorch autograd, with one of three mixers
// (facts hrm.md 1.1, 1.10, 4.2).
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "core/model/puzzle_config.h"
#include "core/reason/puzzle_ops.h"

namespace greylag::reason {

using Parameters = std::map<std::string, at::Tensor>;  // by the names of puzzle_tensors()

// What the blocks of a model need beside weights; made once per model and device.
struct PuzzleTables {
  Rotary rotary;  // of attention with rotary positions
  // RWKV-7 mixer: per block the positions in reading order and the way back, [S' G] int64: place
  // t G + g holds the index p G + g of a tensor viewed as [B, S' G, D / G] (core/model/
  // puzzle_scan.h).
  struct Scan {
    at::Tensor there, back;
  };
  std::vector<Scan> scans;
};
PuzzleTables make_puzzle_tables(const PuzzleConfig& config, const at::TensorOptions& options);

// The weights of one module in the dtype of computation, cast once and used in every call of a
// segment. Borrows config and tables.
class PuzzleModule {
 public:
  // name: "F", "H" or "L". The casts are recorded when the gradient mode is on.
  PuzzleModule(const PuzzleConfig& config, const PuzzleTables& tables, const std::string& name,
               const Parameters& parameters, at::ScalarType compute);

  // x [B, S', D] -> [B, S', D], both in the dtype of computation.
  at::Tensor run(const at::Tensor& x) const;

 private:
  struct Block {
    Parameters mix, ff;  // by the last part of the name
  };
  at::Tensor mix(size_t index, const at::Tensor& x, at::Tensor* v_first) const;
  at::Tensor time_mix(size_t index, const at::Tensor& x, at::Tensor* v_first) const;
  at::Tensor feed_forward(size_t index, const at::Tensor& x) const;
  // Each branch of x [B, S', D] with mu [K, D], shifted in the block's reading order: K x [M, D].
  std::vector<at::Tensor> shift(size_t index, const at::Tensor& x, const at::Tensor& mu) const;
  // x of B S' rows -> [M, D] with the groups' rows in another order.
  at::Tensor reordered(const at::Tensor& x, const at::Tensor& order) const;

  const PuzzleConfig& config_;
  const PuzzleTables& tables_;
  std::vector<Block> blocks_;
};

}  // namespace greylag::reason
