// SPDX-License-Identifier: Apache-2.0
// The inner loops with Highway: this file is read once per instruction set (foreach_target.h) and
// the best one of the machine is chosen at run time.
#include <hwy/cache_control.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "gpu/cpu/kernels.h"
#include "gpu/cpu/panels.h"
#include "gpu/ops/wkv7.h"
#include "gpu/quant/raw_quants.h"

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
#define KERNEL_FETCH(p) hwy::Prefetch(p)
#define KERNEL_RESTRICT HWY_RESTRICT
#ifdef __clang__
#define KERNEL_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define KERNEL_UNROLL _Pragma("GCC unroll 16")
#else
#define KERNEL_UNROLL
#endif
#endif

// Highway's AVX3 is AVX-512 without VNNI; ours has it (cpu_kernels() asks the CPU).
#if HWY_TARGET == HWY_AVX3
HWY_PUSH_ATTRIBUTES(HWY_TARGET_STR ",avx512vnni")
#else
HWY_BEFORE_NAMESPACE();
#endif
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
constexpr int kTallRows = 6, kRoundedRows = 12, kHeldRows = 4;  // 32 registers of 16 lanes
#elif HWY_TARGET == HWY_AVX2
constexpr const char* kName = "AVX2";
constexpr int kTallRows = 3, kRoundedRows = 3, kHeldRows = 0;  // 16 registers of 8 lanes
#elif HWY_TARGET == HWY_NEON
constexpr const char* kName = "NEON";
constexpr int kTallRows = 3, kRoundedRows = 2, kHeldRows = 0;  // 32 registers of 4 lanes
#else
constexpr const char* kName = HWY_STR(HWY_NAMESPACE);
constexpr int kTallRows = 2, kRoundedRows = 2, kHeldRows = 0;
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
HWY_INLINE V add(V a, V b) { return hn::Add(a, b); }
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

// ---- integers ----
using DI = hn::RebindToSigned<D>;
using DB = hn::Repartition<uint8_t, D>;
using DW = hn::Repartition<uint16_t, D>;
using DP = hn::Repartition<int16_t, D>;
using DSmall = hn::Rebind<uint8_t, D>;
using I = hn::Vec<DI>;
using B = hn::Vec<DB>;
using P = hn::Vec<DP>;

HWY_INLINE I iset1(int32_t x) { return hn::Set(DI(), x); }
HWY_INLINE V to_float(I v) { return hn::ConvertTo(D(), v); }
HWY_INLINE B load_bytes(const uint8_t* p) { return hn::LoadU(DB(), p); }
HWY_INLINE P one_pair(const int16_t* p) {
  int32_t pair = 0;
  std::memcpy(&pair, p, sizeof pair);
  return hn::BitCast(DP(), iset1(pair));
}
HWY_INLINE B either(B a, B b) { return hn::Or(a, b); }
HWY_INLINE B masked(B v, uint8_t mask) { return hn::And(v, hn::Set(DB(), mask)); }
// Shifted as 16-bit numbers: what crosses from byte to byte is masked out by the callers.
template <int kBits>
HWY_INLINE B down(B v) {
  return hn::BitCast(DB(), hn::ShiftRight<kBits>(hn::BitCast(DW(), v)));
}
template <int kBits>
HWY_INLINE B up(B v) {
  return hn::BitCast(DB(), hn::ShiftLeft<kBits>(hn::BitCast(DW(), v)));
}
HWY_INLINE B low_nibbles(B v) { return masked(v, 15); }
HWY_INLINE B high_nibbles(B v) { return masked(down<4>(v), 15); }

// g is a constant once the loops are unrolled.
HWY_INLINE B fifth_bit(B v, int g) {
  constexpr uint8_t kBit = 16;
  switch (g) {
    case 0:
      return masked(v, kBit);
    case 1:
      return masked(down<1>(v), kBit);
    case 2:
      return masked(down<2>(v), kBit);
    case 3:
      return masked(down<3>(v), kBit);
    case 4:
      return masked(up<4>(v), kBit);
    case 5:
      return masked(up<3>(v), kBit);
    case 6:
      return masked(up<2>(v), kBit);
    default:
      return masked(up<1>(v), kBit);
  }
}
HWY_INLINE B sixth_bits(B v, int g) {
  constexpr uint8_t kBits = 48;
  switch (g % 4) {
    case 0:
      return masked(v, kBits);
    case 1:
      return masked(down<2>(v), kBits);
    case 2:
      return masked(up<4>(v), kBits);
    default:
      return masked(up<2>(v), kBits);
  }
}

