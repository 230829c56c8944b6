// SPDX-License-Identifier: Apache-2.0
// Which packer and reader belong to a row's format? Also what is common to all: values that are
// not finite become 0 before they reach a packer, and conversion goes through rows of f32.
#include "gpu/quant/quant.h"

#include <cmath>
#include <vector>

#include "gpu/cpu/check.h"
#include "gpu/quant/formats.h"

namespace greylag::gpu {
namespace {

struct Format {
  quant::Decode decode = nullptr;
  quant::Encode encode = nullptr;
  quant::Encode encode_naive = nullptr;
};

Format format_of(DType dtype) {
  switch (dtype) {
    case DType::Q8_0:
      return {quant::decode_q8_0, quant::encode_q8_0, quant::encode_q8_0};
    case DType::Q4_0:
      return {quant::decode_q4_0, quant::encode_q4_0, quant::encode_q4_0};
    case DType::Q4_1:
      return {quant::decode_q4_1, quant::encode_q4_1, quant::encode_q4_1};
    case DType::Q5_0:
      return {quant::decode_q5_0, quant::encode_q5_0, quant::encode_q5_0};
    case DType::Q5_1:
      return {quant::decode_q5_1, quant::encode_q5_1, quant::encode_q5_1};
    case DType::Q4_K:
      return {quant::decode_q4_k, quant::encode_q4_k, quant::encode_q4_k_naive};
    case DType::Q5_K:
      return {quant::decode_q5_k, quant::encode_q5_k, quant::encode_q5_k_naive};
    case DType::Q6_K:
      return {quant::decode_q6_k, quant::encode_q6_k, quant::encode_q6_k_naive};
    case DType::Int8Row:
      return {quant::decode_int8, quant::encode_int8, quant::encode_int8};
    case DType::NF4:
      return {quant::decode_nf4, quant::encode_nf4, quant::encode_nf4};
    default:
      return {};
  }
}

bool is_float(DType dtype) {
  return dtype == DType::F32 || dtype == DType::F16 || dtype == DType::BF16 || dtype == DType::F64;
}

bool are_finite(const float* values, int64_t n) {
  int outside = 0;
  for (int64_t i = 0; i < n; ++i) {
    outside |= (std::bit_cast<uint32_t>(values[i]) & 0x7f800000u) == 0x7f800000u ? 1 : 0;
  }
  return outside == 0;
}

// `encode` for block formats, null for the floating-point types.
void encode_with(quant::Encode encode, DType dtype, const float* values, void* packed, int64_t n) {
  check(can_hold_rows_of(dtype, n), "encode_row: n is a multiple of the format's block");
  if (encode == nullptr) {
    check(is_float(dtype), "encode_row: a block format or floating-point type");
    convert(values, DType::F32, packed, dtype, n);
    return;
  }
  auto* bytes = static_cast<uint8_t*>(packed);
  if (are_finite(values, n)) {
    encode(values, bytes, n);
    return;
  }
  std::vector<float> finite(values, values + n);
  for (float& value : finite) value = std::isfinite(value) ? value : 0.0f;
  encode(finite.data(), bytes, n);
}

}  // namespace

void decode_row(DType dtype, const void* packed, float* values, int64_t n) {
  check(can_hold_rows_of(dtype, n), "decode_row: n is a multiple of the format's block");
  const quant::Decode decode = format_of(dtype).decode;
  if (decode != nullptr) {
    decode(static_cast<const uint8_t*>(packed), values, n);
    return;
  }
  check(is_float(dtype), "decode_row: a block format or floating-point type");
  convert(packed, dtype, values, DType::F32, n);
}

void encode_row(DType dtype, const float* values, void* packed, int64_t n) {
  encode_with(format_of(dtype).encode, dtype, values, packed, n);
}

void encode_row_naive(DType dtype, const float* values, void* packed, int64_t n) {
  encode_with(format_of(dtype).encode_naive, dtype, values, packed, n);
}

void convert_rows(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t rows,
                  int64_t columns) {
  check(rows >= 0 && can_hold_rows_of(from_dtype, columns) && can_hold_rows_of(to_dtype, columns),
        "convert_rows: columns are a multiple of both blocks");
  if (rows == 0 || columns == 0) return;  // the pointers may be null
  const size_t from_bytes = row_bytes(from_dtype, columns), to_bytes = row_bytes(to_dtype, columns);
  if (from_dtype == to_dtype) {
    std::memcpy(to, from, static_cast<size_t>(rows) * from_bytes);
    return;
  }
  if (is_float(from_dtype) && is_float(to_dtype)) {  // f64 to f16 is rounded once
    convert(from, from_dtype, to, to_dtype, rows * columns);
    return;
  }
  std::vector<float> values(static_cast<size_t>(columns));
  const auto* in = static_cast<const uint8_t*>(from);
  auto* out = static_cast<uint8_t*>(to);
  for (int64_t row = 0; row < rows; ++row, in += from_bytes, out += to_bytes) {
    decode_row(from_dtype, in, values.data(), columns);
    encode_row(to_dtype, values.data(), out, columns);
  }
}

}  // namespace greylag::gpu
