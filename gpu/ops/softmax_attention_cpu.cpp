// SPDX-License-Identifier: Apache-2.0
// Attention of every position to all positions (formula: gpu/op_table.h). One head of one sequence
// is one piece of work, so that nothing depends on the number of threads or sequences.
#include <cmath>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {

void softmax_attention(Queue& queue, const TensorView& qkv, const TensorView& rotary, int64_t heads,
                       const TensorView& y) {
  check(qkv.shape.rank() == 3 && heads > 0, "softmax_attention: qkv is [B, P, 3 H N]");
  const int64_t batch = qkv.shape[0], positions = qkv.shape[1], width = qkv.shape[2] / 3;
  check(qkv.shape[2] == 3 * width && width % heads == 0 && width / heads % 2 == 0,
        "softmax_attention: a row is 3 times H heads of an even size N");
  check(y.elements() == batch * positions * width, "softmax_attention: y is [B, P, H N]");
  const int64_t n = width / heads;
  check(!rotary || rotary.elements() == positions * n,
        "softmax_attention: rotary is [2, P, N / 2]");
  if (positions == 0) return;
  SoftmaxHead head;
  head.positions = positions, head.n = n, head.stride = 3 * width, head.y_stride = width;
  head.rotary = rotary ? rotary.f32() : nullptr;
  head.scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(n)));
  const float* in = qkv.f32();
  float* out = y.f32();
  pool_of(queue).parallel_for(batch * heads, 1, [=](int64_t begin, int64_t end, Scratch& scratch) {
    SoftmaxHead now = head;
    now.scratch = scratch.floats(softmax_scratch(positions, n));
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t row = unit / heads * positions, column = unit % heads * n;
      now.q = in + row * now.stride + column;
      now.k = now.q + width;
      now.v = now.k + width;
      now.y = out + row * width + column;
      wkv7_kernels(n).softmax_head(now);
    }
  });
}

}  // namespace greylag::gpu::cpu
