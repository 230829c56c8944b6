// SPDX-License-Identifier: Apache-2.0
// How does a weight matrix lie in the CPU's memory? In panels of 32 outputs (rows of W), k by k, so
// that one vector load brings the same k of many outputs: a product needs no sums across a vector,
// the weights stream, and a k whose activation is zero can be left out. A panel takes as many bytes
// as its rows do in the file, but for Q4_K and Q5_K, whose 6-bit scales become bytes (+ 3 %).
//
// A panel, from its start (outputs beyond the matrix are zero; "g" is a group of four k):
//   f32 f16 bf16  per k: 32 elements
//   nf4           per 64 k: f16 absmax[32]; per k 16 bytes, output o in the low nibble of byte o,
//                 o + 16 in the high one
//   int8          f32 scale[32]; then per 32 k: 8 g of 128 bytes
//   q8_0          per 32 k: f16 d[32]; 8 g of 128 bytes
//   q4_0 (q4_1)   per 32 k: f16 d[32] (f16 m[32]); 8 g of 64 bytes
//   q5_0 (q5_1)   as q4_0 (q4_1), with 128 bytes of fifth bits before the groups
//   q4_k (q5_k)   per 256 k: f16 d[32], f16 dmin[32]; then per 32 k: u8 scale[32], u8 min[32],
//                 (128 bytes of fifth bits,) 8 g of 64 bytes
//   q6_k          per 256 k: f16 d[32]; then per 32 k: i8 scale[2][32] (one per 16 k), 256 bytes of
//                 fifth and sixth bits, 8 g of 64 bytes
// 128 bytes of a group: byte 4 o + j is k = 4 g + j of output o. Of 64: outputs 0 to 15 in the low
// nibbles of bytes 4 o + j, 16 to 31 in the high ones. Numbers are unsigned, raw_zero added.
// Fifth bits: byte 4 o + j has that of group g as bit (g + 4) % 8. Fifth and sixth: the first 128
// bytes for g < 4, then those for g >= 4; the pair of group g as bits from (2 g + 4) % 8 on.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gpu/tensor.h"

namespace greylag::gpu {

inline constexpr int64_t kPanelOuts = 32;
inline constexpr int64_t kStretch = 32;  // k whose products are summed up as integers
// k that share the scale of rounded activations.
inline constexpr int64_t kSegment = 256;

// Whether matmul rounds activations to 16 bits for this weight format; else they stay f32.
constexpr bool rounds_activations(DType dtype) {
  return dtype >= DType::Q8_0 && dtype <= DType::Int8Row;
}

// Formats of matrices: f32, f16, bf16 and block formats.
bool has_panels(DType dtype);
inline constexpr int64_t panel_count(int64_t outs) { return (outs + kPanelOuts - 1) / kPanelOuts; }
// Bytes of one panel of rows of k elements.
size_t panel_bytes(DType dtype, int64_t k);

// rows: `outs` (1 to 32) rows of k elements, row_bytes(dtype, k) apart. Fills panel_bytes. Pure;
// any thread.
void pack_panel(DType dtype, const void* rows, int64_t outs, int64_t k, void* panel);

}  // namespace greylag::gpu
