// SPDX-License-Identifier: Apache-2.0
#include "gpu/torch/block_loops.h"

#include <algorithm>
#include <cmath>

// One clone per instruction set, chosen when the program starts. Elsewhere the compiler's baseline
// (NEON on ARM64) is used.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define GREYLAG_CLONES \
  __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define GREYLAG_CLONES
#endif

namespace greylag::gpu {

namespace {
constexpr float kSmallestNorm = 1e-12f;
}

GREYLAG_CLONES
void token_shift_forward(const TokenShift& op, RowRange range, float* const* out) {
  const int64_t width = op.width;
  for (int64_t m = range.begin; m < range.end; ++m) {
    const float* now = op.x + m * width;
    const bool is_first = m % op.time == 0;
    const float* before = is_first ? now : now - width;
    const float carried = is_first ? 0.0f : 1.0f;
    for (int64_t j = 0; j < op.branches; ++j) {
      const float* mu = op.mu + j * width;
      float* to = out[j] + m * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) to[c] = now[c] + (carried * before[c] - now[c]) * mu[c];
    }
  }
}

GREYLAG_CLONES
void token_shift_backward(const TokenShift& op, RowRange range, const float* const* grad, float* dx,
                          float* dmu) {
  const int64_t width = op.width;
  for (int64_t m = range.begin; m < range.end; ++m) {
    const float* now = op.x + m * width;
    const bool is_first = m % op.time == 0;
    const bool is_last = (m + 1) % op.time == 0;
    const float* before = is_first ? now : now - width;
    const float carried = is_first ? 0.0f : 1.0f;
    const float passed = is_last ? 0.0f : 1.0f;
    const int64_t next = is_last ? 0 : width;
    float* to = dx + m * width;
    std::fill(to, to + width, 0.0f);
    for (int64_t j = 0; j < op.branches; ++j) {
      const float* mu = op.mu + j * width;
      const float* g = grad[j] + m * width;
      const float* g_next = g + next;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) to[c] += g[c] + mu[c] * (passed * g_next[c] - g[c]);
      if (dmu == nullptr) continue;
      float* sum = dmu + j * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) sum[c] += g[c] * (carried * before[c] - now[c]);
    }
  }
}

GREYLAG_CLONES
void key_prep_forward(const KeyPrep& op, RowRange range, float* k_out, float* a, float* b) {
  const int64_t n = op.head_size;
  for (int64_t m = range.begin; m < range.end; ++m) {
    for (int64_t h = 0; h < op.width; h += n) {
      const int64_t at = m * op.width + h;
      const float *k = op.k + at, *alpha = op.alpha + at, *k_k = op.k_k + h, *k_a = op.k_a + h;
      float *to_k = k_out + at, *to_a = a + at, *to_b = b + at;
      float square = 0;
#pragma omp simd reduction(+ : square)
      for (int64_t j = 0; j < n; ++j) square += k[j] * k_k[j] * (k[j] * k_k[j]);
      const float scale = 1.0f / std::max(std::sqrt(square), kSmallestNorm);
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) {
        const float kappa = k[j] * k_k[j] * scale;
        to_a[j] = -kappa;
        to_b[j] = kappa * alpha[j];
        to_k[j] = k[j] * (1.0f + (alpha[j] - 1.0f) * k_a[j]);
      }
    }
  }
}

