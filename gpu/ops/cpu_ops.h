// SPDX-License-Identifier: Apache-2.0
// The CPU's functions behind OpTable, one file each (<op>_cpu.cpp). Contracts: gpu/op_table.h.
#pragma once

#include "gpu/cpu/cpu_device.h"
#include "gpu/op_table.h"

namespace greylag::gpu {

const OpTable& cpu_op_table();

namespace cpu {

inline ThreadPool& pool_of(Queue& queue) { return static_cast<CpuQueue&>(queue).pool(); }

void embed(Queue&, std::span<const int32_t> ids, const TensorView& table, const TensorView& y);
void layer_norm(Queue&, const TensorView& x, const TensorView& weight, const TensorView& bias,
                float eps, const TensorView& y);
void rms_norm(Queue&, const TensorView& x, float eps, const TensorView& y);
void add(Queue&, std::span<const TensorView> terms, const TensorView& y);
void scale_rows(Queue&, const TensorView& x, const TensorView& scale, const TensorView& y);
void swiglu(Queue&, const TensorView& gate_up, const TensorView& y);
void softmax_attention(Queue&, const TensorView& qkv, const TensorView& rotary, int64_t heads,
                       const TensorView& y);
void transpose(Queue&, const TensorView& x, const TensorView& y);
void reorder(Queue&, const TensorView& x, std::span<const int32_t> from, const TensorView& y);
void ordered_shift_mix(Queue&, const TensorView& x, std::span<const int32_t> before,
                       const TensorView& mix, const TensorView& y);
void shift_mix(Queue&, const TensorView& x, const TensorView& weight, const TensorView& bias,
               float eps, const TensorView& mix, const TensorView& shift, int layer,
               std::span<const SequenceSpan> spans, const TensorView& y);
void matmul(Queue&, std::span<const Product> products);
void activate(Queue&, const TensorView& x, Activation after);
void attend(Queue&, const OpTable::Attend& in);

}  // namespace cpu
}  // namespace greylag::gpu
