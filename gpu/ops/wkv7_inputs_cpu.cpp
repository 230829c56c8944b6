// SPDX-License-Identifier: Apache-2.0
// The elementwise part between the projections and wkv7, head by head:
//   d += w0;  alpha = sigmoid(a + a0);  v += (v_first - v) sigmoid(v_gate + v0)
//   kappa = l2_normalise(k k_k);  k *= 1 + (alpha - 1) k_a;  remove = -kappa;  replace = kappa
//   alpha
#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

void check_inputs(const OpTable::Wkv7Inputs& in) {
  const int64_t elements = in.d.elements(), width = in.k_k.elements();
  check(in.heads > 0 && width % in.heads == 0 && elements % width == 0,
        "wkv7_inputs: C is heads x N");
  for (const TensorView* view : {&in.a, &in.v, &in.k, &in.remove, &in.replace}) {
    check(view->elements() == elements, "wkv7_inputs: activations are [M, C]");
  }
  for (const TensorView* view : {&in.w0, &in.a0, &in.k_a}) {
    check(view->elements() == width, "wkv7_inputs: weights are [C]");
  }
  if (!in.v_first) return;
  check(in.v_first.elements() == elements && in.v_gate.elements() == elements &&
            in.v0.elements() == width,
        "wkv7_inputs: v_first, v_gate are [M, C], v0 is [C]");
}

}  // namespace

void wkv7_inputs(Queue& queue, const OpTable::Wkv7Inputs& in) {
  check_inputs(in);
  const int64_t n = in.k_k.elements() / in.heads;
  const int64_t units = in.d.elements() / n;  // heads of all rows
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(units, chunk_for(pool, units, n * 16),
                    [&in, n](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t unit = begin; unit < end; ++unit) {
                        const int64_t at = unit * n, of_width = unit % in.heads * n;
                        Wkv7HeadInputs head{.n = n,
                                            .d = in.d.f32() + at,
                                            .v = in.v.f32() + at,
                                            .k = in.k.f32() + at,
                                            .remove = in.remove.f32() + at,
                                            .replace = in.replace.f32() + at,
                                            .a = in.a.f32() + at,
                                            .w0 = in.w0.f32() + of_width,
                                            .a0 = in.a0.f32() + of_width,
                                            .k_k = in.k_k.f32() + of_width,
                                            .k_a = in.k_a.f32() + of_width};
                        if (in.v_first) {
                          head.v_gate = in.v_gate.f32() + at;
                          head.v_first = in.v_first.f32() + at;
                          head.v0 = in.v0.f32() + of_width;
                        }
                        cpu_kernels().wkv7_inputs(head);
                      }
                    });
}

}  // namespace greylag::gpu::cpu