GREYLAG_CLONES
void key_prep_backward(const KeyPrep& op, RowRange range, const float* dk_out, const float* da,
                       const float* db, float* dk, float* dalpha, float* dk_k, float* dk_a) {
  const int64_t n = op.head_size;
  for (int64_t m = range.begin; m < range.end; ++m) {
    for (int64_t h = 0; h < op.width; h += n) {
      const int64_t at = m * op.width + h;
      const float *k = op.k + at, *alpha = op.alpha + at, *k_k = op.k_k + h, *k_a = op.k_a + h;
      const float *g_k = dk_out + at, *g_a = da + at, *g_b = db + at;
      float *to_k = dk + at, *to_alpha = dalpha + at;
      float square = 0;
      float along = 0;  // dkappa . (k k_k)
#pragma omp simd reduction(+ : square, along)
      for (int64_t j = 0; j < n; ++j) {
        const float z = k[j] * k_k[j];
        square += z * z;
        along += (alpha[j] * g_b[j] - g_a[j]) * z;
      }
      const float norm = std::sqrt(square);
      const bool is_clamped = norm < kSmallestNorm;
      const float scale = 1.0f / std::max(norm, kSmallestNorm);
      // dz = (dkappa - kappa (dkappa . kappa)) / norm; no projection where the norm is clamped.
      const float projection = is_clamped ? 0.0f : along * scale * scale;
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) {
        const float z = k[j] * k_k[j];
        const float dz = ((alpha[j] * g_b[j] - g_a[j]) - z * projection) * scale;
        to_k[j] = g_k[j] * (1.0f + (alpha[j] - 1.0f) * k_a[j]) + dz * k_k[j];
        to_alpha[j] = g_k[j] * k[j] * k_a[j] + g_b[j] * z * scale;
      }
      if (dk_k == nullptr) continue;
      float *sum_kk = dk_k + h, *sum_ka = dk_a + h;
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) {
        const float z = k[j] * k_k[j];
        const float dz = ((alpha[j] * g_b[j] - g_a[j]) - z * projection) * scale;
        sum_kk[j] += dz * k[j];
        sum_ka[j] += g_k[j] * k[j] * (alpha[j] - 1.0f);
      }
    }
  }
}

GREYLAG_CLONES
void head_out_forward(const HeadOut& op, RowRange range, float* out) {
  const int64_t n = op.head_size;
  const float share = 1.0f / static_cast<float>(n);
  for (int64_t m = range.begin; m < range.end; ++m) {
    for (int64_t h = 0; h < op.width; h += n) {
      const int64_t at = m * op.width + h;
      const float *y = op.y + at, *r = op.r + at, *k = op.k + at, *v = op.v + at;
      const float *gate = op.gate + at, *r_k = op.r_k + h, *w = op.ln_w + h, *b = op.ln_b + h;
      float* to = out + at;
      float sum = 0, bonus = 0;
#pragma omp simd reduction(+ : sum, bonus)
      for (int64_t j = 0; j < n; ++j) {
        sum += y[j];
        bonus += r[j] * k[j] * r_k[j];
      }
      const float mean = sum * share;
      float variance = 0;
#pragma omp simd reduction(+ : variance)
      for (int64_t j = 0; j < n; ++j) variance += (y[j] - mean) * (y[j] - mean);
      const float inverse = 1.0f / std::sqrt(variance * share + op.epsilon);
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) {
        to[j] = ((y[j] - mean) * inverse * w[j] + b[j] + bonus * v[j]) * gate[j];
      }
    }
  }
}

GREYLAG_CLONES
void head_out_backward(const HeadOut& op, RowRange range, const float* dout,
                       const HeadOutGrads& grads) {
  const int64_t n = op.head_size;
  const float share = 1.0f / static_cast<float>(n);
  for (int64_t m = range.begin; m < range.end; ++m) {
    for (int64_t h = 0; h < op.width; h += n) {
      const int64_t at = m * op.width + h;
      const float *y = op.y + at, *r = op.r + at, *k = op.k + at, *v = op.v + at, *g = dout + at;
      const float *gate = op.gate + at, *r_k = op.r_k + h, *w = op.ln_w + h, *b = op.ln_b + h;
      float sum = 0, bonus = 0, dbonus = 0;
#pragma omp simd reduction(+ : sum, bonus, dbonus)
      for (int64_t j = 0; j < n; ++j) {
        sum += y[j];
        bonus += r[j] * k[j] * r_k[j];
        dbonus += g[j] * gate[j] * v[j];
      }
      const float mean = sum * share;
      float variance = 0;
#pragma omp simd reduction(+ : variance)
      for (int64_t j = 0; j < n; ++j) variance += (y[j] - mean) * (y[j] - mean);
      const float inverse = 1.0f / std::sqrt(variance * share + op.epsilon);
      float dn_sum = 0, dn_along = 0;  // sums of dn and dn n, n = (y - mean) inverse
#pragma omp simd reduction(+ : dn_sum, dn_along)
      for (int64_t j = 0; j < n; ++j) {
        const float dn = g[j] * gate[j] * w[j];
        dn_sum += dn;
        dn_along += dn * (y[j] - mean) * inverse;
      }
      const float dn_mean = dn_sum * share, dn_slope = dn_along * share;
      float *to_y = grads.y + at, *to_r = grads.r + at, *to_k = grads.k + at;
      float *to_v = grads.v + at, *to_gate = grads.gate + at;
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) {
        const float normed = (y[j] - mean) * inverse;
        const float dsum = g[j] * gate[j];
        to_gate[j] = g[j] * (normed * w[j] + b[j] + bonus * v[j]);
        to_y[j] = inverse * (dsum * w[j] - dn_mean - normed * dn_slope);
        to_v[j] = bonus * dsum;
        to_r[j] = dbonus * k[j] * r_k[j];
        to_k[j] = dbonus * r[j] * r_k[j];
      }
      if (grads.ln_w == nullptr) continue;
      float *sum_w = grads.ln_w + h, *sum_b = grads.ln_b + h, *sum_rk = grads.r_k + h;
#pragma omp simd
      for (int64_t j = 0; j < n; ++j) {
        sum_w[j] += g[j] * gate[j] * (y[j] - mean) * inverse;
        sum_b[j] += g[j] * gate[j];
        sum_rk[j] += dbonus * r[j] * k[j];
      }
    }
  }
}

