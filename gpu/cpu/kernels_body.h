// SPDX-License-Identifier: Apache-2.0
// The text of the inner loops, included inside the namespace of one instruction set, which has
// defined before:
//   kName                instruction set;  V vector of kLanes floats;  Half, BFloat 2-byte types
//   kRows x kOuts        the block of dot products (as many as there are registers for)
//   zero() set1(x) load(p) store(v, p)  load_wide(p) of float, Half, BFloat
//   mul(a, b) add(a, b) sub(a, b) mul_add(a, b, c) = a b + c, sum(v), sum4(v0..v3, float[4])
// No include guard: it is read once per instruction set.

// ---- matmul ----------------------------------------------------------------------------------

// kR x kO dot products that share their loads. Each has one vector of partial sums, so a product's
// order of summation is the same in every block size.
template <int kR, int kO, class W>
inline KERNEL_ATTR void dot_block(const MatmulPanel& p, const float* x, const W* w, float* y) {
  V acc[kR][kO];
  KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
    KERNEL_UNROLL for (int o = 0; o < kO; ++o) acc[r][o] = zero();
  }
  const int64_t whole = p.k - p.k % kLanes;
  for (int64_t k = 0; k < whole; k += kLanes) {
    V wide[kO];
    KERNEL_UNROLL for (int o = 0; o < kO; ++o) wide[o] = load_wide(w + o * p.k + k);
    KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
      const V xr = load(x + r * p.k + k);
      KERNEL_UNROLL for (int o = 0; o < kO; ++o) acc[r][o] = mul_add(xr, wide[o], acc[r][o]);
    }
  }
  if (whole < p.k) {  // the rest of the row, filled up with zeros
    const size_t rest = static_cast<size_t>(p.k - whole);
    float xs[kR][kLanes] = {};
    W ws[kO][kLanes] = {};
    for (int r = 0; r < kR; ++r) std::memcpy(xs[r], x + r * p.k + whole, rest * sizeof(float));
    for (int o = 0; o < kO; ++o) std::memcpy(ws[o], w + o * p.k + whole, rest * sizeof(W));
    KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
      KERNEL_UNROLL for (int o = 0; o < kO; ++o) {
        acc[r][o] = mul_add(load(xs[r]), load_wide(ws[o]), acc[r][o]);
      }
    }
  }
  KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
    float sums[kO];
    if constexpr (kO == 4) {
      sum4(acc[r][0], acc[r][1], acc[r][2], acc[r][3], sums);
    } else {
      KERNEL_UNROLL for (int o = 0; o < kO; ++o) sums[o] = sum(acc[r][o]);
    }
    float* out = y + r * p.y_stride;
    for (int o = 0; o < kO; ++o) out[o] = p.scale * sums[o] + (p.is_accumulating ? out[o] : 0.0f);
  }
}

template <int kO, class W>
inline KERNEL_ATTR void dot_column(const MatmulPanel& p, const W* w, int64_t o) {
  int64_t r = 0;
  for (; r + kRows <= p.rows; r += kRows) {
    dot_block<kRows, kO>(p, p.x + r * p.k, w + o * p.k, p.y + r * p.y_stride + o);
  }
  for (; r + 2 <= p.rows; r += 2) {
    dot_block<2, kO>(p, p.x + r * p.k, w + o * p.k, p.y + r * p.y_stride + o);
  }
  if (r < p.rows) dot_block<1, kO>(p, p.x + r * p.k, w + o * p.k, p.y + r * p.y_stride + o);
}

template <class W>
inline KERNEL_ATTR void matmul_of(const MatmulPanel& p) {
  const W* w = static_cast<const W*>(p.w);
  int64_t o = 0;
  if (p.rows == 1) {  // more streams of weights when there is nothing to share
    for (; o + 4 <= p.outs; o += 4) dot_block<1, 4>(p, p.x, w + o * p.k, p.y + o);
  }
  for (; o + kOuts <= p.outs; o += kOuts) dot_column<kOuts>(p, w, o);
  for (; o < p.outs; ++o) dot_column<1>(p, w, o);
}

KERNEL_ATTR void matmul(const MatmulPanel& p) {
  if (p.w_dtype == DType::F32) return matmul_of<float>(p);
  if (p.w_dtype == DType::F16) return matmul_of<Half>(p);
  matmul_of<BFloat>(p);
}

template <class W>
inline KERNEL_ATTR void widen_of(const W* from, float* to, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(load_wide(from + i), to + i);
  if (i == n) return;
  W rest[kLanes] = {};
  float wide[kLanes];
  std::memcpy(rest, from + i, static_cast<size_t>(n - i) * sizeof(W));
  store(load_wide(rest), wide);
  std::memcpy(to + i, wide, static_cast<size_t>(n - i) * sizeof(float));
}

