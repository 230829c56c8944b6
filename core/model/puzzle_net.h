// SPDX-License-Identifier: Apache-2.0
// How does a puzzle reasoner think? Facts hrm.md 1.1-1.4 and 4.2. With D width, S' = prefix +
// cells, V tokens:
//   e = sqrt(D) [p; E(tokens)], or sqrt(D / 2) ([p; E(tokens)] + Pos)
//   a segment: the calls of Recursion, each z <- F(z + what is injected), where F is blocks
//     x <- rms(x + Mix(x));  x <- rms(x + FF(x));  rms(x) = x / sqrt(mean(x²) + 1e-5)
//   logits = z_H W_head^T of the cells;  q = W_q r + b_q with r = z_H at position 0, or its mean
// The recurrent state of the RWKV-7 mixer is zero at the start of every call of F; only z_H and z_L
// persist. Puzzles of a batch do not meet: each gets the bits that it gets alone.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/model/puzzle_weights.h"
#include "gpu/device.h"

namespace greylag {

// One thread at a time. The device and the queue must outlive it.
class PuzzleNet {
 public:
  PuzzleNet(std::shared_ptr<const PuzzleWeights> weights, gpu::Device& device, gpu::Queue& queue);
  ~PuzzleNet();
  PuzzleNet(const PuzzleNet&) = delete;
  PuzzleNet& operator=(const PuzzleNet&) = delete;

  const PuzzleConfig& config() const { return weights_->config; }
  int64_t batch() const { return batch_; }  // B; 0 before start

  // Takes up B puzzles, z_H and z_L at their starts. tokens [B, S] in [0, V), puzzle_ids [B].
  // InvalidArgument; throws std::bad_alloc.
  Status start(std::span<const uint8_t> tokens, std::span<const int32_t> puzzle_ids);

  // After start: z_H and z_L go through one segment.
  void run_segment();

  // What z_H says now: logits [B, S, V], q [B, 2] (halt, continue).
  void read(std::span<float> logits, std::span<float> q) const;

  // z_H and z_L, [B, S', D] each.
  void read_state(std::span<float> z_high, std::span<float> z_low) const;
  void write_state(std::span<const float> z_high, std::span<const float> z_low);

 private:
  struct Workspace;

  void encode(std::span<const int32_t> tokens, std::span<const int32_t> puzzle_ids);
  void run_module(bool is_high, const gpu::TensorView& x);
  void mix(const PuzzleBlock& block, int64_t number, const gpu::TensorView& x);
  void attention(const PuzzleBlock& block, const gpu::TensorView& x);
  void mixer_mlp(const PuzzleBlock& block, const gpu::TensorView& x);
  void time_mix(const PuzzleBlock::TimeMix& w, int64_t number, const gpu::TensorView& x);
  void feed_forward(const PuzzleBlock& block, int64_t number, const gpu::TensorView& x);

  std::shared_ptr<const PuzzleWeights> weights_;
  gpu::Device& device_;
  gpu::Queue& queue_;
  std::unique_ptr<Workspace> workspace_;
  int64_t batch_ = 0;
};

}  // namespace greylag