HWY_INLINE P even(B v) {
  return hn::BitCast(DP(), hn::And(hn::BitCast(DW(), v), hn::Set(DW(), 255)));
}
HWY_INLINE P odd(B v) { return hn::BitCast(DP(), hn::ShiftRight<8>(hn::BitCast(DW(), v))); }

HWY_INLINE I dot2(I sums, P weights, P x) {
#if HWY_TARGET == HWY_AVX3
  return I{_mm512_dpwssd_epi32(sums.raw, weights.raw, x.raw)};
#elif HWY_TARGET == HWY_AVX2
  return I{_mm256_add_epi32(sums.raw, _mm256_madd_epi16(weights.raw, x.raw))};
#elif HWY_TARGET == HWY_NEON && HWY_ARCH_ARM_A64
  const int32x4_t low = vmull_s16(vget_low_s16(weights.raw), vget_low_s16(x.raw));
  const int32x4_t high = vmull_high_s16(weights.raw, x.raw);
  return I{vaddq_s32(sums.raw, vpaddq_s32(low, high))};
#else
  const I w = hn::BitCast(DI(), weights), pair = hn::BitCast(DI(), x);
  const I first = hn::Mul(hn::And(w, iset1(0xffff)), hn::ShiftRight<16>(hn::ShiftLeft<16>(pair)));
  return hn::Add(sums, hn::Add(first, hn::Mul(hn::ShiftRight<16>(w), hn::ShiftRight<16>(pair))));
#endif
}

HWY_INLINE I small_ints(const uint8_t* p) { return hn::PromoteTo(DI(), hn::LoadU(DSmall(), p)); }
HWY_INLINE V bytes_to_float(const uint8_t* p) { return to_float(small_ints(p)); }
HWY_INLINE V signed_bytes_to_float(const uint8_t* p) {
  return to_float(hn::ShiftRight<24>(hn::ShiftLeft<24>(small_ints(p))));
}

HWY_INLINE V nf4_levels(I index) {
#if HWY_TARGET == HWY_AVX3
  return V{_mm512_permutexvar_ps(index.raw, _mm512_loadu_ps(kNf4Levels.data()))};
#elif HWY_TARGET == HWY_AVX2
  const __m256 low = _mm256_permutevar8x32_ps(_mm256_loadu_ps(kNf4Levels.data()), index.raw);
  const __m256 high = _mm256_permutevar8x32_ps(_mm256_loadu_ps(kNf4Levels.data() + 8), index.raw);
  return V{_mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(index.raw, 28)))};
#else
  return hn::GatherIndex(D(), kNf4Levels.data(), index);
#endif
}
HWY_INLINE V nf4_low(const uint8_t* p) { return nf4_levels(hn::And(small_ints(p), iset1(15))); }
HWY_INLINE V nf4_high(const uint8_t* p) { return nf4_levels(hn::ShiftRight<4>(small_ints(p))); }

#include "gpu/cpu/kernels_body.h"
#include "gpu/cpu/panels_body.h"
#include "gpu/cpu/softmax_body.h"
#include "gpu/cpu/table_of_kernels.h"

const CpuKernels* kernels_of_target() { return &kKernels; }
#endif

}  // namespace
}  // namespace greylag::gpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace greylag::gpu {

HWY_EXPORT(kernels_of_target);

namespace {

bool has_vnni() {
#if defined(__GNUC__) && defined(__x86_64__)
  return __builtin_cpu_supports("avx512vnni") != 0;
#elif defined(_MSC_VER) && defined(_M_X64)
  int registers[4] = {};
  __cpuidex(registers, 7, 0);
  return (registers[2] >> 11 & 1) != 0;
#else
  return false;
#endif
}

// AVX-512 without VNNI: AVX2 then.
int64_t runnable(int64_t targets) { return has_vnni() ? targets : targets & ~HWY_AVX3; }

}  // namespace

const CpuKernels& cpu_kernels() {
  static const bool kIsLimited = [] {
    if (!has_vnni()) hwy::DisableTargets(HWY_AVX3);
    return true;
  }();
  static_cast<void>(kIsLimited);
  static const CpuKernels& kBest = *HWY_DYNAMIC_DISPATCH(kernels_of_target)();
  return kBest;
}

std::vector<const CpuKernels*> runnable_cpu_kernels() {
  std::vector<const CpuKernels*> found;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    if (runnable(target) == 0) continue;
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