KERNEL_ATTR void widen(const void* from, DType dtype, float* to, int64_t n) {
  if (dtype == DType::F32) return widen_of(static_cast<const float*>(from), to, n);
  if (dtype == DType::F16) return widen_of(static_cast<const Half*>(from), to, n);
  widen_of(static_cast<const BFloat*>(from), to, n);
}

// ---- elementwise: scalar text without branches, which the compiler vectorises ------------------

// exp(x) = 2^i exp(f), |f| <= ln(2)/2; ln(2) in two parts; Taylor's series to f^7 is below half an
// ulp there. For |x| <= 88 or NaN.
inline KERNEL_ATTR float exp_bounded(float x) {
  constexpr float kLog2E = 1.44269504f, kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  const float shifted = x * kLog2E + kRounder;
  const float i = shifted - kRounder;
  const float f = (x - i * kLn2High) - i * kLn2Low;
  float p = 1.0f / 5040.0f;
  p = p * f + 1.0f / 720.0f;
  p = p * f + 1.0f / 120.0f;
  p = p * f + 1.0f / 24.0f;
  p = p * f + 1.0f / 6.0f;
  p = p * f + 0.5f;
  p = p * f * f + f + 1.0f;
  const int32_t exponent = std::bit_cast<int32_t>(shifted) - std::bit_cast<int32_t>(kRounder);
  return p * std::bit_cast<float>(static_cast<uint32_t>(exponent + 127) << 23);
}

// Saturates at exp(-87) and exp(87), which 1 + exp(x) cannot tell from 0 and infinity.
inline KERNEL_ATTR float exp_f32(float x) {
  const float not_low = x < -87.0f ? -87.0f : x;
  return exp_bounded(x > 87.0f ? 87.0f : not_low);
}

inline KERNEL_ATTR float sigmoid_f32(float x) { return 1.0f / (1.0f + exp_f32(-x)); }

// |x| < 0.625: the continued fraction x/(1 + x²/(3 + x²/(5 + x²/(7 + x²/9)))), error 1e-9 there;
// beyond: 1 - 2/(1 + exp(2|x|)).
inline KERNEL_ATTR float tanh_f32(float x) {
  const float z = x * x;
  const float near_zero = x * (945.0f + z * (105.0f + z)) / (945.0f + z * (420.0f + z * 15.0f));
  const float size = x < 0.0f ? -x : x;
  const float away = 1.0f - 2.0f / (1.0f + exp_f32(2.0f * size));
  const float signed_away = x < 0.0f ? -away : away;
  return size < 0.625f ? near_zero : signed_away;
}

KERNEL_ATTR void tanh(float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = tanh_f32(x[i]);
}

KERNEL_ATTR void sigmoid(float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] = sigmoid_f32(x[i]);
}

KERNEL_ATTR void relu_squared(float* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float positive = x[i] < 0.0f ? 0.0f : x[i];
    x[i] = positive * positive;
  }
}

KERNEL_ATTR void add_to(float* x, const float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) x[i] += y[i];
}

// ---- norms ------------------------------------------------------------------------------------

// Sum of term(x) over n floats in f64: 32 partial sums, enough for the adders of any core, which
// are then added in halves.
template <class Term>
inline KERNEL_ATTR double sum_f64(const float* x, int64_t n, Term term) {
  constexpr int kPartial = 32;
  double partial[kPartial] = {};
  int64_t i = 0;
  for (; i + kPartial <= n; i += kPartial) {
    for (int lane = 0; lane < kPartial; ++lane) {
      partial[lane] += term(static_cast<double>(x[i + lane]));
    }
  }
  for (; i < n; ++i) partial[0] += term(static_cast<double>(x[i]));
  for (int half = kPartial / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) partial[lane] += partial[lane + half];
  }
  return partial[0];
}

// mean = sum x / n;  inverse_deviation = 1 / sqrt(sum (x - mean)² / n + eps), in two passes
struct Moments {
  float mean, inverse_deviation;
};

inline KERNEL_ATTR Moments moments(const float* x, int64_t n, double eps) {
  const double count = static_cast<double>(n);
  const double mean = sum_f64(x, n, [](double value) KERNEL_ATTR { return value; }) / count;
  const auto square = [mean](double value) KERNEL_ATTR { return (value - mean) * (value - mean); };
  const double variance = sum_f64(x, n, square) / count;
  return {static_cast<float>(mean), static_cast<float>(1.0 / std::sqrt(variance + eps))};
}

