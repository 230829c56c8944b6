// SPDX-License-Identifier: Apache-2.0
// y[b, c, p] = x[b, p, c], in tiles of which both sides fit the first-level cache.
#include <algorithm>

#include "gpu/cpu/check.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

constexpr int64_t kTile = 16;

// Columns [begin, begin + kTile) of x [rows, columns], which become rows of y.
void transpose_columns(const float* x, int64_t rows, int64_t columns, int64_t begin, float* y) {
  const int64_t end = std::min(begin + kTile, columns);
  for (int64_t first = 0; first < rows; first += kTile) {
    const int64_t last = std::min(first + kTile, rows);
    for (int64_t c = begin; c < end; ++c) {
      for (int64_t r = first; r < last; ++r) y[c * rows + r] = x[r * columns + c];
    }
  }
}

}  // namespace

void transpose(Queue& queue, const TensorView& x, const TensorView& y) {
  check(x.shape.rank() == 3 && y.elements() == x.elements(),
        "transpose: x is [B, P, C], y [B, C, P]");
  const int64_t batch = x.shape[0], rows = x.shape[1], columns = x.shape[2];
  const int64_t strips = (columns + kTile - 1) / kTile, units = batch * strips;
  const float* in = x.f32();
  float* out = y.f32();
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(units, chunk_for(pool, units, rows * kTile * 2),
                    [=](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t unit = begin; unit < end; ++unit) {
                        const int64_t at = unit / strips * rows * columns;
                        transpose_columns(in + at, rows, columns, unit % strips * kTile, out + at);
                      }
                    });
}

}  // namespace greylag::gpu::cpu
