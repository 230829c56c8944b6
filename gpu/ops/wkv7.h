// SPDX-License-Identifier: Apache-2.0
// The RWKV-7 recurrence, forward and backward, on the CPU in f32 (facts:
// rwkv7-and-training 1.2-1.4). Per head, state S [value, key]:
//   w_t = exp(-e^{-1/2} sigmoid(d_t))
//   sa_t = S_{t-1} a_t
//   S_t = S_{t-1} diag(w_t) + sa_t b_t^T + v_t k_t^T
//   y_t = S_t r_t
// The training form works on B equally long sequences, rows ordered [B, T, H, N]. Forward keeps S
// at every kWkv7Tile-th step; backward recomputes inside a tile and never divides by w.
#pragma once

#include <cstdint>

namespace greylag::gpu {

inline constexpr int64_t kHeadSize = 64;
inline constexpr int64_t kWkv7Tile = 16;

struct Wkv7Sizes {
  int64_t batch = 0, time = 0, heads = 0;  // any T >= 1; N = head_size
  int64_t head_size = kHeadSize;
  int64_t tiles() const { return (time + kWkv7Tile - 1) / kWkv7Tile; }
};

// All arrays f32 and contiguous. r d k v a b y: [B, T, H, N]. s0 (may be null = zero), s_end:
// [B, H, N, N]. tile_states (may be null): [B, H, tiles, N, N], S before each tile, for backward.
// threads: how many to use; the result does not depend on it.
void wkv7_forward(const Wkv7Sizes& sizes, const float* r, const float* d, const float* k,
                  const float* v, const float* a, const float* b, const float* s0, float* y,
                  float* s_end, float* tile_states, unsigned threads);

// dy [B, T, H, N]; ds_end (may be null = zero) [B, H, N, N]. Writes dr dd dk dv da db
// [B, T, H, N] and, when not null, ds0 [B, H, N, N].
void wkv7_backward(const Wkv7Sizes& sizes, const float* r, const float* d, const float* k,
                   const float* v, const float* a, const float* b, const float* tile_states,
                   const float* dy, const float* ds_end, float* dr, float* dd, float* dk, float* dv,
                   float* da, float* db, float* ds0, unsigned threads);

}  // namespace greylag::gpu
