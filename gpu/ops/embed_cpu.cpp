// SPDX-License-Identifier: Apache-2.0
// y[m] = table[ids[m]], widened or decoded to f32.
#include "gpu/cpu/check.h"
#include "gpu/ops/cpu_ops.h"
#include "gpu/quant/quant.h"

namespace greylag::gpu::cpu {

void embed(Queue&, std::span<const int32_t> ids, const TensorView& table, const TensorView& y) {
  const int64_t width = table.shape[-1];
  check(table.shape.rank() == 2 && table.layout == Layout::Rows, "embed: the table is [V, C]");
  check(y.elements() == static_cast<int64_t>(ids.size()) * width, "embed: y is [M, C]");
  const size_t row_bytes = gpu::row_bytes(table.dtype, width);
  float* out = y.f32();
  for (const int32_t id : ids) {
    check(id >= 0 && id < table.shape[0], "embed: token id outside the table");
    const auto* row = static_cast<const unsigned char*>(table.bytes);
    decode_row(table.dtype, row + static_cast<size_t>(id) * row_bytes, out, width);
    out += width;
  }
}

}  // namespace greylag::gpu::cpu
