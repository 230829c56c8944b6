// SPDX-License-Identifier: Apache-2.0
// A puzzle reasoner on LibTorch autograd, for training (facts hrm.md 1.1 to 1.4, 1.10, 4.2). The
// inference of the same net is core/model/puzzle_net; tests/core/reason ties the two together.
// Works on the device of its parameters. f32 on the CPU; on CUDA weights stay f32 and are cast to
// bf16 at use, z is bf16, q is f32. One thread; LibTorch's own threads compute.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/model/puzzle_config.h"
#include "core/reason/puzzle_module.h"

namespace greylag::reason {

// Gradient windows of a segment: how many of its last calls are recorded.
inline constexpr int64_t kLastCycle = -1;  // T_L + 1 calls (TRM)
inline constexpr int64_t kOneStep = 2;     // the last L and the last H call (HRM)

// The latents of B puzzles, [B, S', D] each, without a graph.
struct PuzzleCarry {
  at::Tensor z_high, z_low;
};

struct PuzzleSegment {
  PuzzleCarry carry;  // for the next segment
  at::Tensor logits;  // [B, S, V] in the dtype of computation
  at::Tensor q;       // [B, 2] f32 (f64 for an f64 net): halt, continue
};

class PuzzleNet {
 public:
  // Every tensor of puzzle_tensors(config), all on one device and of one float dtype. BadFile: one
  // is missing or has another shape. InvalidArgument: the RWKV-7 mixer on a device that is not the
  // CPU or in another dtype than f32.
  // compute: what weights are cast to at use; none = bf16 on CUDA, else the parameters' own.
  static Result<PuzzleNet> create(const PuzzleConfig& config, Parameters parameters,
                                  std::optional<at::ScalarType> compute = std::nullopt);

  const PuzzleConfig& config() const { return config_; }
  const Parameters& parameters() const { return parameters_; }
  Parameters& parameters() { return parameters_; }
  const at::Tensor& at(const std::string& name) const { return parameters_.at(name); }
  at::Device device() const { return at("puz.emb.weight").device(); }
  at::ScalarType compute_type() const { return compute_; }

  // The start vectors at every position.
  PuzzleCarry start(int64_t batch) const;

  // One segment: all N_H (T_L + 1) calls, of which the last `grad_calls` are recorded when the
  // gradient mode is on. The input embedding is made with its graph, so that E, Pos and the puzzle
  // rows learn through the recorded L calls. tokens [B, S] int64; puzzle_rows [B, puzzle width],
  // rows of puz.id.weight.
  PuzzleSegment segment(const PuzzleCarry& carry, const at::Tensor& tokens,
                        const at::Tensor& puzzle_rows, int64_t grad_calls) const;

  // e [B, S', D] in the dtype of computation.
  at::Tensor embed(const at::Tensor& tokens, const at::Tensor& puzzle_rows) const;

 private:
  PuzzleNet(const PuzzleConfig& config, Parameters parameters, at::ScalarType compute);

  PuzzleConfig config_;
  Parameters parameters_;
  at::ScalarType compute_;
  PuzzleTables tables_;
};

}  // namespace greylag::reason
