// SPDX-License-Identifier: Apache-2.0
// The CPU's column of the op table: every cell is filled.
#include "gpu/ops/cpu_ops.h"

namespace greylag::gpu {

const OpTable& cpu_op_table() {
  static constexpr OpTable kTable{.embed = cpu::embed,
                                  .layer_norm = cpu::layer_norm,
                                  .rms_norm = cpu::rms_norm,
                                  .add = cpu::add,
                                  .scale_rows = cpu::scale_rows,
                                  .swiglu = cpu::swiglu,
                                  .softmax_attention = cpu::softmax_attention,
                                  .transpose = cpu::transpose,
                                  .reorder = cpu::reorder,
                                  .ordered_shift_mix = cpu::ordered_shift_mix,
                                  .shift_mix = cpu::shift_mix,
                                  .matmul = cpu::matmul,
                                  .activate = cpu::activate,
                                  .attend = cpu::attend};
  return kTable;
}

}  // namespace greylag::gpu