// y_j = (x_j - mean) inverse_deviation weight_j + bias_j for kLanes j.
inline KERNEL_ATTR V normal_lanes(const float* x, const Moments& m, const float* weight,
                                  const float* bias) {
  const V normal = mul(sub(load(x), set1(m.mean)), set1(m.inverse_deviation));
  return mul_add(normal, load(weight), load(bias));
}
inline KERNEL_ATTR float normal_lane(float x, const Moments& m, float weight, float bias) {
  return (x - m.mean) * m.inverse_deviation * weight + bias;
}

KERNEL_ATTR void layer_norm(const float* x, const float* weight, const float* bias, float eps,
                            float* y, int64_t n) {
  const Moments m = moments(x, n, static_cast<double>(eps));
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) store(normal_lanes(x + j, m, weight + j, bias + j), y + j);
  for (; j < n; ++j) y[j] = normal_lane(x[j], m, weight[j], bias[j]);
}

// n = layer_norm(x);  y_i = n + (carried - n) mix_i;  carried = n
// One y_i after the other for some columns: all of them at once fall into one set of the
// first-level cache when their distance is a multiple of 4 KiB.
KERNEL_ATTR void shift_mix(const ShiftMixRow& p) {
  constexpr int64_t kColumns = 256;
  float normal[kColumns], step[kColumns];
  const Moments m = moments(p.x, p.width, static_cast<double>(p.eps));
  for (int64_t begin = 0; begin < p.width; begin += kColumns) {
    const int64_t count = p.width - begin < kColumns ? p.width - begin : kColumns;
    const float *x = p.x + begin, *weight = p.weight + begin, *bias = p.bias + begin;
    float* carried = p.carried + begin;
    const int64_t whole = count - count % kLanes;
    for (int64_t j = 0; j < whole; j += kLanes) {
      const V n = normal_lanes(x + j, m, weight + j, bias + j);
      store(n, normal + j);
      store(sub(load(carried + j), n), step + j);
      store(n, carried + j);
    }
    for (int64_t j = whole; j < count; ++j) {
      normal[j] = normal_lane(x[j], m, weight[j], bias[j]);
      step[j] = carried[j] - normal[j];
      carried[j] = normal[j];
    }
    for (int64_t i = 0; i < p.mixes; ++i) {
      const float* mix = p.mix + i * p.width + begin;
      float* y = p.y + i * p.y_step + begin;
      for (int64_t j = 0; j < whole; j += kLanes) {
        store(mul_add(load(step + j), load(mix + j), load(normal + j)), y + j);
      }
      for (int64_t j = whole; j < count; ++j) y[j] = normal[j] + step[j] * mix[j];
    }
  }
}

// ---- wkv7: around the recurrence ---------------------------------------------------------------

// w = exp(-c sigmoid(d)), c = e^{-1/2};  dw/dd = -c sigmoid(d) (1 - sigmoid(d)) w
KERNEL_ATTR void wkv7_decay(const float* KERNEL_RESTRICT d, float* KERNEL_RESTRICT w,
                            float* KERNEL_RESTRICT dw_dd, int64_t n) {
  constexpr float kC = 0.60653066f;
  for (int64_t i = 0; i < n; ++i) w[i] = exp_bounded(-kC * sigmoid_f32(d[i]));
  if (dw_dd == nullptr) return;
  for (int64_t i = 0; i < n; ++i) {
    const float gate = sigmoid_f32(d[i]);
    dw_dd[i] = -kC * gate * (1.0f - gate) * w[i];
  }
}

// v += (v_first - v) sigmoid(v_gate + v0)
inline KERNEL_ATTR void mix_values(float* KERNEL_RESTRICT v, const float* KERNEL_RESTRICT v_first,
                                   const float* KERNEL_RESTRICT v_gate,
                                   const float* KERNEL_RESTRICT v0, int64_t n) {
  for (int64_t i = 0; i < n; ++i) v[i] += (v_first[i] - v[i]) * sigmoid_f32(v_gate[i] + v0[i]);
}

// product = x y; its length, with eight partial sums in f64.
inline KERNEL_ATTR float product_norm(const float* KERNEL_RESTRICT x,
                                      const float* KERNEL_RESTRICT y,
                                      float* KERNEL_RESTRICT product, int64_t n) {
  double partial[8] = {};
  for (int64_t i = 0; i < n; ++i) product[i] = x[i] * y[i];
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    KERNEL_UNROLL for (int lane = 0; lane < 8; ++lane) {
      const double value = static_cast<double>(product[i + lane]);
      partial[lane] += value * value;
    }
  }
  for (; i < n; ++i)
    partial[0] += static_cast<double>(product[i]) * static_cast<double>(product[i]);
  const double squares = ((partial[0] + partial[1]) + (partial[2] + partial[3])) +
                         ((partial[4] + partial[5]) + (partial[6] + partial[7]));
  return static_cast<float>(std::sqrt(squares));
}

