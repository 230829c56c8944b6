// SPDX-License-Identifier: Apache-2.0
// The text of the matrix product over panels (layouts: panels.h), included inside the namespace of
// one instruction set after kernels_body.h's types and functions. It also needs:
//   I kLanes int32, B 4 kLanes bytes, P 2 kLanes int16 (as pairs)
//   kTallRows, kRoundedRows rows of a block of sums (as registers allow)
//   iset1(x) to_float(I) load_bytes(p) one_pair(p): one pair in all
//   low_nibbles(B) high_nibbles(B) either(B, B) fifth_bit(B, g) sixth_bits(B, g)
//   even(B) odd(B): bytes 0 and 2, 1 and 3 of each lane as a pair
//   dot2(I sums, P weights, P x): sums + the two products of each lane
//   bytes_to_float(p) signed_bytes_to_float(p): kLanes values; nf4_low(p) nf4_high(p): the levels
//   in the nibbles of kLanes bytes
// No include guard: it is read once per instruction set.

constexpr int kVectors = static_cast<int>(kPanelOuts) / kLanes;  // of a panel

// f32 sums begin anew after so many k and are then added up: rounding errors grow with a sum's
// length.
constexpr int64_t kRun = 64;

// ---- weights that meet f32 activations: at(k) for any k, then load(k, v) ----------------------

template <class W>
struct Elements {
  const W* panel;
  explicit Elements(const PanelProduct& p) : panel(static_cast<const W*>(p.panel)) {}
  inline KERNEL_ATTR void at(int64_t) {}
  inline KERNEL_ATTR void fetch(int64_t k) const { KERNEL_FETCH(panel + k * kPanelOuts); }
  inline KERNEL_ATTR V load(int64_t k, int v) const {
    return load_wide(panel + k * kPanelOuts + v * kLanes);
  }
};

struct Nf4 {
  static constexpr int64_t kBlock = 64, kBlockBytes = 64 + kBlock * 16;
  const uint8_t* panel;
  int64_t block = -1;
  V absmax[kVectors];
  explicit Nf4(const PanelProduct& p) : panel(static_cast<const uint8_t*>(p.panel)) {
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) absmax[v] = zero();
  }
  inline KERNEL_ATTR void fetch(int64_t k) const {
    KERNEL_FETCH(panel + k / kBlock * kBlockBytes + 64 + k % kBlock * 16);
  }
  inline KERNEL_ATTR void at(int64_t k) {
    if (k / kBlock == block) return;
    block = k / kBlock;
    const auto* half = reinterpret_cast<const Half*>(panel + block * kBlockBytes);
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) absmax[v] = load_wide(half + v * kLanes);
  }
  inline KERNEL_ATTR V load(int64_t k, int v) const {
    constexpr int kHalf = kVectors / 2;
    const uint8_t* bytes = panel + block * kBlockBytes + 64 + k % kBlock * 16;
    const V level =
        v < kHalf ? nf4_low(bytes + v * kLanes) : nf4_high(bytes + (v - kHalf) * kLanes);
    return mul(absmax[v], level);
  }
};

// Sums of k in [begin, end), or of those of the list `active` in [begin, end), in their order.
template <int kR, bool kIsSparse, class W>
inline KERNEL_ATTR void float_sums(W& w, const float* x, int64_t x_stride, const int32_t* active,
                                   int64_t begin, int64_t end, float* totals) {
  V sums[kR][kVectors];
  KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) sums[r][v] = zero();
  }
  for (int64_t i = begin; i < end; ++i) {
    const int64_t k = kIsSparse ? active[i] : i;
    if constexpr (kIsSparse) w.fetch(active[i + kFetchAhead]);
    w.at(k);
    V wide[kVectors];
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) wide[v] = w.load(k, v);
    KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
      const V xk = set1(x[r * x_stride + k]);
      KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = mul_add(xk, wide[v], sums[r][v]);
      }
    }
  }
  KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) {
      float* to = totals + r * kPanelOuts + v * kLanes;
      store(add(load(to), sums[r][v]), to);
    }
  }
}

