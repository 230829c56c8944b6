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

  // y = silu(gate) up, where gate is the first half of a row and up the second; silu(x) = x
  // sigmoid(x).  gate_up [M, 2 I], y [M, I] f32, not overlapping.
  void (*swiglu)(Queue&, const TensorView& gate_up, const TensorView& y);

  // Attention of every position to all of its sequence (not causal), per head:
  //   y_m = sum_j softmax_j(q_m k_j / sqrt(N)) v_j
  // qkv [B, P, 3 H N]: of a row all q heads, all k heads, all v heads; y [B, P, H N]. rotary (may
  // be null) [2, P, N / 2], cos and sin of the angles by which the pairs (i, N / 2 + i) of q and k
  // are turned first.
  void (*softmax_attention)(Queue&, const TensorView& qkv, const TensorView& rotary, int64_t heads,
                            const TensorView& y);

  // y[b, c, p] = x[b, p, c].  x [B, P, C], y [B, C, P] f32, not overlapping.
  void (*transpose)(Queue&, const TensorView& x, const TensorView& y);

  // The channels are G equal groups, each of which reads the P positions of a sequence in its own
  // order (core/model/puzzle_scan.h). reorder: y[b, t] = x[b, from[g][t]] on the channels of group
  // g. ordered_shift_mix: y[i][b, p] = x[b, p] + (x[b, before[g][p]] - x[b, p]) * mix[i], with
  // zeros for x[b, -1].  x [B, P, C]; from, before [G, P] on the host; mix [Q, C]; y [B, P, C] or
  // [Q, B, P, C], not x.
  void (*reorder)(Queue&, const TensorView& x, std::span<const int32_t> from, const TensorView& y);
  void (*ordered_shift_mix)(Queue&, const TensorView& x, std::span<const int32_t> before,
                            const TensorView& mix, const TensorView& y);

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
