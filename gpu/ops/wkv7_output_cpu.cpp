// SPDX-License-Identifier: Apache-2.0
// y = (group_norm_H(y; eps 64e-5, weight, bias) + (sum_j r_j k_j r_k[h, j]) v) * g, head by head.
#include "gpu/cpu/check.h"
#include "gpu/ops/cpu_ops.h"
#include "gpu/ops/norm_cpu.h"

namespace greylag::gpu::cpu {
namespace {

constexpr double kGroupNormEps = 64e-5;

}  // namespace

void wkv7_output(Queue& queue, const TensorView& y, const TensorView& r, const TensorView& k,
                 const TensorView& v, const TensorView& g, const TensorView& weight,
                 const TensorView& bias, const TensorView& r_k) {
  check(r_k.shape.rank() >= 2, "wkv7_output: r_k is [H, N]");
  const int64_t n = r_k.shape[-1], width = r_k.elements(), heads = width / n;
  check(weight.elements() == width && bias.elements() == width, "wkv7_output: weights are [C]");
  for (const TensorView* view : {&r, &k, &v, &g}) {
    check(view->elements() == y.elements(), "wkv7_output: activations are [M, C]");
  }
  float* out = y.f32();
  const float *rs = r.f32(), *ks = k.f32(), *vs = v.f32(), *gs = g.f32();
  const float *scale = weight.f32(), *offset = bias.f32(), *bonus_weight = r_k.f32();
  const int64_t units = y.elements() / n;  // heads of all rows
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(units, chunk_for(pool, units, n * 8),
                    [=](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t unit = begin; unit < end; ++unit) {
                        const int64_t at = unit * n, of_width = unit % heads * n;
                        double sum = 0.0;
                        for (int64_t j = 0; j < n; ++j) {
                          sum += static_cast<double>(rs[at + j]) * static_cast<double>(ks[at + j]) *
                                 static_cast<double>(bonus_weight[of_width + j]);
                        }
                        const float bonus = static_cast<float>(sum);
                        const Moments norm = moments(out + at, n, kGroupNormEps);
                        for (int64_t j = 0; j < n; ++j) {
                          const float normal = (out[at + j] - norm.mean) * norm.inverse_deviation;
                          const float affine = normal * scale[of_width + j] + offset[of_width + j];
                          out[at + j] = (affine + bonus * vs[at + j]) * gs[at + j];
                        }
                      }
                    });
}

}  // namespace greylag::gpu::cpu
