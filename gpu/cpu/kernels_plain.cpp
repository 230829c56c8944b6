// SPDX-License-Identifier: Apache-2.0
// The inner loops for a compiler alone, twice: over four floats at a time (compiler vectors where
// there are such, else a loop of four) and over single floats, for lengths that four do not divide.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "gpu/cpu/kernels.h"
#include "gpu/half.h"
#include "gpu/ops/wkv7.h"

#define KERNEL_ATTR
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
inline float widened(float x) { return x; }
inline float widened(Half x) { return f16_to_f32(x.bits); }
inline float widened(BFloat x) { return bf16_to_f32(x.bits); }

namespace plain {

constexpr const char* kName = "plain C++";
constexpr int kLanes = 4, kRows = 4, kOuts = 2, kHeldRows = 0;
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
#include "gpu/cpu/kernels_body.h"

}  // namespace plain

namespace scalar {

constexpr const char* kName = "scalar C++";
constexpr int kLanes = 1, kRows = 4, kOuts = 2, kHeldRows = 0;
using V = float;
inline V set1(float x) { return x; }
inline V zero() { return 0.0f; }
inline V mul(V a, V b) { return a * b; }
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