// All rows, k in [begin, end); x and w count k from 0.
template <class W>
inline KERNEL_ATTR void float_rows(W& w, const PanelProduct& p, int64_t begin, int64_t end,
                                   const float* x, float* totals) {
  int64_t row = 0;
  const int64_t eight = kLanes >= 16 && p.rows % kTallRows == 2 ? 8 : 0;  // better than 6 + 2
  for (; row + kTallRows <= p.rows - eight; row += kTallRows) {
    float_sums<kTallRows, false>(w, x + row * p.k, p.k, nullptr, begin, end,
                                 totals + row * kPanelOuts);
  }
  if constexpr (kLanes >= 16) {
    for (; row + 8 <= p.rows; row += 8) {
      float_sums<8, false>(w, x + row * p.k, p.k, nullptr, begin, end, totals + row * kPanelOuts);
    }
    for (; row + 4 <= p.rows; row += 4) {
      float_sums<4, false>(w, x + row * p.k, p.k, nullptr, begin, end, totals + row * kPanelOuts);
    }
  }
  for (; row + 2 <= p.rows; row += 2) {
    float_sums<2, false>(w, x + row * p.k, p.k, nullptr, begin, end, totals + row * kPanelOuts);
  }
  if (row < p.rows) {
    float_sums<1, false>(w, x + row * p.k, p.k, nullptr, begin, end, totals + row * kPanelOuts);
  }
}

template <class W>
inline KERNEL_ATTR void float_panel(const PanelProduct& p, float* totals) {
  W w(p);
  if (p.active != nullptr) {  // one row: the k that are not zero
    int64_t i = 0;
    for (int64_t begin = 0; begin < p.k; begin += kRun) {
      int64_t end = i;
      while (end < p.active_count && p.active[end] < begin + kRun) ++end;
      float_sums<1, true>(w, p.x, p.k, p.active, i, end, totals);
      i = end;
    }
    return;
  }
  // So few rows that W is widened again for each block of them.
  constexpr int64_t kFewRows = kLanes >= 16 ? 8 : kTallRows;
  if (p.rows <= kFewRows) {
    for (int64_t begin = 0; begin < p.k; begin += kRun) {
      float_rows(w, p, begin, p.k - begin < kRun ? p.k : begin + kRun, p.x, totals);
    }
    return;
  }
  // Many rows: widen a run once.
  float* wide = totals + p.rows * kPanelOuts;
  PanelProduct run = p;
  run.panel = wide;
  for (int64_t begin = 0; begin < p.k; begin += kRun) {
    const int64_t count = p.k - begin < kRun ? p.k - begin : kRun;
    for (int64_t k = 0; k < count; ++k) {
      w.at(begin + k);
      KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) {
        store(w.load(begin + k, v), wide + k * kPanelOuts + v * kLanes);
      }
    }
    Elements<float> widened(run);
    float_rows(widened, p, 0, count, p.x + begin, totals);
  }
}

// ---- weights that meet activations rounded to 16 bits -----------------------------------------

// One stretch of 32 k of a panel. weights(g, v): the numbers of group g for the outputs of vector
// v; scale(part, v), min(v): y = scale * q (+ min); a stretch has kParts scales.

// Of a 64-byte group.
inline KERNEL_ATTR B nibble_weights(const uint8_t* group, int v) {
  constexpr int kHalf = kVectors / 2;
  const B both = load_bytes(group + v % kHalf * 4 * kLanes);
  return v < kHalf ? low_nibbles(both) : high_nibbles(both);
}

inline KERNEL_ATTR B with_fifth_bits(B nibbles, const uint8_t* high, int g, int v) {
  return either(nibbles, fifth_bit(load_bytes(high + v * 4 * kLanes), g));
}

