// SPDX-License-Identifier: Apache-2.0
// In place, element by element: tanh(x), 1 / (1 + exp(-x)), max(x, 0)².
// exp and tanh are our own polynomials (kernels_body.h), within 3 ulp.
#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

constexpr int64_t kChunk = 16384;

void each(Queue& queue, const TensorView& x, void (*kernel)(float* x, int64_t n)) {
  float* values = x.f32();
  pool_of(queue).parallel_for(x.elements(), kChunk, [=](int64_t begin, int64_t end, Scratch&) {
    kernel(values + begin, end - begin);
  });
}

}  // namespace

void activate(Queue& queue, const TensorView& x, Activation after) {
  switch (after) {
    case Activation::None:
      return;
    case Activation::Tanh:
      return each(queue, x, cpu_kernels().tanh);
    case Activation::Sigmoid:
      return each(queue, x, cpu_kernels().sigmoid);
    case Activation::ReluSquared:
      return each(queue, x, cpu_kernels().relu_squared);
  }
}

}  // namespace greylag::gpu::cpu
