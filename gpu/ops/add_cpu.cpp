// SPDX-License-Identifier: Apache-2.0
// y = terms[0] + terms[1] + ..., element by element.
#include <array>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

constexpr size_t kMostTerms = 8;
constexpr int64_t kChunk = 16384;

}  // namespace

void add(Queue& queue, std::span<const TensorView> terms, const TensorView& y) {
  check(!terms.empty() && terms.size() <= kMostTerms, "add: 1 to 8 terms");
  std::array<const float*, kMostTerms> all{};
  for (size_t i = 0; i < terms.size(); ++i) {
    check(terms[i].elements() == y.elements(), "add: the terms have the size of y");
    all[i] = terms[i].f32();
  }
  const auto count = static_cast<int64_t>(terms.size());
  float* out = y.f32();
  pool_of(queue).parallel_for(y.elements(), kChunk, [=](int64_t begin, int64_t end, Scratch&) {
    std::array<const float*, kMostTerms> here{};
    for (int64_t i = 0; i < count; ++i)
      here[static_cast<size_t>(i)] = all[static_cast<size_t>(i)] + begin;
    cpu_kernels().add_terms(here.data(), count, out + begin, end - begin);
  });
}

}  // namespace greylag::gpu::cpu