template <bool kHasMin, bool kHasFifths>
struct Nibbles {  // q4_0 q4_1 q5_0 q5_1
  static constexpr bool kIsMinUsed = kHasMin;
  static constexpr int kParts = 1;
  static constexpr int64_t kScaleBytes = kHasMin ? 128 : 64, kHighBytes = kHasFifths ? 128 : 0;
  static constexpr int64_t kBytes = kScaleBytes + kHighBytes + 512;
  const uint8_t* bytes;
  Nibbles(const PanelProduct& p, int64_t s)
      : bytes(static_cast<const uint8_t*>(p.panel) + s * kBytes) {}
  inline KERNEL_ATTR B weights(int g, int v) const {
    const B nibbles = nibble_weights(bytes + kScaleBytes + kHighBytes + g * 64, v);
    return kHasFifths ? with_fifth_bits(nibbles, bytes + kScaleBytes, g, v) : nibbles;
  }
  inline KERNEL_ATTR V scale(int, int v) const { return half(v * kLanes); }
  inline KERNEL_ATTR V min(int v) const { return half(32 + v * kLanes); }
  inline KERNEL_ATTR V half(int i) const {
    return load_wide(reinterpret_cast<const Half*>(bytes) + i);
  }
};

struct Q8 {
  static constexpr bool kIsMinUsed = false;
  static constexpr int kParts = 1;
  const uint8_t* bytes;
  Q8(const PanelProduct& p, int64_t s)
      : bytes(static_cast<const uint8_t*>(p.panel) + s * (64 + 1024)) {}
  inline KERNEL_ATTR B weights(int g, int v) const {
    return load_bytes(bytes + 64 + g * 128 + v * 4 * kLanes);
  }
  inline KERNEL_ATTR V scale(int, int v) const {
    return load_wide(reinterpret_cast<const Half*>(bytes) + v * kLanes);
  }
  inline KERNEL_ATTR V min(int) const { return zero(); }
};

struct Int8 {
  static constexpr bool kIsMinUsed = false;
  static constexpr int kParts = 1;
  const uint8_t *panel, *groups;
  Int8(const PanelProduct& p, int64_t s)
      : panel(static_cast<const uint8_t*>(p.panel)), groups(panel + 128 + s * 1024) {}
  inline KERNEL_ATTR B weights(int g, int v) const {
    return load_bytes(groups + g * 128 + v * 4 * kLanes);
  }
  inline KERNEL_ATTR V scale(int, int v) const {
    return load(reinterpret_cast<const float*>(panel) + v * kLanes);
  }
  inline KERNEL_ATTR V min(int) const { return zero(); }
};

template <bool kHasFifths>
struct ScaleMin {  // q4_k q5_k
  static constexpr bool kIsMinUsed = true;
  static constexpr int kParts = 1;
  static constexpr int64_t kHighBytes = kHasFifths ? 128 : 0, kBytes = 64 + kHighBytes + 512;
  const uint8_t *head, *bytes;
  ScaleMin(const PanelProduct& p, int64_t s)
      : head(static_cast<const uint8_t*>(p.panel) + s / 8 * (128 + 8 * kBytes)),
        bytes(head + 128 + s % 8 * kBytes) {}
  inline KERNEL_ATTR B weights(int g, int v) const {
    const B nibbles = nibble_weights(bytes + 64 + kHighBytes + g * 64, v);
    return kHasFifths ? with_fifth_bits(nibbles, bytes + 64, g, v) : nibbles;
  }
  inline KERNEL_ATTR V half(int i) const {
    return load_wide(reinterpret_cast<const Half*>(head) + i);
  }
  inline KERNEL_ATTR V scale(int, int v) const {
    return mul(half(v * kLanes), bytes_to_float(bytes + v * kLanes));
  }
  inline KERNEL_ATTR V min(int v) const {
    const V positive = mul(half(32 + v * kLanes), bytes_to_float(bytes + 32 + v * kLanes));
    return mul(positive, set1(-1.0f));
  }
};

