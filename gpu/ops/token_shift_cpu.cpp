// SPDX-License-Identifier: Apache-2.0
// y[i][m] = x[m] + (x[m-1] - x[m]) * mix[i]; x[-1] of a span is its shift state, which becomes the
// span's last x.
#include <algorithm>

#include "gpu/cpu/check.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

void shift_row(const float* x, const float* previous, const float* mix, int64_t mixes,
               int64_t width, float* y, int64_t y_step) {
  for (int64_t i = 0; i < mixes; ++i) {
    const float* mu = mix + i * width;
    float* out = y + i * y_step;
    for (int64_t c = 0; c < width; ++c) out[c] = x[c] + (previous[c] - x[c]) * mu[c];
  }
}

}  // namespace

void token_shift(Queue& queue, const TensorView& x, const TensorView& mix, const TensorView& shift,
                 int layer, std::span<const SequenceSpan> spans, const TensorView& y) {
  const int64_t width = x.shape[-1], mixes = mix.elements() / width;
  const int64_t rows = x.elements() / width;
  check(y.elements() == mixes * rows * width, "token_shift: y is [P, M, C]");
  check(shift.shape.rank() == 3 && shift.shape[2] == width, "token_shift: shift is [slots, L, C]");
  check(layer >= 0 && layer < shift.shape[1], "token_shift: layer outside the state");
  const float *in = x.f32(), *mu = mix.f32();
  float *state = shift.f32(), *out = y.f32();
  const int64_t slot_step = shift.shape[1] * width;
  ThreadPool& pool = pool_of(queue);
  for (const SequenceSpan& span : spans) {
    check(span.row_begin >= 0 && span.row_begin + span.row_count <= rows && span.slot >= 0 &&
              span.slot < shift.shape[0],
          "token_shift: span outside the batch or the pool");
    if (span.row_count == 0) continue;
    float* carried = state + span.slot * slot_step + layer * width;
    const int64_t first = span.row_begin;
    pool.parallel_for(span.row_count, chunk_for(pool, span.row_count, mixes * width),
                      [=](int64_t begin, int64_t end, Scratch&) {
                        for (int64_t t = begin; t < end; ++t) {
                          const float* row = in + (first + t) * width;
                          shift_row(row, t == 0 ? carried : row - width, mu, mixes, width,
                                    out + (first + t) * width, rows * width);
                        }
                      });
    std::copy_n(in + (first + span.row_count - 1) * width, width, carried);
  }
}

}  // namespace greylag::gpu::cpu
