// SPDX-License-Identifier: Apache-2.0
// The text of the inner loops, included inside the namespace of one instruction set, which has
// defined before:
//   kName                instruction set;  V vector of kLanes floats;  Half, BFloat 2-byte types
//   kHeldRows            rows of S of 64 floats that fit in registers beside their vectors, or 0
//   zero() set1(x) load(p) store(v, p)  load_wide(p) of float, Half, BFloat
//   mul(a, b) add(a, b) sub(a, b) mul_add(a, b, c) = a b + c, sum(v), sum4(v0..v3, float[4])
// No include guard: it is read once per instruction set.

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

// y = gate sigmoid(gate) up
KERNEL_ATTR void swiglu(const float* KERNEL_RESTRICT gate, const float* KERNEL_RESTRICT up,
                        float* KERNEL_RESTRICT y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] = gate[i] * sigmoid_f32(gate[i]) * up[i];
}

// y_i = terms[0][i] + terms[1][i] + ...
KERNEL_ATTR void add_terms(const float* const* terms, int64_t count, float* y, int64_t n) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    V total = load(terms[0] + i);
    for (int64_t t = 1; t < count; ++t) total = add(total, load(terms[t] + i));
    store(total, y + i);
  }
  for (; i < n; ++i) {
    float total = terms[0][i];
    for (int64_t t = 1; t < count; ++t) total += terms[t][i];
    y[i] = total;
  }
}

// ---- norms ------------------------------------------------------------------------------------

// Sum of term(i) for i < n in f64: kPartial sums, which are then added in halves. 32 keep the
// adders of any core busy in a long row, 8 are soon added for the 64 values of a head.
template <int kPartial, class Term>
inline KERNEL_ATTR double sum_f64(int64_t n, Term term) {
  double partial[kPartial] = {};
  const int64_t whole = n - n % kPartial;
  for (int64_t i = 0; i < whole; i += kPartial) {
    for (int lane = 0; lane < kPartial; ++lane) partial[lane] += term(i + lane);
  }
  for (int64_t i = whole; i < n; ++i) partial[0] += term(i);
  for (int half = kPartial / 2; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) partial[lane] += partial[lane + half];
  }
  return partial[0];
}

// mean = sum x / n;  inverse_deviation = 1 / sqrt(sum (x - mean)² / n + eps), in two passes
struct Moments {
  float mean, inverse_deviation;
};

template <int kPartial>
inline KERNEL_ATTR Moments moments(const float* x, int64_t n, double eps) {
  const double count = static_cast<double>(n);
  const auto value = [x](int64_t i) KERNEL_ATTR { return static_cast<double>(x[i]); };
  const double mean = sum_f64<kPartial>(n, value) / count;
  const auto square = [x, mean](int64_t i) KERNEL_ATTR {
    const double difference = static_cast<double>(x[i]) - mean;
    return difference * difference;
  };
  const double variance = sum_f64<kPartial>(n, square) / count;
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
  const Moments m = moments<32>(x, n, static_cast<double>(eps));
  int64_t j = 0;
  for (; j + kLanes <= n; j += kLanes) store(normal_lanes(x + j, m, weight + j, bias + j), y + j);
  for (; j < n; ++j) y[j] = normal_lane(x[j], m, weight[j], bias[j]);
}

// y = x / sqrt(mean(x²) + eps)
KERNEL_ATTR void rms_norm(const float* x, float eps, float* y, int64_t n) {
  const auto square = [x](int64_t i) KERNEL_ATTR {
    const double value = static_cast<double>(x[i]);
    return value * value;
  };
  const double mean = sum_f64<32>(n, square) / static_cast<double>(n);
  const float inverse = static_cast<float>(1.0 / std::sqrt(mean + static_cast<double>(eps)));
  for (int64_t j = 0; j < n; ++j) y[j] = x[j] * inverse;
}

