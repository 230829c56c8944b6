// SPDX-License-Identifier: Apache-2.0
// What stands between the projections and the output matrix (formulas: gpu/op_table.h). One head of
// one span is one piece of work; time goes tile by tile, so that all that belongs to a tile stays
// in the first-level cache.
#include <algorithm>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"
#include "gpu/ops/wkv7.h"

namespace greylag::gpu::cpu {
namespace {

// A step of a head costs about as much as this many products of a matrix and a vector per element
// of S.
constexpr int64_t kCostPerElement = 4;

void check_inputs(const OpTable::Attend& in, int64_t rows, int64_t width) {
  check(in.layer >= 0 && in.layer < in.state.shape[1], "attend: layer outside the state");
  for (const TensorView* view : {&in.r, &in.d, &in.k, &in.v, &in.a, &in.g, &in.y}) {
    check(view->elements() == rows * width, "attend: activations are [M, C]");
  }
  for (const TensorView* view :
       {&in.w0, &in.a0, &in.k_k, &in.k_a, &in.r_k, &in.ln_weight, &in.ln_bias}) {
    check(view->elements() == width, "attend: weights are [C], r_k is [H, N]");
  }
  if (in.v_first) {
    check(in.v_first.elements() == rows * width && in.v_gate.elements() == rows * width &&
              in.v0.elements() == width,
          "attend: v_first, v_gate are [M, C], v0 is [C]");
  }
  for (const SequenceSpan& span : in.spans) {
    check(span.row_begin >= 0 && span.row_count >= 0 && span.row_begin + span.row_count <= rows &&
              span.slot >= 0 && span.slot < in.state.shape[0],
          "attend: span outside the batch or the pool");
  }
}

// Arrays of head 0, row 0; v_gate, v_first, v0 null in layer 0.
AttendTile first_tile(const OpTable::Attend& in, int64_t n, int64_t width) {
  AttendTile tile;
  tile.n = n, tile.stride = width;
  tile.r = in.r.f32(), tile.d = in.d.f32(), tile.k = in.k.f32(), tile.v = in.v.f32();
  tile.a = in.a.f32(), tile.g = in.g.f32(), tile.y = in.y.f32();
  tile.w0 = in.w0.f32(), tile.a0 = in.a0.f32(), tile.k_k = in.k_k.f32(), tile.k_a = in.k_a.f32();
  tile.r_k = in.r_k.f32(), tile.ln_weight = in.ln_weight.f32(), tile.ln_bias = in.ln_bias.f32();
  if (in.v_first) {
    tile.v_gate = in.v_gate.f32(), tile.v_first = in.v_first.f32(), tile.v0 = in.v0.f32();
  }
  return tile;
}

void move_rows(AttendTile& tile, int64_t by) {
  for (const float** rows : {&tile.r, &tile.d, &tile.k, &tile.v, &tile.a, &tile.g}) *rows += by;
  if (tile.v_first != nullptr) tile.v_gate += by, tile.v_first += by;
  tile.y += by;
}

void move_weights(AttendTile& tile, int64_t by) {
  for (const float** weights :
       {&tile.w0, &tile.a0, &tile.k_k, &tile.k_a, &tile.r_k, &tile.ln_weight, &tile.ln_bias}) {
    *weights += by;
  }
  if (tile.v_first != nullptr) tile.v0 += by;
}

// All steps of one head of one span.
void attend_head(AttendTile tile, const SequenceSpan& span, int64_t head) {
  const int64_t n = tile.n;
  move_rows(tile, span.row_begin * tile.stride + head * n);
  move_weights(tile, head * n);
  for (int64_t left = span.row_count; left > 0; left -= kWkv7Tile) {
    tile.steps = std::min(kWkv7Tile, left);
    wkv7_kernels(n).attend_tile(tile);
    move_rows(tile, kWkv7Tile * tile.stride);
  }
}

}  // namespace

void attend(Queue& queue, const OpTable::Attend& in) {
  check(in.state.shape.rank() == 5 && in.state.shape[3] == in.state.shape[4],
        "attend: state is [slots, L, H, N, N]");
  const int64_t layers = in.state.shape[1], heads = in.state.shape[2], n = in.state.shape[4];
  const int64_t width = heads * n;
  check_inputs(in, in.y.elements() / width, width);
  const int64_t units = static_cast<int64_t>(in.spans.size()) * heads;
  if (units == 0) return;
  int64_t covered = 0;
  for (const SequenceSpan& span : in.spans) covered += span.row_count;
  const AttendTile tile = first_tile(in, n, width);
  float* state = in.state.f32();
  ThreadPool& pool = pool_of(queue);
  const int64_t steps = std::max<int64_t>(1, covered * heads / units);
  pool.parallel_for(units, chunk_for(pool, units, steps * n * n * kCostPerElement),
                    [&](int64_t begin, int64_t end, Scratch& scratch) {
                      AttendTile now = tile;
                      now.scratch = scratch.floats(attend_scratch(n));
                      for (int64_t unit = begin; unit < end; ++unit) {
                        const SequenceSpan& span = in.spans[static_cast<size_t>(unit / heads)];
                        const int64_t head = unit % heads;
                        now.s = state + ((span.slot * layers + in.layer) * heads + head) * n * n;
                        attend_head(now, span, head);
                      }
                    });
}

}  // namespace greylag::gpu::cpu
