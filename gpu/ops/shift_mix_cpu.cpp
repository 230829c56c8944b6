// SPDX-License-Identifier: Apache-2.0
// y[i][m] = n[m] + (n[m-1] - n[m]) * mix[i], n = layer_norm(x); n[-1] of a span is its shift state,
// which becomes the span's last n.
// Rows of all spans, counted through, are shared by the threads. A chunk that begins inside a span
// computes the n before it again; the shift state of a span that is cut is written when all chunks
// are done, since the chunk with the span's first row reads it.
#include <algorithm>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu::cpu {
namespace {

struct ShiftMix {
  ShiftMixRow row;  // x, y of row 0 of the batch; carried of slot 0
  int64_t slot_step = 0, chunk = 0;

  float* state(const SequenceSpan& span) const { return row.carried + span.slot * slot_step; }
  // n of a row of the batch.
  void norm(int64_t m, float* n) const {
    cpu_kernels().layer_norm(row.x + m * row.width, row.weight, row.bias, row.eps, n, row.width);
  }
  // Rows [first, last) of the batch, all of one span.
  void rows(int64_t first, int64_t last, float* carried) const {
    ShiftMixRow now = row;
    now.carried = carried;
    for (int64_t m = first; m < last; ++m) {
      now.x = row.x + m * row.width;
      now.y = row.y + m * row.width;
      cpu_kernels().shift_mix(now);
    }
  }
  // Whether a span whose first row is number `at` lies in several chunks.
  bool is_cut(const SequenceSpan& span, int64_t at) const {
    return span.row_count > 0 && at / chunk != (at + span.row_count - 1) / chunk;
  }
};

// Rows number [begin, end) of those of the spans.
void some_rows(const ShiftMix& task, std::span<const SequenceSpan> spans, int64_t begin,
               int64_t end, Scratch& scratch) {
  int64_t at = 0;
  for (const SequenceSpan& span : spans) {
    const int64_t first = std::max(begin, at), last = std::min(end, at + span.row_count);
    const int64_t to_batch = span.row_begin - at;
    float* carried = task.state(span);
    if (first < last && task.is_cut(span, at)) {
      const float* state = carried;
      carried = scratch.floats(task.row.width);
      if (first == at) {
        std::copy_n(state, task.row.width, carried);
      } else {
        task.norm(first - 1 + to_batch, carried);
      }
    }
    if (first < last) task.rows(first + to_batch, last + to_batch, carried);
    at += span.row_count;
    if (at >= end) return;
  }
}

}  // namespace

void shift_mix(Queue& queue, const TensorView& x, const TensorView& weight, const TensorView& bias,
               float eps, const TensorView& mix, const TensorView& shift, int layer,
               std::span<const SequenceSpan> spans, const TensorView& y) {
  const int64_t width = x.shape[-1], mixes = mix.elements() / width;
  const int64_t rows = x.elements() / width;
  check(weight.elements() == width && bias.elements() == width, "shift_mix: weight, bias are [C]");
  check(y.elements() == mixes * rows * width, "shift_mix: y is [P, M, C]");
  check(shift.shape.rank() == 3 && shift.shape[2] == width, "shift_mix: shift is [slots, L, C]");
  check(layer >= 0 && layer < shift.shape[1], "shift_mix: layer outside the state");
  int64_t covered = 0;
  for (const SequenceSpan& span : spans) {
    check(span.row_begin >= 0 && span.row_count >= 0 && span.row_begin + span.row_count <= rows &&
              span.slot >= 0 && span.slot < shift.shape[0],
          "shift_mix: span outside the batch or the pool");
    covered += span.row_count;
  }
  ShiftMix task;
  task.row = {.width = width,
              .mixes = mixes,
              .x = x.f32(),
              .weight = weight.f32(),
              .bias = bias.f32(),
              .eps = eps,
              .mix = mix.f32(),
              .carried = shift.f32() + layer * width,
              .y = y.f32(),
              .y_step = rows * width};
  task.slot_step = shift.shape[1] * width;
  ThreadPool& pool = pool_of(queue);
  task.chunk = chunk_for(pool, covered, (mixes + 2) * width);
  pool.parallel_for(covered, task.chunk, [&](int64_t begin, int64_t end, Scratch& scratch) {
    some_rows(task, spans, begin, end, scratch);
  });
  int64_t at = 0;
  for (const SequenceSpan& span : spans) {
    if (task.is_cut(span, at)) task.norm(span.row_begin + span.row_count - 1, task.state(span));
    at += span.row_count;
  }
}

}  // namespace greylag::gpu::cpu
