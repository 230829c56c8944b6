// SPDX-License-Identifier: Apache-2.0
// y[m, o] = scale * sum_k x[m, k] W[o, k]  (+ y[m, o]).
// Threads share the outputs. A block of x that fits the second-level cache meets a few rows of W
// after the other; f16 and bf16 rows are widened once per such block, rows of block formats are
// decoded. Each sum runs over k in the order of the kernel, whatever the block.
#include <algorithm>

#include "gpu/cpu/check.h"
#include "gpu/cpu/kernels.h"
#include "gpu/ops/cpu_ops.h"
#include "gpu/quant/quant.h"

namespace greylag::gpu::cpu {
namespace {

constexpr int64_t kOutsPerBlock = 4;         // multiple of every kernel's outputs
constexpr int64_t kBlockFloats = 64 * 1024;  // x rows of one block: 256 KiB

struct Matmul {
  MatmulPanel whole;  // all rows, all outputs
  size_t w_row_bytes = 0;

  MatmulPanel part(int64_t row, int64_t rows, int64_t out, int64_t outs) const {
    MatmulPanel p = whole;
    p.x += row * p.k;
    p.rows = rows;
    p.w = static_cast<const unsigned char*>(p.w) + static_cast<size_t>(out) * w_row_bytes;
    p.outs = outs;
    p.y += row * p.y_stride + out;
    return p;
  }
};

// Rows of W as f32.
void widen(const MatmulPanel& p, size_t row_bytes, float* wide) {
  if (!is_block_format(p.w_dtype)) {
    cpu_kernels().widen(p.w, p.w_dtype, wide, p.outs * p.k);
    return;
  }
  const auto* row = static_cast<const unsigned char*>(p.w);
  for (int64_t o = 0; o < p.outs; ++o, row += row_bytes) {
    decode_row(p.w_dtype, row, wide + o * p.k, p.k);
  }
}

void outputs(const Matmul& task, int64_t begin, int64_t end, Scratch& scratch) {
  const CpuKernels& kernels = cpu_kernels();
  const MatmulPanel& whole = task.whole;
  const int64_t rows = whole.rows, k = whole.k;
  const bool is_block = is_block_format(whole.w_dtype);
  if (rows <= kernels.rows && !is_block) {
    kernels.matmul(task.part(0, rows, begin, end - begin));
    return;
  }
  const int64_t fitting = kBlockFloats / std::max<int64_t>(k, 1) / kernels.rows * kernels.rows;
  const int64_t block = std::max<int64_t>(fitting, 16);
  const bool is_widening = whole.w_dtype != DType::F32;
  float* wide = is_widening ? scratch.floats(kOutsPerBlock * k) : nullptr;
  for (int64_t row = 0; row < rows; row += block) {
    const int64_t block_rows = std::min(block, rows - row);
    for (int64_t out = begin; out < end; out += kOutsPerBlock) {
      MatmulPanel p = task.part(row, block_rows, out, std::min(kOutsPerBlock, end - out));
      if (is_widening) {
        widen(p, task.w_row_bytes, wide);
        p.w = wide;
        p.w_dtype = DType::F32;
      }
      kernels.matmul(p);
    }
  }
}

}  // namespace

void matmul(Queue& queue, const TensorView& x, const TensorView& w, float scale,
            bool is_accumulating, const TensorView& y) {
  check(w.shape.rank() == 2, "matmul: W is [O, K]");
  const int64_t outs = w.shape[0], k = w.shape[1];
  check(w.dtype == DType::F32 || w.dtype == DType::F16 || w.dtype == DType::BF16 ||
            (is_block_format(w.dtype) && can_hold_rows_of(w.dtype, k)),
        "matmul: W is f32, f16, bf16 or whole blocks");
  check(x.shape.rank() > 0 && x.shape[-1] == k, "matmul: x is [M, K]");
  const int64_t rows = k == 0 ? 0 : x.elements() / k;
  check(y.elements() == rows * outs, "matmul: y is [M, O]");
  if (rows == 0) return;
  Matmul task;
  task.whole = {.x = x.f32(),
                .rows = rows,
                .w = w.bytes,
                .w_dtype = w.dtype,
                .outs = outs,
                .k = k,
                .scale = scale,
                .is_accumulating = is_accumulating,
                .y = y.f32(),
                .y_stride = outs};
  task.w_row_bytes = row_bytes(w.dtype, k);
  ThreadPool& pool = pool_of(queue);
  const int64_t cost = k * std::max<int64_t>(1, rows / 4);
  const int64_t chunk = (chunk_for(pool, outs, cost) + kOutsPerBlock - 1) / kOutsPerBlock;
  pool.parallel_for(outs, chunk * kOutsPerBlock,
                    [&task](int64_t begin, int64_t end, Scratch& scratch) {
                      outputs(task, begin, end, scratch);
                    });
}

}  // namespace greylag::gpu::cpu
