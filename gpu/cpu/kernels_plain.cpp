// SPDX-License-Identifier: Apache-2.0
// The inner loops for a compiler alone, twice: over four floats at a time (compiler vectors where
// there are such, else a loop of four) and over single floats, for lengths that four do not divide.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "gpu/cpu/kernels.h"
#include "gpu/cpu/panels.h"
#include "gpu/half.h"
#include "gpu/ops/wkv7.h"
#include "gpu/quant/raw_quants.h"

#define KERNEL_ATTR
#define KERNEL_FETCH(p) static_cast<void>(p)
#ifdef _MSC_VER
#define KERNEL_RESTRICT __restrict
#else
#define KERNEL_RESTRICT __restrict__
#endif
#if defined(__GNUC__) && !defined(__clang__)
#define KERNEL_UNROLL _Pragma("GCC unroll 16")
#elif defined(__clang__)
#define KERNEL_UNROLL _Pragma("unroll")
#else
#define KERNEL_UNROLL
#endif

namespace greylag::gpu {
namespace {

struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};
[[maybe_unused]] inline float widened(float x) { return x; }
[[maybe_unused]] inline float widened(Half x) { return f16_to_f32(x.bits); }
[[maybe_unused]] inline float widened(BFloat x) { return bf16_to_f32(x.bits); }

namespace plain {

constexpr const char* kName = "plain C++";
constexpr int kLanes = 4, kTallRows = 2, kRoundedRows = 2, kHeldRows = 0;
#ifdef __GNUC__
using V = float __attribute__((vector_size(16)));
inline V set1(float x) { return V{x, x, x, x}; }
inline V mul(V a, V b) { return a * b; }
inline V add(V a, V b) { return a + b; }
inline V sub(V a, V b) { return a - b; }
#else
struct V {
  float lanes[4];
  float operator[](int i) const { return lanes[i]; }
};
inline V set1(float x) { return V{{x, x, x, x}}; }
inline V mul(V a, V b) { return V{{a[0] * b[0], a[1] * b[1], a[2] * b[2], a[3] * b[3]}}; }
inline V add(V a, V b) { return V{{a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]}}; }
inline V sub(V a, V b) { return V{{a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]}}; }
#endif
inline V zero() { return set1(0.0f); }
inline V load(const float* p) {
  V v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline void store(V v, float* p) { std::memcpy(p, &v, sizeof v); }
inline V load_wide(const float* p) { return load(p); }
template <class W>
inline V load_wide(const W* p) {
  const float wide[4] = {widened(p[0]), widened(p[1]), widened(p[2]), widened(p[3])};
  return load(wide);
}
#ifdef __GNUC__
inline V load_wide(const BFloat* p) {
  uint16_t narrow __attribute__((vector_size(8)));
  std::memcpy(&narrow, p, sizeof narrow);
  using Bits = uint32_t __attribute__((vector_size(16)));
  return std::bit_cast<V>(__builtin_convertvector(narrow, Bits) << 16);
}
#endif
inline V mul_add(V a, V b, V c) { return add(mul(a, b), c); }
inline float sum(V v) { return (v[0] + v[1]) + (v[2] + v[3]); }
inline void sum4(V a, V b, V c, V d, float* sums) {
  sums[0] = sum(a);
  sums[1] = sum(b);
  sums[2] = sum(c);
  sums[3] = sum(d);
}

// ---- integers ----
struct I {
  int32_t lanes[kLanes];
};
struct B {
  uint8_t bytes[4 * kLanes];
};
struct P {
  int16_t halves[2 * kLanes];
};
inline I iset1(int32_t x) { return I{{x, x, x, x}}; }
inline V to_float(I v) {
  float wide[kLanes];
  for (int i = 0; i < kLanes; ++i) wide[i] = static_cast<float>(v.lanes[i]);
  return load(wide);
}
inline B load_bytes(const uint8_t* p) {
  B v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline P one_pair(const int16_t* p) {
  P v;
  for (int i = 0; i < kLanes; ++i) std::memcpy(v.halves + 2 * i, p, 4);
  return v;
}
template <class Change>
inline B each_byte(B v, Change&& change) {
  for (uint8_t& byte : v.bytes) byte = static_cast<uint8_t>(change(static_cast<int>(byte)));
  return v;
}
inline B low_nibbles(B v) {
  return each_byte(v, [](int byte) { return byte & 15; });
}
inline B high_nibbles(B v) {
  return each_byte(v, [](int byte) { return byte >> 4; });
}
inline B either(B a, B b) {
  for (int i = 0; i < 4 * kLanes; ++i) a.bytes[i] = static_cast<uint8_t>(a.bytes[i] | b.bytes[i]);
  return a;
}
inline B fifth_bit(B v, int g) {
  return each_byte(v, [g](int byte) { return (byte >> (g + 4) % 8 & 1) << 4; });
}
inline B sixth_bits(B v, int g) {
  return each_byte(v, [g](int byte) { return (byte >> (2 * g + 4) % 8 & 3) << 4; });
}
inline P even(B v) {
  P pairs;
  for (int i = 0; i < 2 * kLanes; ++i) pairs.halves[i] = v.bytes[2 * i];
  return pairs;
}
inline P odd(B v) {
  P pairs;
  for (int i = 0; i < 2 * kLanes; ++i) pairs.halves[i] = v.bytes[2 * i + 1];
  return pairs;
}
inline I dot2(I sums, P weights, P x) {
  for (int i = 0; i < 2 * kLanes; ++i) {
    sums.lanes[i / 2] += static_cast<int>(weights.halves[i]) * static_cast<int>(x.halves[i]);
  }
  return sums;
}
inline V bytes_to_float(const uint8_t* p) { return to_float(I{{p[0], p[1], p[2], p[3]}}); }
inline V signed_bytes_to_float(const uint8_t* p) {
  I v;
  for (int i = 0; i < kLanes; ++i) v.lanes[i] = static_cast<int8_t>(p[i]);
  return to_float(v);
}
inline V nf4_low(const uint8_t* p) {
  float levels[kLanes];
  for (int i = 0; i < kLanes; ++i) levels[i] = kNf4Levels[p[i] & 15];
  return load(levels);
}
inline V nf4_high(const uint8_t* p) {
  float levels[kLanes];
  for (int i = 0; i < kLanes; ++i) levels[i] = kNf4Levels[p[i] >> 4];
  return load(levels);
}

#include "gpu/cpu/kernels_body.h"
#include "gpu/cpu/panels_body.h"
#include "gpu/cpu/softmax_body.h"
#include "gpu/cpu/table_of_kernels.h"

}  // namespace plain

namespace scalar {

constexpr const char* kName = "scalar C++";
constexpr int kLanes = 1, kHeldRows = 0;
using V = float;
inline V set1(float x) { return x; }
inline V zero() { return 0.0f; }
inline V mul(V a, V b) { return a * b; }
inline V add(V a, V b) { return a + b; }
inline V sub(V a, V b) { return a - b; }
inline V load(const float* p) { return *p; }
inline void store(V v, float* p) { *p = v; }
template <class W>
inline V load_wide(const W* p) {
  return widened(*p);
}
inline V mul_add(V a, V b, V c) { return a * b + c; }
inline float sum(V v) { return v; }
inline void sum4(V a, V b, V c, V d, float* sums) {
  sums[0] = a;
  sums[1] = b;
  sums[2] = c;
  sums[3] = d;
}
#include "gpu/cpu/kernels_body.h"
#include "gpu/cpu/softmax_body.h"
using plain::panel_product;
using plain::round_row;
#include "gpu/cpu/table_of_kernels.h"

}  // namespace scalar
}  // namespace

const CpuKernels& plain_cpu_kernels() { return plain::kKernels; }
const CpuKernels& scalar_cpu_kernels() { return scalar::kKernels; }

#ifndef GREYLAG_HAS_HIGHWAY
const CpuKernels& cpu_kernels() { return plain::kKernels; }
std::vector<const CpuKernels*> runnable_cpu_kernels() {
  return {&plain::kKernels, &scalar::kKernels};
}
#endif

}  // namespace greylag::gpu