// n = layer_norm(x);  y_i = n + (carried - n) mix_i;  carried = n
// One y_i after the other for some columns: all of them at once fall into one set of the
// first-level cache when their distance is a multiple of 4 KiB.
KERNEL_ATTR void shift_mix(const ShiftMixRow& p) {
  constexpr int64_t kColumns = 256;
  float normal[kColumns], step[kColumns];
  const Moments m = moments<32>(p.x, p.width, static_cast<double>(p.eps));
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

// mixed = v + (v_first - v) sigmoid(v_gate + v0)
inline KERNEL_ATTR void mix_values(const float* KERNEL_RESTRICT v,
                                   const float* KERNEL_RESTRICT v_first,
                                   const float* KERNEL_RESTRICT v_gate,
                                   const float* KERNEL_RESTRICT v0, float* KERNEL_RESTRICT mixed,
                                   int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    mixed[i] = v[i] + (v_first[i] - v[i]) * sigmoid_f32(v_gate[i] + v0[i]);
  }
}

// alpha = sigmoid(a + a0);  kappa = k k_k inverse;  k_out = k (1 + (alpha - 1) k_a)
// remove = -kappa;  replace = kappa alpha
inline KERNEL_ATTR void split_keys(const float* KERNEL_RESTRICT k, const float* KERNEL_RESTRICT k_k,
                                   const float* KERNEL_RESTRICT a, const float* KERNEL_RESTRICT a0,
                                   const float* KERNEL_RESTRICT k_a, float inverse,
                                   float* KERNEL_RESTRICT k_out, float* KERNEL_RESTRICT remove,
                                   float* KERNEL_RESTRICT replace, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const float alpha = sigmoid_f32(a[i] + a0[i]);
    const float kappa = k[i] * k_k[i] * inverse;
    k_out[i] = k[i] * (1.0f + (alpha - 1.0f) * k_a[i]);
    remove[i] = -kappa;
    replace[i] = kappa * alpha;
  }
}

// y = ((y - mean) inverse_deviation weight + bias + bonus v) g
inline KERNEL_ATTR void gate_output(const float* KERNEL_RESTRICT y, const Moments& m,
                                    const float* KERNEL_RESTRICT weight,
                                    const float* KERNEL_RESTRICT bias, float bonus,
                                    const float* KERNEL_RESTRICT v, const float* KERNEL_RESTRICT g,
                                    float* KERNEL_RESTRICT out, int64_t n) {
  const float mean = m.mean, inverse_deviation = m.inverse_deviation;
  for (int64_t i = 0; i < n; ++i) {
    const float normal = (y[i] - mean) * inverse_deviation;
    out[i] = (normal * weight[i] + bias[i] + bonus * v[i]) * g[i];
  }
}

// ---- wkv7 -------------------------------------------------------------------------------------

template <int kI>
inline KERNEL_ATTR void sums_of(const V* partial, float* sums) {
  if constexpr (kI == 4) {
    sum4(partial[0], partial[1], partial[2], partial[3], sums);
  } else {
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) sums[row] = sum(partial[row]);
  }
}

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
    float totals[kI];
    sums_of<kI>(partial, totals);
    V sa[kI], vi[kI];
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
      if (sa_out != nullptr) sa_out[t * kI + row] = totals[row];
      sa[row] = set1(totals[row]);
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
    if (p.y != nullptr) sums_of<kI>(partial, p.y + at + i);
    s_in = s_out;
    s_out += s_step;
  }
}

// The same sums in the same order, to the last bit, with kI rows of 64 values in registers over all
// steps.
template <int kI>
inline KERNEL_ATTR void wkv7_held_rows(const Wkv7Steps& p, int64_t i) {
  constexpr int kVectors = 64 / kLanes;
  V s[kI][kVectors];
  float* rows = p.s + i * p.n;
  KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
    KERNEL_UNROLL for (int j = 0; j < kVectors; ++j) s[row][j] = load(rows + row * 64 + j * kLanes);
  }
  for (int64_t t = 0; t < p.steps; ++t) {
    const int64_t at = t * p.stride;
    const float *r = p.r + at, *w = p.w + t * p.n, *k = p.k + at, *a = p.a + at, *b = p.b + at;
    V partial[kI];
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) partial[row] = zero();
    KERNEL_UNROLL for (int j = 0; j < kVectors; ++j) {
      const V aj = load(a + j * kLanes);
      KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
        partial[row] = mul_add(s[row][j], aj, partial[row]);
      }
    }
    float totals[kI];
    sums_of<kI>(partial, totals);
    V sa[kI], vi[kI];
    KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
      sa[row] = set1(totals[row]);
      vi[row] = set1(p.v[at + i + row]);
      partial[row] = zero();
    }
    KERNEL_UNROLL for (int j = 0; j < kVectors; ++j) {
      const V wj = load(w + j * kLanes), bj = load(b + j * kLanes);
      const V kj = load(k + j * kLanes), rj = load(r + j * kLanes);
      KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
        s[row][j] = mul_add(vi[row], kj, mul_add(sa[row], bj, mul(s[row][j], wj)));
        partial[row] = mul_add(s[row][j], rj, partial[row]);
      }
    }
    sums_of<kI>(partial, p.y + at + i);
  }
  KERNEL_UNROLL for (int row = 0; row < kI; ++row) {
    KERNEL_UNROLL for (int j = 0; j < kVectors; ++j) store(s[row][j], rows + row * 64 + j * kLanes);
  }
}