struct Q6K {
  static constexpr bool kIsMinUsed = false;
  static constexpr int kParts = 2;
  static constexpr int64_t kBytes = 64 + 256 + 512;
  const uint8_t *head, *bytes;
  Q6K(const PanelProduct& p, int64_t s)
      : head(static_cast<const uint8_t*>(p.panel) + s / 8 * (64 + 8 * kBytes)),
        bytes(head + 64 + s % 8 * kBytes) {}
  inline KERNEL_ATTR B weights(int g, int v) const {
    const B high = load_bytes(bytes + 64 + g / 4 * 128 + v * 4 * kLanes);
    return either(nibble_weights(bytes + 64 + 256 + g * 64, v), sixth_bits(high, g));
  }
  inline KERNEL_ATTR V scale(int part, int v) const {
    return mul(load_wide(reinterpret_cast<const Half*>(head) + v * kLanes),
               signed_bytes_to_float(bytes + part * 32 + v * kLanes));
  }
  inline KERNEL_ATTR V min(int) const { return zero(); }
};

constexpr int64_t kSegmentStretches = kSegment / kStretch;

// One stretch: sums[r][v] += scale (sum of q weights - zero sum of q) (+ min sum of q).
template <class W, int kR, bool kIsSparse>
inline KERNEL_ATTR void add_stretch(const PanelProduct& p, int64_t row, int64_t s,
                                    V (*sums)[kVectors]) {
  constexpr int kGroups = 8 / W::kParts;
  constexpr int kAtOnce = kVectors <= 2 ? kVectors : 1;  // vectors of weights held in registers
  const RoundedRows& x = p.rounded;
  const int64_t at = row * x.stretches + s;
  const W w(p, s);
  KERNEL_UNROLL for (int part = 0; part < W::kParts; ++part) {
    I whole[kR][kVectors];
    KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
      const I start = iset1(x.bias[(at + r * x.stretches) * W::kParts + part]);
      KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) whole[r][v] = start;
    }
    KERNEL_UNROLL for (int group = 0; group < kGroups; ++group) {
      const int g = part * kGroups + group;
      if constexpr (kIsSparse) {
        if ((p.active_groups[s] >> g & 1) == 0) continue;
      }
      const int16_t* q = x.q + at * kStretch + 4 * g;
      KERNEL_UNROLL for (int step = 0; step < kVectors; step += kAtOnce) {
        P pairs[kAtOnce][2];
        KERNEL_UNROLL for (int i = 0; i < kAtOnce; ++i) {
          const B weights = w.weights(g, step + i);
          pairs[i][0] = even(weights);
          pairs[i][1] = odd(weights);
        }
        KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
          const P first = one_pair(q + r * x.stretches * kStretch);
          const P second = one_pair(q + r * x.stretches * kStretch + 2);
          KERNEL_UNROLL for (int i = 0; i < kAtOnce; ++i) {
            I& sum = whole[r][step + i];
            sum = dot2(dot2(sum, pairs[i][0], first), pairs[i][1], second);
          }
        }
      }
    }
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) {
      const V scale = w.scale(part, v);
      KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
        sums[r][v] = mul_add(to_float(whole[r][v]), scale, sums[r][v]);
      }
    }
  }
  if constexpr (W::kIsMinUsed) {
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) {
      const V min = w.min(v);
      KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
        sums[r][v] = mul_add(min, set1(x.sum[at + r * x.stretches]), sums[r][v]);
      }
    }
  }
}

// One segment: totals += d (sum over its stretches), rows [row, row + kR).
template <class W, int kR, bool kIsSparse>
inline KERNEL_ATTR void add_segment(const PanelProduct& p, int64_t row, int64_t segment,
                                    float* totals) {
  const int64_t stretches = p.rounded.stretches;
  const int64_t segments = (stretches + kSegmentStretches - 1) / kSegmentStretches;
  V sums[kR][kVectors];
  KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) sums[r][v] = zero();
  }
  const int64_t begin = segment * kSegmentStretches;
  const int64_t end = stretches - begin < kSegmentStretches ? stretches : begin + kSegmentStretches;
  for (int64_t s = begin; s < end; ++s) {
    if constexpr (kIsSparse) {
      if (p.active_groups[s] == 0) continue;
    }
    add_stretch<W, kR, kIsSparse>(p, row, s, sums);
  }
  KERNEL_UNROLL for (int r = 0; r < kR; ++r) {
    const V d = set1(p.rounded.d[(row + r) * segments + segment]);
    KERNEL_UNROLL for (int v = 0; v < kVectors; ++v) {
      float* to = totals + (row + r) * kPanelOuts + v * kLanes;
      store(mul_add(sums[r][v], d, load(to)), to);
    }
  }
}