// remove holds k k_k before and -kappa after; inverse = 1 / |k k_k|.
inline KERNEL_ATTR void split_keys(float* KERNEL_RESTRICT k, float* KERNEL_RESTRICT remove,
                                   float* KERNEL_RESTRICT replace, const float* KERNEL_RESTRICT a,
                                   const float* KERNEL_RESTRICT a0,
                                   const float* KERNEL_RESTRICT k_a, float inverse, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float alpha = sigmoid_f32(a[i] + a0[i]);
    const float kappa = remove[i] * inverse;
    k[i] *= 1.0f + (alpha - 1.0f) * k_a[i];
    remove[i] = -kappa;
    replace[i] = kappa * alpha;
  }
}

//   d += w0;  alpha = sigmoid(a + a0);  v += (v_first - v) sigmoid(v_gate + v0)
//   kappa = k k_k / max(|k k_k|, 1e-12);  k *= 1 + (alpha - 1) k_a
//   remove = -kappa;  replace = kappa alpha
KERNEL_ATTR void wkv7_inputs(const Wkv7HeadInputs& in) {
  const int64_t n = in.n;
  add_to(in.d, in.w0, n);
  if (in.v_first != nullptr) mix_values(in.v, in.v_first, in.v_gate, in.v0, n);
  const float norm = product_norm(in.k, in.k_k, in.remove, n);
  const float inverse = 1.0f / (norm > 1e-12f ? norm : 1e-12f);
  split_keys(in.k, in.remove, in.replace, in.a, in.a0, in.k_a, inverse, n);
}

// ---- wkv7 -------------------------------------------------------------------------------------

// kI rows of S (values i), all steps. Rows of S do not meet: only the row vectors are shared.
//   sa_i = sum_j S_ij a_j;  S_ij = S_ij w_j + sa_i b_j + v_i k_j;  y_i = sum_j S_ij r_j
// s_in may be s_out; every_s (may be null) keeps S_ij after each step, step distance kI n.
template <int kI>
inline KERNEL_ATTR void wkv7_rows(const Wkv7Steps& p, int64_t i, const float* s_in, float* s_out,
                                  int64_t s_step, float* sa_out) {
  for (int64_t t = 0; t < p.steps; ++t) {
    const int64_t at = t * p.stride;
    const float *r = p.r + at, *w = p.w + t * p.n, *k = p.k + at, *a = p.a + at, *b = p.b + at;
    V partial[kI];
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) partial[row] = zero();
    for (int64_t j = 0; j < p.n; j += kLanes) {
      const V aj = load(a + j);
      KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
        partial[row] = mul_add(load(s_in + row * p.n + j), aj, partial[row]);
      }
    }
    V sa[kI], vi[kI];
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
      const float total = sum(partial[row]);
      if (sa_out != nullptr) sa_out[t * kI + row] = total;
      sa[row] = set1(total);
      vi[row] = set1(p.v[at + i + row]);
      partial[row] = zero();
    }
    for (int64_t j = 0; j < p.n; j += kLanes) {
      const V wj = load(w + j), bj = load(b + j), kj = load(k + j), rj = load(r + j);
      KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
        const V kept = mul(load(s_in + row * p.n + j), wj);
        const V s = mul_add(vi[row], kj, mul_add(sa[row], bj, kept));
        partial[row] = mul_add(s, rj, partial[row]);
        store(s, s_out + row * p.n + j);
      }
    }
    if (p.y != nullptr) {
      KERNEL_UNROLL for (int row = 0; row < kI; ++row) p.y[at + i + row] = sum(partial[row]);
    }
    s_in = s_out;
    s_out += s_step;
  }
}

KERNEL_ATTR void wkv7_steps(const Wkv7Steps& p) {
  int64_t i = 0;
  for (; i + 4 <= p.n; i += 4) {
    wkv7_rows<4>(p, i, p.s + i * p.n, p.s + i * p.n, 0, nullptr);
  }
  for (; i < p.n; ++i) wkv7_rows<1>(p, i, p.s + i * p.n, p.s + i * p.n, 0, nullptr);
}

