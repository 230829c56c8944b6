// SPDX-License-Identifier: Apache-2.0
// The parts of an RWKV-7 block as LibTorch autograd functions over our own forward and backward
// loops (f32, CPU). Shapes: B batch, T time, M = B T, C = H N width, N head size. Inputs may be
// any layout; they are made contiguous. A parameter that does not require a gradient costs none.
// The results do not depend on the number of threads. Errors: c10::Error on a wrong shape or dtype.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

namespace greylag::gpu {

// x [B, T, C], mu [K, C] -> K tensors [M, C]: x + (x_before - x) mu of each branch. K <= 6.
std::vector<at::Tensor> token_shift(const at::Tensor& x, const at::Tensor& mu);

// k, alpha [M, C]; k_k, k_a [C] -> {k (1 + (alpha - 1) k_a), a = -kappa, b = kappa alpha}, [M, C].
std::array<at::Tensor, 3> key_prep(const at::Tensor& k, const at::Tensor& alpha,
                                   const at::Tensor& k_k, const at::Tensor& k_a, int64_t head_size);

// v, v_first, gate [M, C] -> v + (v_first - v) gate.
at::Tensor value_mix(const at::Tensor& v, const at::Tensor& v_first, const at::Tensor& gate);

// The recurrence of gpu/ops/wkv7.h. r d k v a b [M, C]; initial: undefined (zero) or
// [B, H, N, N] (value, key), which gets a gradient. Returns {y [M, C], s_end [B, H, N, N]}.
std::array<at::Tensor, 2> wkv7(int64_t batch, int64_t head_size, const at::Tensor& r,
                               const at::Tensor& d, const at::Tensor& k, const at::Tensor& v,
                               const at::Tensor& a, const at::Tensor& b, const at::Tensor& initial);

// y r k v gate [M, C]; r_k, ln_w, ln_b [C] -> (groupnorm(y) ln_w + ln_b + bonus v) gate, [M, C].
struct HeadOutInputs {
  at::Tensor y, r, k, v, gate, r_k, ln_w, ln_b;
};
at::Tensor head_out(const HeadOutInputs& in, int64_t head_size, double epsilon);

// relu(x)^2, any shape.
at::Tensor relu_squared(const at::Tensor& x);

}  // namespace greylag::gpu
