// SPDX-License-Identifier: Apache-2.0
// The recurrence on the CPU, in the symbols of wkv7.h:
//   w_t = exp(-e^{-1/2} sigmoid(d_t));  sa_t = S_{t-1} a_t
//   S_t = S_{t-1} diag(w_t) + sa_t b_tᵀ + v_t k_tᵀ;  y_t = S_t r_t
// One head of one sequence is one piece of work; time goes tile by tile. Backward, per tile: the
// forward is run again from the tile's saved S, rows of S at a time, and every S of the tile kept.
#include <algorithm>

#include "gpu/cpu/kernels.h"
#include "gpu/cpu/thread_pool.h"
#include "gpu/ops/wkv7.h"

namespace greylag::gpu {
namespace {

// Pointers to [T, H, N] arrays of one sequence, moved to one head.
struct HeadArrays {
  const float *r, *d, *k, *v, *a, *b;
  HeadArrays at(int64_t offset) const {
    return {r + offset, d + offset, k + offset, v + offset, a + offset, b + offset};
  }
};

// Steps [0, time) of one head; s [n, n] in place; calls keep(tile) with s as it is before each
// tile.
template <class Keep>
void forward_head(const HeadArrays& in, int64_t time, int64_t n, int64_t stride, float* y, float* s,
                  Scratch& scratch, Keep&& keep) {
  const CpuKernels& kernels = wkv7_kernels(n);
  float* w = scratch.floats(kWkv7Tile * n);
  for (int64_t begin = 0; begin < time; begin += kWkv7Tile) {
    keep(begin / kWkv7Tile);
    const int64_t steps = std::min(kWkv7Tile, time - begin);
    const HeadArrays now = in.at(begin * stride);
    for (int64_t t = 0; t < steps; ++t) {
      kernels.wkv7_decay(now.d + t * stride, w + t * n, nullptr, n);
    }
    kernels.wkv7_steps({.steps = steps,
                        .n = n,
                        .stride = stride,
                        .r = now.r,
                        .w = w,
                        .k = now.k,
                        .v = now.v,
                        .a = now.a,
                        .b = now.b,
                        .y = y + begin * stride,
                        .s = s});
  }
}

struct HeadGradients {
  float *dr, *dd, *dk, *dv, *da, *db;
  HeadGradients at(int64_t offset) const {
    return {dr + offset, dd + offset, dk + offset, dv + offset, da + offset, db + offset};
  }
};

// Scratch of one head, backward: G, w, dw/dd, dw, and the kernel's.
int64_t gradient_floats(int64_t n) { return n * n + 3 * kWkv7Tile * n + wkv7_gradient_scratch(n); }

// One tile of one head; g: dL/dS after the tile in, before it out.
void backward_tile(const HeadArrays& in, int64_t steps, int64_t n, int64_t stride, const float* s,
                   const float* dy, float* g, const HeadGradients& out) {
  const CpuKernels& kernels = wkv7_kernels(n);
  float* w = g + n * n;
  float* dw_dd = w + kWkv7Tile * n;
  float* dw = dw_dd + kWkv7Tile * n;
  for (int64_t t = 0; t < steps; ++t) {
    kernels.wkv7_decay(in.d + t * stride, w + t * n, dw_dd + t * n, n);
    for (float* gradient : {out.dr, out.dk, out.dv, out.da, out.db}) {
      std::fill_n(gradient + t * stride, n, 0.0f);
    }
  }
  std::fill_n(dw, steps * n, 0.0f);
  kernels.wkv7_tile_gradient({.steps = steps,
                              .n = n,
                              .stride = stride,
                              .r = in.r,
                              .w = w,
                              .k = in.k,
                              .v = in.v,
                              .a = in.a,
                              .b = in.b,
                              .s = s,
                              .dy = dy,
                              .g = g,
                              .dr = out.dr,
                              .dk = out.dk,
                              .dv = out.dv,
                              .da = out.da,
                              .db = out.db,
                              .dw = dw,
                              .scratch = dw + kWkv7Tile * n});
  for (int64_t t = 0; t < steps; ++t) {
    for (int64_t j = 0; j < n; ++j) out.dd[t * stride + j] = dw[t * n + j] * dw_dd[t * n + j];
  }
}

// As many threads as there is work for: below about 2^20 multiplications starting them costs more.
unsigned useful_threads(const Wkv7Sizes& p, unsigned threads) {
  const int64_t heads = p.batch * p.heads;
  const int64_t work = heads * p.time * p.head_size * p.head_size * 5;
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  const int64_t useful = std::min(heads, work >> 20);
  return static_cast<unsigned>(std::clamp<int64_t>(useful, 1, static_cast<int64_t>(threads)));
}

}  // namespace

void wkv7_forward(const Wkv7Sizes& sizes, const float* r, const float* d, const float* k,
                  const float* v, const float* a, const float* b, const float* s0, float* y,
                  float* s_end, float* tile_states, unsigned threads) {
  const int64_t n = sizes.head_size, state = n * n, stride = sizes.heads * n;
  const HeadArrays all{r, d, k, v, a, b};
  ThreadPool pool(useful_threads(sizes, threads));
  pool.parallel_for(
      sizes.batch * sizes.heads, 1, [&](int64_t begin, int64_t end, Scratch& scratch) {
        for (int64_t head = begin; head < end; ++head) {
          const int64_t at = head / sizes.heads * sizes.time * stride + head % sizes.heads * n;
          float* s = s_end + head * state;
          if (s0 != nullptr) {
            std::copy_n(s0 + head * state, state, s);
          } else {
            std::fill_n(s, state, 0.0f);
          }
          forward_head(all.at(at), sizes.time, n, stride, y + at, s, scratch, [&](int64_t tile) {
            if (tile_states == nullptr) return;
            std::copy_n(s, state, tile_states + (head * sizes.tiles() + tile) * state);
          });
        }
      });
}

void wkv7_backward(const Wkv7Sizes& sizes, const float* r, const float* d, const float* k,
                   const float* v, const float* a, const float* b, const float* tile_states,
                   const float* dy, const float* ds_end, float* dr, float* dd, float* dk, float* dv,
                   float* da, float* db, float* ds0, unsigned threads) {
  const int64_t n = sizes.head_size, state = n * n, stride = sizes.heads * n;
  const HeadArrays all{r, d, k, v, a, b};
  const HeadGradients out{dr, dd, dk, dv, da, db};
  ThreadPool pool(useful_threads(sizes, threads));
  pool.parallel_for(
      sizes.batch * sizes.heads, 1, [&](int64_t begin, int64_t end, Scratch& scratch) {
        float* g = scratch.floats(gradient_floats(n));
        for (int64_t head = begin; head < end; ++head) {
          const int64_t at = head / sizes.heads * sizes.time * stride + head % sizes.heads * n;
          if (ds_end != nullptr) {
            std::copy_n(ds_end + head * state, state, g);
          } else {
            std::fill_n(g, state, 0.0f);
          }
          for (int64_t tile = sizes.tiles() - 1; tile >= 0; --tile) {
            const int64_t first = tile * kWkv7Tile, offset = at + first * stride;
            backward_tile(all.at(offset), std::min(kWkv7Tile, sizes.time - first), n, stride,
                          tile_states + (head * sizes.tiles() + tile) * state, dy + offset, g,
                          out.at(offset));
          }
          if (ds0 != nullptr) std::copy_n(g, state, ds0 + head * state);
        }
      });
}

}  // namespace greylag::gpu
