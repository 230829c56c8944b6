// SPDX-License-Identifier: Apache-2.0
// Which numbers stand in the bytes of a block format, before any scale is applied? For those that
// lay the bytes out in another way (gpu/cpu/panels.h). Pure functions; any thread.
#pragma once

#include <array>
#include <cstdint>

#include "gpu/tensor.h"

namespace greylag::gpu {

// NF4: y = absmax level[q] (QLoRA, arXiv 2305.14314, appendix E).
inline constexpr std::array<float, 16> kNf4Levels{-1.0f,
                                                  -0.6961928009986877f,
                                                  -0.5250730514526367f,
                                                  -0.39491748809814453f,
                                                  -0.28444138169288635f,
                                                  -0.18477343022833252f,
                                                  -0.09105003625154495f,
                                                  0.0f,
                                                  0.07958029955625534f,
                                                  0.16093020141124725f,
                                                  0.24611230194568634f,
                                                  0.33791524171829224f,
                                                  0.44070982933044434f,
                                                  0.5626170039176941f,
                                                  0.7229568362236023f,
                                                  1.0f};

// What raw_quants adds to a format's signed numbers so that all are unsigned: y = scale (q - zero).
// 0 for the formats whose numbers are unsigned and that have a min.
constexpr int raw_zero(DType dtype) {
  switch (dtype) {
    case DType::Q8_0:
    case DType::Int8Row:
      return 128;
    case DType::Q4_0:
      return 8;
    case DType::Q5_0:
      return 16;
    case DType::Q6_K:
      return 32;
    default:
      return 0;
  }
}

// Elements [32 stretch, 32 stretch + 32) of a row of a block format whose blocks are whole
// stretches (all but NF4; Int8Row of n elements: what is beyond the row is raw_zero).
void raw_quants(DType dtype, const uint8_t* row, int64_t n, int64_t stretch, uint8_t q[32]);

}  // namespace greylag::gpu
