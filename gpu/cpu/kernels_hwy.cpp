// SPDX-License-Identifier: Apache-2.0
// The inner loops with Highway: this file is read once per instruction set (foreach_target.h) and
// the best one of the machine is chosen at run time.
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "gpu/cpu/kernels.h"
#include "gpu/ops/wkv7.h"

// Arrays of vectors need a size known when compiling. AVX3_DL adds code but no speed; SSSE3 and
// SSE4 are no faster than plain C++, and Highway 1.0 widens infinite f16 wrongly there.
#define HWY_DISABLED_TARGETS \
  (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gpu/cpu/kernels_hwy.cpp"
#include "hwy/foreach_target.h"
// After foreach_target.h, which defines the target.
#include "hwy/highway.h"

#ifndef KERNEL_ATTR
#define KERNEL_ATTR HWY_ATTR
#define KERNEL_RESTRICT HWY_RESTRICT
#ifdef __clang__
#define KERNEL_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define KERNEL_UNROLL _Pragma("GCC unroll 16")
#else
#define KERNEL_UNROLL
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace greylag::gpu::HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR  // a CPU without any known vectors
const CpuKernels* kernels_of_target() { return &plain_cpu_kernels(); }
#else
namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;
using Half = hwy::float16_t;
using BFloat = hwy::bfloat16_t;

constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
#if HWY_TARGET == HWY_AVX3
constexpr const char* kName = "AVX-512";
constexpr int kRows = 6, kOuts = 4;  // 32 registers
constexpr int kHeldRows = 4;
#elif HWY_TARGET == HWY_AVX2
constexpr const char* kName = "AVX2";
constexpr int kRows = 6, kOuts = 2;  // 16 registers
constexpr int kHeldRows = 0;
#elif HWY_TARGET == HWY_NEON
constexpr const char* kName = "NEON";
constexpr int kRows = 6, kOuts = 4;  // 32 registers
constexpr int kHeldRows = 0;
#else
constexpr const char* kName = HWY_STR(HWY_NAMESPACE);
constexpr int kRows = 4, kOuts = 2;
constexpr int kHeldRows = 0;
#endif

HWY_INLINE V zero() { return hn::Zero(D()); }
HWY_INLINE V set1(float x) { return hn::Set(D(), x); }
HWY_INLINE V load(const float* p) { return hn::LoadU(D(), p); }
HWY_INLINE void store(V v, float* p) { hn::StoreU(v, D(), p); }
HWY_INLINE V load_wide(const float* p) { return load(p); }
template <class W>
HWY_INLINE V load_wide(const W* p) {
  return hn::PromoteTo(D(), hn::LoadU(hn::Rebind<W, D>(), p));
}
HWY_INLINE V mul(V a, V b) { return hn::Mul(a, b); }
HWY_INLINE V sub(V a, V b) { return hn::Sub(a, b); }
HWY_INLINE V mul_add(V a, V b, V c) { return hn::MulAdd(a, b, c); }

// Halves are added until four lanes are left, then (0 + 1) + (2 + 3).
template <class Tag, class Vector>
HWY_INLINE auto fold(Tag, Vector v) {
  if constexpr (hn::MaxLanes(Tag()) <= 4) {
    return v;
  } else {
    const hn::Half<Tag> half;
    return fold(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

using D4 = hn::FixedTag<float, 4>;
using V4 = hn::Vec<D4>;
HWY_INLINE V4 add_pairs(V4 low, V4 high) {
  return hn::Add(hn::ConcatEven(D4(), high, low), hn::ConcatOdd(D4(), high, low));
}
HWY_INLINE float sum(V v) {
  const V4 folded = fold(D(), v);
  const V4 pairs = add_pairs(folded, folded);
  return hn::GetLane(add_pairs(pairs, pairs));
}
HWY_INLINE void sum4(V a, V b, V c, V d, float* sums) {
  const V4 ab = add_pairs(fold(D(), a), fold(D(), b));
  const V4 cd = add_pairs(fold(D(), c), fold(D(), d));
  hn::StoreU(add_pairs(ab, cd), D4(), sums);
}

#include "gpu/cpu/kernels_body.h"

const CpuKernels* kernels_of_target() { return &kKernels; }
#endif

}  // namespace
}  // namespace greylag::gpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace greylag::gpu {

HWY_EXPORT(kernels_of_target);

const CpuKernels& cpu_kernels() {
  static const CpuKernels& kBest = *HWY_DYNAMIC_DISPATCH(kernels_of_target)();
  return kBest;
}

std::vector<const CpuKernels*> runnable_cpu_kernels() {
  std::vector<const CpuKernels*> found;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    const CpuKernels* kernels = HWY_DYNAMIC_DISPATCH(kernels_of_target)();
    if (kernels != &plain_cpu_kernels()) found.push_back(kernels);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  found.push_back(&plain_cpu_kernels());
  found.push_back(&scalar_cpu_kernels());
  return found;
}

}  // namespace greylag::gpu
#endif
