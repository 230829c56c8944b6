// SPDX-License-Identifier: Apache-2.0
// reorder and ordered_shift_mix (formulas: gpu/op_table.h): positions of a sequence in another
// order for each group of channels. One row is one piece of work.
#include <algorithm>

#include "gpu/cpu/check.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

struct Groups {
  int64_t rows = 0, positions = 0, width = 0;  // B P, P, C
  int64_t groups = 0, group_width = 0;
  const int32_t* table = nullptr;  // [G, P]

  // Of row m, the row that the table names for group g; -1: none.
  int64_t row(int64_t m, int64_t g) const {
    const int64_t position = m % positions;
    const int64_t named = table[g * positions + position];
    return named < 0 ? -1 : m - position + named;
  }
};

Groups groups_of(const TensorView& x, std::span<const int32_t> table, int32_t least) {
  check(x.shape.rank() == 3, "reorder, ordered_shift_mix: x is [B, P, C]");
  Groups all;
  all.positions = x.shape[1];
  all.rows = x.shape[0] * all.positions;
  all.width = x.shape[2];
  const auto entries = static_cast<int64_t>(table.size());
  all.groups = all.positions == 0 ? 1 : entries / all.positions;
  check(all.groups > 0 && all.groups * all.positions == entries && all.width % all.groups == 0,
        "reorder, ordered_shift_mix: the table is [G, P], C a multiple of G");
  check(std::ranges::all_of(table, [&](int32_t p) { return p >= least && p < all.positions; }),
        "reorder, ordered_shift_mix: a position outside the sequence");
  all.group_width = all.width / all.groups;
  all.table = table.data();
  return all;
}

// y_i = x + (before - x) mix_i for n columns, Q of them; before may be null: zeros.
void mix_columns(const float* x, const float* before, const float* mix, int64_t mixes,
                 int64_t mix_step, float* y, int64_t y_step, int64_t n) {
  for (int64_t i = 0; i < mixes; ++i, mix += mix_step, y += y_step) {
    if (before == nullptr) {
      for (int64_t c = 0; c < n; ++c) y[c] = x[c] - x[c] * mix[c];
    } else {
      for (int64_t c = 0; c < n; ++c) y[c] = x[c] + (before[c] - x[c]) * mix[c];
    }
  }
}

}  // namespace

void reorder(Queue& queue, const TensorView& x, std::span<const int32_t> from,
             const TensorView& y) {
  const Groups all = groups_of(x, from, 0);
  check(y.elements() == x.elements(), "reorder: y has the shape of x");
  const float* in = x.f32();
  float* out = y.f32();
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(all.rows, chunk_for(pool, all.rows, all.width),
                    [=](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t m = begin; m < end; ++m) {
                        for (int64_t g = 0; g < all.groups; ++g) {
                          const int64_t column = g * all.group_width;
                          std::copy_n(in + all.row(m, g) * all.width + column, all.group_width,
                                      out + m * all.width + column);
                        }
                      }
                    });
}

void ordered_shift_mix(Queue& queue, const TensorView& x, std::span<const int32_t> before,
                       const TensorView& mix, const TensorView& y) {
  const Groups all = groups_of(x, before, -1);
  const int64_t mixes = all.width == 0 ? 0 : mix.elements() / all.width;
  check(mix.elements() == mixes * all.width && y.elements() == mixes * x.elements(),
        "ordered_shift_mix: mix is [Q, C], y [Q, B, P, C]");
  const float *in = x.f32(), *mixed = mix.f32();
  float* out = y.f32();
  ThreadPool& pool = pool_of(queue);
  pool.parallel_for(all.rows, chunk_for(pool, all.rows, all.width * (mixes + 1)),
                    [=](int64_t begin, int64_t end, Scratch&) {
                      for (int64_t m = begin; m < end; ++m) {
                        for (int64_t g = 0; g < all.groups; ++g) {
                          const int64_t column = g * all.group_width, named = all.row(m, g);
                          mix_columns(in + m * all.width + column,
                                      named < 0 ? nullptr : in + named * all.width + column,
                                      mixed + column, mixes, all.width,
                                      out + m * all.width + column, all.rows * all.width,
                                      all.group_width);
                        }
                      }
                    });
}

}  // namespace greylag::gpu::cpu
