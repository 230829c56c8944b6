// SPDX-License-Identifier: Apache-2.0
// The tensors of a loaded puzzle reasoner, immutable after load and shared by its nets. Matrices
// keep the file's dtype and lie in the device's own layout (Device::upload_matrix); vectors are
// f32. What is read row by row or on the host stays in rows.
#pragma once

#include <memory>
#include <vector>

#include "core/model/puzzle_config.h"
#include "gpu/device.h"

namespace greylag {

// The tensors that a block's mixer and feed-forward do not have are empty.
struct PuzzleBlock {
  struct SwiGlu {
    gpu::Tensor gate_up, down;  // [2 I, K], [K, I]
  };
  struct TimeMix {
    gpu::Tensor mix;                             // [6, D]: r w k v a g
    gpu::Tensor w0, a0, v0, k_k, k_a;            // [D]; v0 empty in block 0
    gpu::Tensor r_k;                             // [H, N]
    gpu::Tensor w1, a1, v1, g1;                  // [rank, D] (transposed from the file)
    gpu::Tensor w2, a2, v2, g2;                  // [D, rank] (transposed from the file)
    gpu::Tensor receptance, key, value, output;  // [D, D]
    gpu::Tensor ln_x_weight, ln_x_bias;          // [D]
  };
  struct ChannelMix {
    gpu::Tensor mix;         // [1, D]
    gpu::Tensor key, value;  // [4 D, D], [D, 4 D]
  };
  gpu::Tensor qkv, out;  // attention: [3 D, D], [D, D]
  SwiGlu mixer;          // mlp_t: K = S', I = I'
  TimeMix time_mix;
  SwiGlu feed_forward;  // swiglu: K = D
  ChannelMix channel_mix;
};

struct PuzzleWeights {
  PuzzleConfig config;
  gpu::Tensor embedding;                // [V, D] rows
  gpu::Tensor puzzles;                  // [ids, puzzle width] rows
  gpu::Tensor head;                     // [V, D]
  std::vector<float> positions;         // [S', D] on the host; empty without learned positions
  std::vector<float> z_high, z_low;     // [D] on the host: where z_H and z_L start
  std::vector<float> q_weight, q_bias;  // [2, D], [2] on the host: halt, continue
  std::vector<PuzzleBlock> high, low;   // the blocks of F_H and F_L; low alone when shared
  const std::vector<PuzzleBlock>& blocks(bool is_high) const {
    return is_high && !config.is_shared ? high : low;
  }

  // Ours and the published files alike. BadFile, NoSpace (memory).
  static Result<std::shared_ptr<const PuzzleWeights>> load(CheckpointReader& reader,
                                                           gpu::Device& device);
};

}  // namespace greylag
