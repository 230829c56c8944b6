// SPDX-License-Identifier: Apache-2.0
// The inner loops of attention over all positions, read once per instruction set after
// kernels_body.h, whose words it uses. No include guard.

// With h = n / 2 and the angle of (position, i):
//   y_i = scale (x_i cos - x_{h + i} sin);  y_{h + i} = scale (x_{h + i} cos + x_i sin)
// Without a table of angles y = scale x.
inline KERNEL_ATTR void rotate_rows(const SoftmaxHead& p, const float* x, float scale,
                                    float* KERNEL_RESTRICT y) {
  const int64_t half = p.n / 2;
  for (int64_t m = 0; m < p.positions; ++m, x += p.stride, y += p.n) {
    if (p.rotary == nullptr) {
      for (int64_t i = 0; i < p.n; ++i) y[i] = scale * x[i];
      continue;
    }
    const float* c = p.rotary + m * half;
    const float* s = c + p.positions * half;
    for (int64_t i = 0; i < half; ++i) {
      y[i] = scale * (x[i] * c[i] - x[half + i] * s[i]);
      y[half + i] = scale * (x[half + i] * c[i] + x[i] * s[i]);
    }
  }
}

// scores[j] = q k_j for kJ rows of k.
template <int kJ>
inline KERNEL_ATTR void some_scores(const float* q, const float* k, int64_t n, float* scores) {
  V partial[kJ];
  KERNEL_UNROLL for (int j = 0; j < kJ; ++j) partial[j] = zero();
  for (int64_t i = 0; i < n; i += kLanes) {
    const V qi = load(q + i);
    KERNEL_UNROLL for (int j = 0; j < kJ; ++j) {
      partial[j] = mul_add(qi, load(k + j * n + i), partial[j]);
    }
  }
  sums_of<kJ>(partial, scores);
}

// y += sum_j weights[j] v_j for kJ rows of v.
template <int kJ>
inline KERNEL_ATTR void add_values(const float* weights, const float* v, int64_t stride, int64_t n,
                                   float* y) {
  for (int64_t i = 0; i < n; i += kLanes) {
    V yi = load(y + i);
    KERNEL_UNROLL for (int j = 0; j < kJ; ++j) {
      yi = mul_add(set1(weights[j]), load(v + j * stride + i), yi);
    }
    store(yi, y + i);
  }
}

// y_m = sum_j e_j v_j / sum_j e_j,  e_j = exp(s_j - max s),  s_j = scale q_m k_j
KERNEL_ATTR void softmax_head(const SoftmaxHead& p) {
  const int64_t n = p.n, count = p.positions, whole = count - count % 4;
  float* q = p.scratch;
  float* k = q + count * n;
  float* scores = k + count * n;
  rotate_rows(p, p.q, p.scale, q);
  rotate_rows(p, p.k, 1.0f, k);
  for (int64_t m = 0; m < count; ++m) {
    const float* qm = q + m * n;
    int64_t j = 0;
    for (; j < whole; j += 4) some_scores<4>(qm, k + j * n, n, scores + j);
    for (; j < count; ++j) some_scores<1>(qm, k + j * n, n, scores + j);
    float most = scores[0];
    for (int64_t i = 1; i < count; ++i) most = scores[i] > most ? scores[i] : most;
    for (int64_t i = 0; i < count; ++i) scores[i] = exp_f32(scores[i] - most);
    const auto term = [scores](int64_t i) KERNEL_ATTR { return static_cast<double>(scores[i]); };
    const float inverse = static_cast<float>(1.0 / sum_f64<8>(count, term));
    float* y = p.y + m * p.y_stride;
    for (int64_t i = 0; i < n; ++i) y[i] = 0.0f;
    for (j = 0; j < whole; j += 4) add_values<4>(scores + j, p.v + j * p.stride, p.stride, n, y);
    for (; j < count; ++j) add_values<1>(scores + j, p.v + j * p.stride, p.stride, n, y);
    for (int64_t i = 0; i < n; ++i) y[i] *= inverse;
  }
}
