// SPDX-License-Identifier: Apache-2.0
// y = silu(gate) up, per row of gate and up side by side.
#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {

void swiglu(Queue& queue, const TensorView& gate_up, const TensorView& y) {
  const int64_t inner = y.shape[-1];
  check(gate_up.shape[-1] == 2 * inner && gate_up.elements() == 2 * y.elements(),
        "swiglu: gate_up is [M, 2 I], y [M, I]");
  const float* in = gate_up.f32();
  float* out = y.f32();
  const int64_t rows = inner == 0 ? 0 : y.elements() / inner;
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(rows, chunk_for(pool, rows, inner * 8),
                    [=](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t m = begin; m < end; ++m) {
                        const float* row = in + 2 * m * inner;
                        cpu_kernels().swiglu(row, row + inner, out + m * inner, inner);
                      }
                    });
}

}  // namespace greylag::gpu::cpu
