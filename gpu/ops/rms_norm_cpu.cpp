// SPDX-License-Identifier: Apache-2.0
// y = x / sqrt(mean(x²) + eps), per row.
#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {

void rms_norm(Queue& queue, const TensorView& x, float eps, const TensorView& y) {
  const int64_t width = x.shape[-1];
  check(y.elements() == x.elements(), "rms_norm: y has the shape of x");
  const float* in = x.f32();
  float* out = y.f32();
  const int64_t rows = width == 0 ? 0 : x.elements() / width;
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(rows, chunk_for(pool, rows, width * 3),
                    [=](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t m = begin; m < end; ++m) {
                        cpu_kernels().rms_norm(in + m * width, eps, out + m * width, width);
                      }
                    });
}

}  // namespace greylag::gpu::cpu