// One segment, all rows.
template <class W>
inline KERNEL_ATTR void add_segment_rows(const PanelProduct& p, int64_t segment, float* totals) {
  int64_t row = 0;
  for (; row + kRoundedRows <= p.rows; row += kRoundedRows) {
    add_segment<W, kRoundedRows, false>(p, row, segment, totals);
  }
  if constexpr (kRoundedRows > 8) {
    for (; row + 8 <= p.rows; row += 8) add_segment<W, 8, false>(p, row, segment, totals);
  }
  if constexpr (kRoundedRows > 4) {
    for (; row + 4 <= p.rows; row += 4) add_segment<W, 4, false>(p, row, segment, totals);
  }
  for (; row + 2 <= p.rows; row += 2) add_segment<W, 2, false>(p, row, segment, totals);
  if (row < p.rows) add_segment<W, 1, false>(p, row, segment, totals);
}

template <class W>
inline KERNEL_ATTR void rounded_panel(const PanelProduct& p, float* totals) {
  const int64_t segments = (p.rounded.stretches + kSegmentStretches - 1) / kSegmentStretches;
  for (int64_t segment = 0; segment < segments; ++segment) {
    if (p.active_groups != nullptr) {
      add_segment<W, 1, true>(p, 0, segment, totals);
    } else {
      add_segment_rows<W>(p, segment, totals);
    }
  }
}

// ---- the op's view -----------------------------------------------------------------------------

// y = after(scale * totals (+ y)) of the panel's valid outputs.
inline KERNEL_ATTR void finish_panel(const PanelProduct& p, const float* totals) {
  for (int64_t r = 0; r < p.rows; ++r) {
    const float* from = totals + r * kPanelOuts;
    float* to = p.y + r * p.y_stride;
    if (p.is_accumulating) {
      for (int64_t o = 0; o < p.outs; ++o) to[o] = p.scale * from[o] + to[o];
    } else {
      for (int64_t o = 0; o < p.outs; ++o) to[o] = p.scale * from[o];
    }
    if (p.after == Activation::Tanh) tanh(to, p.outs);
    if (p.after == Activation::Sigmoid) sigmoid(to, p.outs);
    if (p.after == Activation::ReluSquared) relu_squared(to, p.outs);
  }
}

KERNEL_ATTR void panel_product(const PanelProduct& p) {
  float* totals = p.scratch;
  for (int64_t i = 0; i < p.rows * kPanelOuts; ++i) totals[i] = 0.0f;
  switch (p.dtype) {
    case DType::F32:
      float_panel<Elements<float>>(p, totals);
      break;
    case DType::F16:
      float_panel<Elements<Half>>(p, totals);
      break;
    case DType::BF16:
      float_panel<Elements<BFloat>>(p, totals);
      break;
    case DType::NF4:
      float_panel<Nf4>(p, totals);
      break;
    case DType::Q8_0:
      rounded_panel<Q8>(p, totals);
      break;
    case DType::Int8Row:
      rounded_panel<Int8>(p, totals);
      break;
    case DType::Q4_0:
      rounded_panel<Nibbles<false, false>>(p, totals);
      break;
    case DType::Q4_1:
      rounded_panel<Nibbles<true, false>>(p, totals);
      break;
    case DType::Q5_0:
      rounded_panel<Nibbles<false, true>>(p, totals);
      break;
    case DType::Q5_1:
      rounded_panel<Nibbles<true, true>>(p, totals);
      break;
    case DType::Q4_K:
      rounded_panel<ScaleMin<false>>(p, totals);
      break;
    case DType::Q5_K:
      rounded_panel<ScaleMin<true>>(p, totals);
      break;
    default:
      rounded_panel<Q6K>(p, totals);
  }
  finish_panel(p, totals);
}

