// SPDX-License-Identifier: Apache-2.0
// Which number stands for which type in a GGUF file? Two numberings: of the values behind keys, and
// of the elements of tensors (ggml types; facts inference 3.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/base/result.h"
#include "gpu/tensor.h"

namespace greylag {

enum class GgufType : uint32_t {
  U8 = 0,
  I8 = 1,
  U16 = 2,
  I16 = 3,
  U32 = 4,
  I32 = 5,
  F32 = 6,
  Bool = 7,
  Text = 8,
  Array = 9,
  U64 = 10,
  I64 = 11,
  F64 = 12,
};
inline constexpr uint32_t kGgufTypeCount = 13;

// Bytes of one value; 0 for texts and arrays, whose length is in the file.
size_t gguf_type_bytes(GgufType type);

// BadFile names the type: one that Greylag does not compute with (Q2_K, IQ4_XS, MXFP4, ...), one
// that ggml gave up, or no type at all.
Result<gpu::DType> dtype_of_ggml_type(uint32_t number);

// Null for types that GGUF does not have: u8, bool, int8 and nf4.
std::optional<uint32_t> ggml_type_of(gpu::DType dtype);

}  // namespace greylag
