// SPDX-License-Identifier: Apache-2.0
#include "core/reason/puzzle_ops.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/version.h>

#include <cmath>

namespace greylag::reason {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kNormEpsilon = 1e-5;
constexpr double kTheta = 1e4;

// With s = 1 / sqrt(mean(x^2) + eps) and y = s x: dx = s (dy - y mean(dy y)). Keeps y and s alone,
// and never makes an f32 copy of x.
struct RmsNormFunction : torch::autograd::Function<RmsNormFunction> {
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x) {
    const at::ScalarType wide = accumulation_type(x.scalar_type());
    const auto width = static_cast<double>(x.size(-1));
    const at::Tensor norm = at::linalg_vector_norm(x, 2, at::IntArrayRef{-1}, true, wide);
    const at::Tensor scale = norm.square().div_(width).add_(kNormEpsilon).rsqrt_();
    at::Tensor y = at::empty_like(x);
    at::mul_out(y, x, scale);
    ctx->save_for_backward({y, scale});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &y = saved[0], &scale = saved[1], &dy = grads[0];
    const auto width = static_cast<double>(y.size(-1));
    const at::Tensor along = (dy * y).sum({-1}, true, scale.scalar_type()).div_(width);
    at::Tensor dx = at::addcmul(dy, y, along.to(y.scalar_type()), -1.0);
    at::mul_out(dx, dx, scale);
    return {dx};
  }
};

at::Tensor rotated(const at::Tensor& x, const Rotary& rotary) {
  const int64_t half = x.size(-1) / 2;
  const at::Tensor wide = x.to(rotary.cosine.scalar_type());
  const at::Tensor turned = at::cat({-wide.narrow(-1, half, half), wide.narrow(-1, 0, half)}, -1);
  return (wide * rotary.cosine + turned * rotary.sine).to(x.scalar_type());
}

// q, k, v [B, H, P, N] -> softmax(q k^T / sqrt(N)) v.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v) {
#if TORCH_VERSION_MAJOR >= 2
  return at::scaled_dot_product_attention(q, k, v);  // never stores the weights of all pairs
#else
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  return at::matmul(at::softmax(at::matmul(q * scale, k.transpose(-2, -1)), -1), v);
#endif
}

}  // namespace

at::ScalarType accumulation_type(at::ScalarType dtype) {
  return dtype == at::kDouble ? at::kDouble : at::kFloat;
}

at::Tensor rms_norm(const at::Tensor& x) { return RmsNormFunction::apply(x); }

at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down) {
  const std::vector<at::Tensor> halves = at::linear(x, gate_up).chunk(2, -1);
  return at::linear(at::silu(halves[0]) * halves[1], down);
}

Rotary make_rotary(int64_t positions, int64_t head_size, const at::TensorOptions& options) {
  const at::TensorOptions exact = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor channel = at::arange(head_size / 2, exact);
  const at::Tensor frequency =
      at::exp(channel * (-2.0 * std::log(kTheta) / static_cast<double>(head_size)));
  const at::Tensor angle = at::outer(at::arange(positions, exact), frequency);
  const at::Tensor both = at::cat({angle, angle}, -1);
  return {both.cos().to(options), both.sin().to(options)};
}

at::Tensor attention(const at::Tensor& x, const at::Tensor& qkv, const at::Tensor& out,
                     int64_t heads, const Rotary& rotary) {
  const int64_t batch = x.size(0), positions = x.size(1), width = x.size(2);
  const at::Tensor all = at::linear(x, qkv).view({batch, positions, 3, heads, width / heads});
  const at::Tensor apart = all.permute({2, 0, 3, 1, 4});  // [3, B, H, P, N]
  at::Tensor q = apart.select(0, 0), k = apart.select(0, 1);
  if (rotary.cosine.defined()) {
    q = rotated(q, rotary);
    k = rotated(k, rotary);
  }
  const at::Tensor mixed = attend(q, k, apart.select(0, 2));
  return at::linear(mixed.transpose(1, 2).reshape({batch, positions, width}), out);
}

}  // namespace greylag::reason