// One step backwards for kI rows; before = S_{t-1}, after = S_t, g = dL/dS_t in, dL/dS_{t-1} out.
//   G_ij += dy_i r_j;  dr_j += S_t,ij dy_i;  dw_j += G_ij S_{t-1},ij;  dk_j += G_ij v_i
//   db_j += G_ij sa_i;  dv_i = sum_j G_ij k_j;  u_i = sum_j G_ij b_j
//   da_j += S_{t-1},ij u_i;  G_ij = G_ij w_j + u_i a_j
template <int kI>
inline KERNEL_ATTR void wkv7_step_gradient(const Wkv7TileGradient& p, int64_t i, int64_t t,
                                           const float* before, const float* after,
                                           const float* sa_in, float* g) {
  const int64_t n = p.n, at = t * p.stride;
  const float *r = p.r + at, *w = p.w + t * n, *k = p.k + at, *a = p.a + at, *b = p.b + at;
  float *dr = p.dr + at, *dk = p.dk + at, *da = p.da + at, *db = p.db + at, *dw = p.dw + t * n;
  V dy[kI], v[kI], sa[kI], dv[kI], u[kI];
  KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
    dy[row] = set1(p.dy[at + i + row]);
    v[row] = set1(p.v[at + i + row]);
    sa[row] = set1(sa_in[row]);
    dv[row] = zero();
    u[row] = zero();
  }
  for (int64_t j = 0; j < n; j += kLanes) {
    const V rj = load(r + j), kj = load(k + j), bj = load(b + j);
    V drj = load(dr + j), dwj = load(dw + j), dkj = load(dk + j), dbj = load(db + j);
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
      const V gij = mul_add(dy[row], rj, load(g + row * n + j));
      drj = mul_add(load(after + row * n + j), dy[row], drj);
      dwj = mul_add(gij, load(before + row * n + j), dwj);
      dkj = mul_add(gij, v[row], dkj);
      dbj = mul_add(gij, sa[row], dbj);
      dv[row] = mul_add(gij, kj, dv[row]);
      u[row] = mul_add(gij, bj, u[row]);
      store(gij, g + row * n + j);
    }
    store(drj, dr + j);
    store(dwj, dw + j);
    store(dkj, dk + j);
    store(dbj, db + j);
  }
  KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
    p.dv[at + i + row] = sum(dv[row]);
    u[row] = set1(sum(u[row]));
  }
  for (int64_t j = 0; j < n; j += kLanes) {
    const V wj = load(w + j), aj = load(a + j);
    V daj = load(da + j);
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
      daj = mul_add(load(before + row * n + j), u[row], daj);
      store(mul_add(u[row], aj, mul(load(g + row * n + j), wj)), g + row * n + j);
    }
    store(daj, da + j);
  }
}

// kI rows of a tile: forward again with every S kept, then backward.
template <int kI>
inline KERNEL_ATTR void wkv7_rows_gradient(const Wkv7TileGradient& p, int64_t i) {
  const int64_t border = kI * p.n;
  float* states = p.scratch;  // S before step t at t * border
  float sa[kWkv7Tile * kI];
  std::memcpy(states, p.s + i * p.n, static_cast<size_t>(border) * sizeof(float));
  const Wkv7Steps forward{.steps = p.steps,
                          .n = p.n,
                          .stride = p.stride,
                          .r = p.r,
                          .w = p.w,
                          .k = p.k,
                          .v = p.v,
                          .a = p.a,
                          .b = p.b,
                          .y = nullptr,
                          .s = nullptr};
  wkv7_rows<kI>(forward, i, states, states + border, border, sa);
  for (int64_t t = p.steps - 1; t >= 0; --t) {
    const float* before = states + t * border;
    wkv7_step_gradient<kI>(p, i, t, before, before + border, sa + t * kI, p.g + i * p.n);
  }
}

KERNEL_ATTR void wkv7_tile_gradient(const Wkv7TileGradient& p) {
  int64_t i = 0;
  for (; i + 4 <= p.n; i += 4) wkv7_rows_gradient<4>(p, i);
  for (; i < p.n; ++i) wkv7_rows_gradient<1>(p, i);
}

constexpr CpuKernels kKernels{.name = kName,
                              .lanes = kLanes,
                              .rows = kRows,
                              .matmul = matmul,
                              .widen = widen,
                              .tanh = tanh,
                              .sigmoid = sigmoid,
                              .relu_squared = relu_squared,
                              .add = add_to,
                              .layer_norm = layer_norm,
                              .shift_mix = shift_mix,
                              .wkv7_inputs = wkv7_inputs,
                              .wkv7_decay = wkv7_decay,
                              .wkv7_steps = wkv7_steps,
                              .wkv7_tile_gradient = wkv7_tile_gradient};
