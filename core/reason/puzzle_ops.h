// SPDX-License-Identifier: Apache-2.0
// The operations of a puzzle reasoner's blocks on LibTorch autograd, for any device and float
// dtype (facts hrm.md 1.1). Sums of norms and softmax are taken in f32, or f64 for f64 inputs.
// Errors: c10::Error on wrong shapes.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace greylag::reason {

// f32, or f64 where that is what `dtype` is.
at::ScalarType accumulation_type(at::ScalarType dtype);

// x / sqrt(mean(x^2) + 1e-5) over the last dimension, without a scale.
at::Tensor rms_norm(const at::Tensor& x);

// x [..., in], gate_up [2 I, in] (gate rows first), down [out, I] -> down(silu(gate x) * up x).
at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down);

// Angles of rotary positions 0 .. P - 1 for heads of `head_size`, theta 1e4.
struct Rotary {
  at::Tensor cosine, sine;  // [P, head_size], both halves alike; undefined = no positions
};
Rotary make_rotary(int64_t positions, int64_t head_size, const at::TensorOptions& options);

// Not causal. x [B, P, D], qkv [3 D, D] (all q heads, all k, all v), out [D, D] -> [B, P, D].
// Rotary pairs channel i with i + head_size / 2.
at::Tensor attention(const at::Tensor& x, const at::Tensor& qkv, const at::Tensor& out,
                     int64_t heads, const Rotary& rotary);

}  // namespace greylag::reason