KERNEL_ATTR void wkv7_steps(const Wkv7Steps& p) {
  int64_t i = 0;
  // Several steps: one step alone reads S once either way, and is faster in the short loop.
  if constexpr (kHeldRows > 0) {
    if (p.n == 64 && p.steps > 1) {
      for (; i < 64; i += kHeldRows) wkv7_held_rows<kHeldRows>(p, i);
      return;
    }
  }
  const int64_t whole = p.n - p.n % 4;
  for (; i < whole; i += 4) wkv7_rows<4>(p, i, p.s + i * p.n, p.s + i * p.n, 0, nullptr);
  for (i = whole; i < p.n; ++i) wkv7_rows<1>(p, i, p.s + i * p.n, p.s + i * p.n, 0, nullptr);
}

// The formulas of OpTable::attend for one tile of one head; kN is n, or 0 for any n.
template <int kN>
inline KERNEL_ATTR void attend_tile_of(const AttendTile& p) {
  constexpr double kGroupNormEps = 64e-5;
  const int64_t n = kN > 0 ? kN : p.n, plane = attend_plane(n);
  float* r = p.scratch;
  float *w = r + plane, *k = w + plane, *v = k + plane, *a = v + plane, *b = a + plane;
  float* y = b + plane;
  for (int64_t t = 0; t < p.steps; ++t) {
    const int64_t at = t * p.stride, to = t * n;
    const float* key = p.k + at;
    std::memcpy(r + to, p.r + at, static_cast<size_t>(n) * sizeof(float));
    for (int64_t i = 0; i < n; ++i) y[to + i] = p.d[at + i] + p.w0[i];
    wkv7_decay(y + to, w + to, nullptr, n);
    if (p.v_first != nullptr) {
      mix_values(p.v + at, p.v_first + at, p.v_gate + at, p.v0, v + to, n);
    } else {
      std::memcpy(v + to, p.v + at, static_cast<size_t>(n) * sizeof(float));
    }
    const float* k_k = p.k_k;
    const auto square = [key, k_k](int64_t i) KERNEL_ATTR {
      const double product = static_cast<double>(key[i] * k_k[i]);
      return product * product;
    };
    const float norm = static_cast<float>(std::sqrt(sum_f64<8>(n, square)));
    split_keys(key, k_k, p.a + at, p.a0, p.k_a, 1.0f / (norm > 1e-12f ? norm : 1e-12f), k + to,
               a + to, b + to, n);
  }
  wkv7_steps({.steps = p.steps,
              .n = n,
              .stride = n,
              .r = r,
              .w = w,
              .k = k,
              .v = v,
              .a = a,
              .b = b,
              .y = y,
              .s = p.s});
  for (int64_t t = 0; t < p.steps; ++t) {
    const float *rt = r + t * n, *kt = k + t * n, *r_k = p.r_k;
    const auto term = [rt, kt, r_k](int64_t i) KERNEL_ATTR {
      return static_cast<double>(rt[i]) * static_cast<double>(kt[i]) * static_cast<double>(r_k[i]);
    };
    const float bonus = static_cast<float>(sum_f64<8>(n, term));
    const float* yt = y + t * n;
    gate_output(yt, moments<8>(yt, n, kGroupNormEps), p.ln_weight, p.ln_bias, bonus, v + t * n,
                p.g + t * p.stride, p.y + t * p.stride, n);
  }
}

KERNEL_ATTR void attend_tile(const AttendTile& p) {
  if (p.n == 64) return attend_tile_of<64>(p);
  attend_tile_of<0>(p);
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
