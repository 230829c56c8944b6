// SPDX-License-Identifier: Apache-2.0
// y[m] = x[m] * scale[m]. Memory-bound and rare: a plain loop is as fast as any.
#include "gpu/cpu/check.h"
#include "gpu/cpu/thread_pool.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {

void scale_rows(Queue& queue, const TensorView& x, const TensorView& scale, const TensorView& y) {
  const int64_t width = x.shape[-1];
  check(y.elements() == x.elements(), "scale_rows: y has the shape of x");
  check(scale.elements() * width == x.elements(), "scale_rows: one factor per row");
  const float *in = x.f32(), *factor = scale.f32();
  float* out = y.f32();
  const int64_t rows = scale.elements();
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(rows, chunk_for(pool, rows, width), [=](int64_t begin, int64_t end, Scratch&) {
    for (int64_t m = begin; m < end; ++m) {
      for (int64_t c = 0; c < width; ++c) out[m * width + c] = in[m * width + c] * factor[m];
    }
  });
}

}  // namespace greylag::gpu::cpu
