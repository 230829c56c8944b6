// SPDX-License-Identifier: Apache-2.0
// Which operations exist? One function pointer per op; the contract of each is in gpu/ops/<op>.h.
// Symbols (gpu/ops/README.md): M rows (tokens of all sequences of a batch), C width, H heads,
// N head size 64, K inner and O outer size of a matrix, L layers. Activations are f32.
#pragma once

#include <cstdint>
#include <span>

#include "gpu/activation.h"
#include "gpu/device.h"
#include "gpu/tensor.h"

namespace greylag::gpu {

// Rows [row_begin, row_begin + row_count) of a batch are consecutive tokens of one sequence whose
// recurrent state is `slot` of the pool. Spans of a batch are disjoint, sorted and cover all rows;
// slots are distinct.
struct SequenceSpan {
  int32_t row_begin = 0;
  int32_t row_count = 0;
  int32_t slot = 0;
};

// One product of matmul.
struct Product {
  TensorView x;  // [M, K] f32
  TensorView w;  // [O, K] made by Device::upload_matrix: f32, f16, bf16 or a block format
  TensorView y;  // [M, O] f32, not x
  float scale = 1.0f;
  bool is_accumulating = false;  // y += ... instead of y = ...
  Activation after = Activation::None;
  bool is_sparse = false;  // many values of x are 0: leave them out where that is faster
};

struct OpTable {
  // y[m] = table[ids[m]] as f32.   ids: M host integers in [0, V); table [V, C]; y [M, C] f32.
  void (*embed)(Queue&, std::span<const int32_t> ids, const TensorView& table, const TensorView& y);

  // y = (x - mean) / sqrt(var + eps) * weight + bias per row.  x, y [M, C] f32 (y may be x);
  // weight, bias [C] f32.
  void (*layer_norm)(Queue&, const TensorView& x, const TensorView& weight, const TensorView& bias,
                     float eps, const TensorView& y);

  // y = x / sqrt(mean(x²) + eps) per row.  x, y [M, C] f32 (y may be x).
  void (*rms_norm)(Queue&, const TensorView& x, float eps, const TensorView& y);

  // y = terms[0] + terms[1] + ..., elementwise and in this order.  1 to 8 terms and y: f32 of one
  // number of elements; y may be a term.
  void (*add)(Queue&, std::span<const TensorView> terms, const TensorView& y);

  // y[m] = x[m] * scale[m].  x, y [M, C] f32 (y may be x); scale [M, 1] f32.
  void (*scale_rows)(Queue&, const TensorView& x, const TensorView& scale, const TensorView& y);

  // y[i][m] = n[m] + (n[m-1] - n[m]) * mix[i] for i < P, where n = layer_norm(x; weight, bias,
  // eps); n[-1] of a span is its shift state, which becomes the span's last n.  x [M, C]; weight,
  // bias [C]; mix [P, C]; shift [slots, L, C], entry (slot, layer); y [P, M, C]. P is 6 (time mix:
  // r w k v a g) or 1 (channel mix). Spans are those that share the norm; rows outside them are
  // left alone.
  void (*shift_mix)(Queue&, const TensorView& x, const TensorView& weight, const TensorView& bias,
                    float eps, const TensorView& mix, const TensorView& shift, int layer,
                    std::span<const SequenceSpan> spans, const TensorView& y);

  // y = after(scale * x Wᵀ (+ y)) for each of up to 8 products, which run together: none may read
  // what another writes. Block formats but NF4 may meet activations rounded to 16 bits, in
  // segments of 256 with a scale each; all else is f32. A row's summation order depends on K alone:
  // batch size, thread count and is_sparse change no bit.
  void (*matmul)(Queue&, std::span<const Product> products);

  // x = after(x), in place on f32 [any].
  void (*activate)(Queue&, const TensorView& x, Activation after);

  // From the projections to what the output matrix takes (facts 1.2); per row m and head h:
  //   w = exp(-e^{-1/2} sigmoid(d + w0));  alpha = sigmoid(a + a0)
  //   v += (v_first - v) * sigmoid(v_gate + v0)          unless v_first is null (layer 0)
  //   kappa = k k_k / max(|k k_k|, 1e-12);  k *= 1 + (alpha - 1) * k_a
  //   y = S r after the recurrence of gpu/ops/wkv7.h with remove = -kappa, replace = kappa * alpha
  //   y = (group_norm(y; eps 64e-5, ln_weight, ln_bias) + (sum_j r_j k_j r_k[h, j]) v) * g
  // r d k v a g, v_gate, v_first, y [M, C] f32, H heads of size N; only y (none of the others) and
  // state are written. w0 a0 v0 k_k k_a ln_weight ln_bias [C]; r_k [H, N]. state
  // [slots, L, H, N, N] (value, key), entry (slot, layer). Spans are those that share ln_weight and
  // ln_bias; rows outside them are left alone.
  struct Attend {
    TensorView r, d, k, v, a, g, v_gate, v_first;
    TensorView w0, a0, v0, k_k, k_a, r_k, ln_weight, ln_bias;
    TensorView state;
    int layer = 0;
    std::span<const SequenceSpan> spans;
    TensorView y;
  };
  void (*attend)(Queue&, const Attend&);
};

}  // namespace greylag::gpu