GREYLAG_CLONES
void value_mix_forward(int64_t n, const float* v, const float* v_first, const float* gate,
                       float* out) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[i] = v[i] + (v_first[i] - v[i]) * gate[i];
}

GREYLAG_CLONES
void value_mix_backward(int64_t n, const float* v, const float* v_first, const float* gate,
                        const float* dout, float* dv, float* dv_first, float* dgate) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float share = dout[i] * gate[i];
    dv[i] = dout[i] - share;
    dv_first[i] = share;
    dgate[i] = dout[i] * (v_first[i] - v[i]);
  }
}

GREYLAG_CLONES
void relu_squared_forward(int64_t n, const float* x, float* out) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float positive = x[i] > 0.0f ? x[i] : 0.0f;
    out[i] = positive * positive;
  }
}

GREYLAG_CLONES
void relu_squared_backward(int64_t n, const float* x, const float* dout, float* dx) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) dx[i] = x[i] > 0.0f ? 2.0f * x[i] * dout[i] : 0.0f;
}

GREYLAG_CLONES
void adam_update(const AdamStep& step, int64_t n, const float* grad, float* m, float* v, float* w) {
  const float keep = 1.0f - step.decay;
  const float inverse_second = 1.0f / step.second_correction;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float g = grad[i] * step.grad_scale;
    const float first = step.beta1 * m[i] + (1.0f - step.beta1) * g;
    const float second = step.beta2 * v[i] + (1.0f - step.beta2) * g * g;
    m[i] = first;
    v[i] = second;
    w[i] =
        w[i] * keep - step.step_size * first / (std::sqrt(second * inverse_second) + step.epsilon);
  }
}

namespace {

// atan2(y, x) for x >= 0, without branches so that it vectorises: the polynomial of Abramowitz and
// Stegun 4.4.49 (error 2e-8 on [0, 1]) on the ratio of the smaller to the larger.
inline float atan2_right(float y, float x) {
  const float height = std::abs(y);
  const float larger = std::max(height, x), smaller = std::min(height, x);
  const float t = larger > 0.0f ? smaller / larger : 0.0f;
  const float u = t * t;
  float p = 0.0028662257f;
  p = p * u - 0.0161657367f;
  p = p * u + 0.0429096138f;
  p = p * u - 0.0752896400f;
  p = p * u + 0.1065626393f;
  p = p * u - 0.1420889944f;
  p = p * u + 0.1999355085f;
  p = p * u - 0.3333314528f;
  const float angle = t + t * u * p;
  constexpr float kQuarterTurn = 1.57079632679f;
  return std::copysign(height > x ? kQuarterTurn - angle : angle, y);
}

}  // namespace

GREYLAG_CLONES
void adam_atan2_update(const AdamStep& step, int64_t n, const float* grad, float* m, float* v,
                       float* w) {
  const float keep = 1.0f - step.decay;
  const float inverse_second = 1.0f / step.second_correction;
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) {
    const float g = grad[i] * step.grad_scale;
    const float first = step.beta1 * m[i] + (1.0f - step.beta1) * g;
    const float second = step.beta2 * v[i] + (1.0f - step.beta2) * g * g;
    m[i] = first;
    v[i] = second;
    w[i] = w[i] * keep - step.step_size * atan2_right(first, std::sqrt(second * inverse_second));
  }
}

GREYLAG_CLONES
double sum_of_squares(int64_t n, const float* x) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return sum;
}

}  // namespace greylag::gpu
