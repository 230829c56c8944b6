// SPDX-License-Identifier: Apache-2.0
// y = (x - mean) / sqrt(var + eps) * weight + bias, per row.
#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {

void layer_norm(Queue& queue, const TensorView& x, const TensorView& weight, const TensorView& bias,
                float eps, const TensorView& y) {
  const int64_t width = x.shape[-1];
  check(weight.elements() == width && bias.elements() == width, "layer_norm: weight, bias are [C]");
  check(y.elements() == x.elements(), "layer_norm: y has the shape of x");
  const float *in = x.f32(), *scale = weight.f32(), *offset = bias.f32();
  float* out = y.f32();
  const int64_t rows = width == 0 ? 0 : x.elements() / width;
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(
      rows, chunk_for(pool, rows, width * 4), [=](int64_t begin, int64_t end, Scratch&) {
        for (int64_t m = begin; m < end; ++m) {
          cpu_kernels().layer_norm(in + m * width, scale, offset, eps, out + m * width, width);
        }
      });
}

}  // namespace greylag::gpu::cpu