// d of up to kSegment values: max |x| / 32767; NaN when one is not finite.
inline KERNEL_ATTR float rounding_step(const float* KERNEL_RESTRICT x, int64_t n) {
  float largest[16] = {}, poison[16] = {};
  for (int64_t i = 0; i < n; i += 16) {
    KERNEL_UNROLL for (int lane = 0; lane < 16; ++lane) {
      const float value = x[i + lane], size = value < 0.0f ? -value : value;
      largest[lane] = size > largest[lane] ? size : largest[lane];
      poison[lane] += value * 0.0f;
    }
  }
  for (int half = 8; half > 0; half /= 2) {
    for (int lane = 0; lane < half; ++lane) {
      const float other = largest[lane + half];
      largest[lane] = other > largest[lane] ? other : largest[lane];
      poison[lane] += poison[lane + half];
    }
  }
  return largest[0] / 32767.0f + poison[0];
}

// q = round(x / d), 32 values; their sums by halves.
inline KERNEL_ATTR void round_stretch(const float* KERNEL_RESTRICT x, float inverse,
                                      int16_t* KERNEL_RESTRICT q, int32_t* sums) {
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  int32_t whole[32];
  for (int i = 0; i < 32; ++i) {
    const float level = x[i] * inverse;
    const float high = level > 32767.0f ? 32767.0f : level;  // the product may round up
    const float kept = high < -32767.0f ? -32767.0f : high;
    whole[i] = std::bit_cast<int32_t>(kept + kRounder) - std::bit_cast<int32_t>(kRounder);
  }
  sums[0] = 0;
  sums[1] = 0;
  for (int i = 0; i < 16; ++i) sums[0] += whole[i];
  for (int i = 16; i < 32; ++i) sums[1] += whole[i];
  for (int i = 0; i < 32; i += 4) {
    q[i] = static_cast<int16_t>(whole[i]);
    q[i + 1] = static_cast<int16_t>(whole[i + 2]);
    q[i + 2] = static_cast<int16_t>(whole[i + 1]);
    q[i + 3] = static_cast<int16_t>(whole[i + 3]);
  }
}

KERNEL_ATTR void round_row(const float* x, int64_t k, DType dtype, const RoundedRow& to) {
  const int32_t offset = raw_zero(dtype);
  const int64_t parts = dtype == DType::Q6_K ? 2 : 1;
  for (int64_t begin = 0; begin < k; begin += kSegment) {
    const int64_t count = k - begin < kSegment ? k - begin : kSegment;
    const float* from = x + begin;
    float filled[kSegment];
    if (count % kStretch != 0) {
      std::memcpy(filled, from, static_cast<size_t>(count) * sizeof(float));
      for (int64_t i = count; i < kSegment; ++i) filled[i] = 0.0f;
      from = filled;
    }
    const int64_t stretches = (count + kStretch - 1) / kStretch;
    const float d = rounding_step(from, stretches * kStretch);
    const float inverse = d > 0.0f ? 1.0f / d : 0.0f;
    to.d[begin / kSegment] = d;
    for (int64_t i = 0; i < stretches; ++i) {
      const int64_t s = begin / kStretch + i;
      int32_t sums[2];
      round_stretch(from + i * kStretch, inverse, to.q + s * kStretch, sums);
      to.sum[s] = static_cast<float>(sums[0] + sums[1]);
      if (parts == 2) {
        to.bias[2 * s] = -offset * sums[0];
        to.bias[2 * s + 1] = -offset * sums[1];
      } else {
        to.bias[s] = -offset * (sums[0] + sums[1]);
      }
    }
  }
}
