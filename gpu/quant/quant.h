// SPDX-License-Identifier: Apache-2.0
// How are rows of numbers packed into block formats, and read back? Layouts (bytes little-endian,
// scales IEEE f16; facts inference 3.4, for int8 and NF4 1.6):
//   q8_0  32: d, 32 int8                    y = d q
//   q4_0  32: d, 16 bytes; byte j holds elements j (low) and j + 16 (high)      y = d (q - 8)
//   q4_1  32: d, m, 16 bytes                y = d q + m
//   q5_0  32: d, u32 of fifth bits, 16 bytes                                    y = d (q - 16)
//   q5_1  32: d, m, u32, 16 bytes           y = d q + m
//   q4_k 256: d, dmin, 12 bytes of 6-bit scales and mins, 128 bytes    y = d sc q - dmin mn
//   q5_k 256: d, dmin, 12 bytes, 32 bytes of fifth bits, 128 bytes     y = d sc q - dmin mn
//   q6_k 256: 128 low bytes, 64 high, 16 int8 scales, d                y = d sc (q - 32)
//   int8 row: f32 scale, then one int8 per element                              y = scale q
//   nf4   64: absmax, 32 bytes; byte j holds elements j (low) and j + 32 (high)
//             y = absmax level[q], the 16 quantiles of QLoRA (arXiv 2305.14314, appendix E)
// No alignment is asked of the packed bytes. Pure functions; any thread.
#pragma once

#include <cstdint>

#include "gpu/tensor.h"

namespace greylag::gpu {

// One row of n elements (can_hold_rows_of) to f32. packed: row_bytes(dtype, n). The arithmetic is
// f32, in the order of the formulas above, so every machine gives the same bits. Also F32, F16,
// BF16 and F64. Any bytes can be read; scales that are not finite give values that are not.
void decode_row(DType dtype, const void* packed, float* values, int64_t n);

// One row of n f32 to a block format (can_hold_rows_of) or F32, F16, BF16, F64. Equal input gives
// equal bytes on every machine. In block formats:
// - Q8_0 to Q5_1 round by the rules of facts 3.4 (quants from the scale before it is f16), int8 and
//   NF4 to the nearest; the K formats search for the scales with the least squared error, weighted
//   by (root mean square of the block of 256) + |x|.
// - d and dmin of Q4_K and Q5_K may be negative: a sub-block that lies above 0 asks for it.
// - NaN and infinity become 0. What is beyond the largest f16 scale saturates: all that is read
//   back is finite. Scales below 2^-14 are subnormal in f16, and coarse.
void encode_row(DType dtype, const float* values, void* packed, int64_t n);

// As encode_row, with the scale of each block from its largest values (Q4_K, Q5_K: its ends) and no
// search: what encode_row of the K formats has to beat. The other formats: equal to encode_row.
void encode_row_naive(DType dtype, const float* values, void* packed, int64_t n);

// From any float or block format to any other: through f32 row by row, which it allocates (one row
// of f32); as convert() between floats; bit for bit where both are the same. `from` and `to` may
// not overlap.
void convert_rows(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t rows,
                  int64_t columns);

}  // namespace greylag::gpu
