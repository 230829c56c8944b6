// SPDX-License-Identifier: Apache-2.0
// The elementwise parts of an RWKV-7 block for training, forward and backward, fused so that each
// activation crosses memory once (formulas: facts rwkv7-and-training 1.2 and 1.4). Plain f32 loops
// over rows [begin, end) of one thread's share; no LibTorch here.
// M = B T rows of width C = H N, row-major. Parameter gradients are added to the caller's sums,
// so a caller that gives each fixed block of rows its own sums gets a result that does not depend
// on the number of threads. A null parameter-gradient pointer means: not wanted.
#pragma once

#include <cstdint>

namespace greylag::gpu {

struct RowRange {
  int64_t begin = 0, end = 0;
};

// out[j][m] = x[m] + (x[m-1] - x[m]) mu[j]; x[m-1] is zero at the start of a sequence (m % T == 0).
struct TokenShift {
  int64_t time = 0, width = 0, branches = 0;  // T, C, K
  const float* x = nullptr;                   // [M, C]
  const float* mu = nullptr;                  // [K, C]
};
// out: K arrays [M, C].
void token_shift_forward(const TokenShift& op, RowRange range, float* const* out);
// grad: K arrays [M, C]. dx [M, C] is written; dmu [K, C] is added to.
void token_shift_backward(const TokenShift& op, RowRange range, const float* const* grad, float* dx,
                          float* dmu);

// kappa = l2norm_per_head(k k_k); k_out = k (1 + (alpha - 1) k_a); a = -kappa; b = kappa alpha.
struct KeyPrep {
  int64_t width = 0, head_size = 0;            // C, N
  const float *k = nullptr, *alpha = nullptr;  // [M, C]
  const float *k_k = nullptr, *k_a = nullptr;  // [C]
};
void key_prep_forward(const KeyPrep& op, RowRange range, float* k_out, float* a, float* b);
// dk, dalpha [M, C] are written; dk_k, dk_a [C] are added to.
void key_prep_backward(const KeyPrep& op, RowRange range, const float* dk_out, const float* da,
                       const float* db, float* dk, float* dalpha, float* dk_k, float* dk_a);

// out = (groupnorm_per_head(y) ln_w + ln_b + (sum_j r_j k_j r_k_j) v) gate
struct HeadOut {
  int64_t width = 0, head_size = 0;
  float epsilon = 0;                                                                    // 1e-5 N
  const float *y = nullptr, *r = nullptr, *k = nullptr, *v = nullptr, *gate = nullptr;  // [M, C]
  const float *r_k = nullptr, *ln_w = nullptr, *ln_b = nullptr;                         // [C]
};
void head_out_forward(const HeadOut& op, RowRange range, float* out);
struct HeadOutGrads {
  float *y = nullptr, *r = nullptr, *k = nullptr, *v = nullptr, *gate = nullptr;  // written
  float *r_k = nullptr, *ln_w = nullptr, *ln_b = nullptr;                         // added to
};
void head_out_backward(const HeadOut& op, RowRange range, const float* dout,
                       const HeadOutGrads& grads);

// out = v + (v_first - v) gate, n elements; and its backward.
void value_mix_forward(int64_t n, const float* v, const float* v_first, const float* gate,
                       float* out);
void value_mix_backward(int64_t n, const float* v, const float* v_first, const float* gate,
                        const float* dout, float* dv, float* dv_first, float* dgate);

// out = relu(x)^2; dx = 2 relu(x) dout. n elements.
void relu_squared_forward(int64_t n, const float* x, float* out);
void relu_squared_backward(int64_t n, const float* x, const float* dout, float* dx);

// Decoupled Adam, n elements: g = grad_scale grad; m, v moments; step_size = lr / (1 - beta1^t);
// w = w (1 - decay) - step_size m / (sqrt(v / second_correction) + epsilon).
struct AdamStep {
  float beta1 = 0.9f, beta2 = 0.99f, epsilon = 1e-8f;
  float grad_scale = 1, step_size = 0, second_correction = 1, decay = 0;
};
void adam_update(const AdamStep& step, int64_t n, const float* grad, float* m, float* v, float* w);
// The same with w = w (1 - decay) - step_size atan2(m, sqrt(v / second_correction)) (facts hrm.md
// 1.7); epsilon is not used. The arc tangent is within 1e-7 of the true one.
void adam_atan2_update(const AdamStep& step, int64_t n, const float* grad, float* m, float* v,
                       float* w);

// Sum of squares of n elements, added in double.
double sum_of_squares(int64_t n, const float* x);

}  // namespace greylag::gpu
