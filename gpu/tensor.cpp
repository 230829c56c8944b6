// SPDX-License-Identifier: Apache-2.0
// Sizes and names of element types, views, and conversion between floating-point types.
// Conversion from f64 to a half type rounds once, not twice: f64 is first rounded to odd in f32.
#include "gpu/tensor.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "gpu/half.h"

namespace greylag::gpu {
namespace {

struct DTypeFacts {
  int64_t block_elements;  // 1 for element types; 0: the whole row
  size_t block_bytes;      // Int8Row: of the row's scale, before one byte per element
  std::string_view name;
};

constexpr std::array<DTypeFacts, kDTypeCount> kDTypes{
    {{1, 4, "f32"},      {1, 2, "f16"},      {1, 2, "bf16"},   {1, 8, "f64"},
     {1, 8, "i64"},      {1, 4, "i32"},      {1, 2, "i16"},    {1, 1, "i8"},
     {1, 1, "u8"},       {1, 1, "bool"},     {32, 34, "q8_0"}, {32, 18, "q4_0"},
     {32, 20, "q4_1"},   {32, 22, "q5_0"},   {32, 24, "q5_1"}, {256, 144, "q4_k"},
     {256, 176, "q5_k"}, {256, 210, "q6_k"}, {0, 4, "int8"},   {64, 34, "nf4"}}};

const DTypeFacts& facts_of(DType dtype) { return kDTypes[static_cast<size_t>(dtype)]; }

// The nearest f32 toward zero with its last bit set when anything was cut off: rounding that to
// fewer bits gives what rounding the f64 itself gives.
float f64_to_odd_f32(double value) {
  const float nearest = static_cast<float>(value);
  if (static_cast<double>(nearest) == value || std::isnan(value) || std::isinf(value)) {
    return nearest;
  }
  uint32_t bits = std::bit_cast<uint32_t>(nearest);
  if (std::abs(static_cast<double>(nearest)) > std::abs(value)) --bits;  // toward zero
  return std::bit_cast<float>(bits | 1u);
}

struct F32 {
  using Bits = float;
  static float widen(float x) { return x; }
  static float narrow(float x) { return x; }
  static float narrow(double x) { return static_cast<float>(x); }
};
struct F64 {
  using Bits = double;
  static double widen(double x) { return x; }
  static double narrow(float x) { return static_cast<double>(x); }
  static double narrow(double x) { return x; }
};
struct F16 {
  using Bits = uint16_t;
  static float widen(uint16_t x) { return f16_to_f32(x); }
  static uint16_t narrow(float x) { return f32_to_f16(x); }
  static uint16_t narrow(double x) { return f32_to_f16(f64_to_odd_f32(x)); }
};
struct BF16 {
  using Bits = uint16_t;
  static float widen(uint16_t x) { return bf16_to_f32(x); }
  static uint16_t narrow(float x) { return f32_to_bf16(x); }
  static uint16_t narrow(double x) { return f32_to_bf16(f64_to_odd_f32(x)); }
};

// Elements go through memcpy: file data has no alignment.
template <class From, class To>
void convert_all(const void* from, void* to, int64_t n) {
  const auto* in = static_cast<const unsigned char*>(from);
  auto* out = static_cast<unsigned char*>(to);
  for (int64_t i = 0; i < n; ++i) {
    typename From::Bits element;
    std::memcpy(&element, in + static_cast<size_t>(i) * sizeof element, sizeof element);
    const typename To::Bits result = To::narrow(From::widen(element));
    std::memcpy(out + static_cast<size_t>(i) * sizeof result, &result, sizeof result);
  }
}

template <class From>
void convert_from(const void* from, void* to, DType to_dtype, int64_t n) {
  switch (to_dtype) {
    case DType::F32:
      return convert_all<From, F32>(from, to, n);
    case DType::F16:
      return convert_all<From, F16>(from, to, n);
    case DType::BF16:
      return convert_all<From, BF16>(from, to, n);
    case DType::F64:
      return convert_all<From, F64>(from, to, n);
    default:
      assert(false && "convert: target is not a floating-point type");
  }
}

}  // namespace

bool is_block_format(DType dtype) { return facts_of(dtype).block_elements != 1; }

size_t dtype_size(DType dtype) {
  assert(!is_block_format(dtype));
  return facts_of(dtype).block_bytes;
}

bool can_hold_rows_of(DType dtype, int64_t columns) {
  const int64_t block = facts_of(dtype).block_elements;
  return columns >= 0 && (block == 0 || columns % block == 0);
}

size_t row_bytes(DType dtype, int64_t columns) {
  const DTypeFacts& facts = facts_of(dtype);
  assert(can_hold_rows_of(dtype, columns));
  if (facts.block_elements == 0) return facts.block_bytes + static_cast<size_t>(columns);
  return static_cast<size_t>(columns / facts.block_elements) * facts.block_bytes;
}

size_t size_bytes(DType dtype, const Shape& shape) {
  if (shape.rank() == 0) return dtype_size(dtype);
  const int64_t columns = shape[-1], elements = shape.elements();
  if (elements == 0) return 0;
  return static_cast<size_t>(elements / columns) * row_bytes(dtype, columns);
}

std::string_view dtype_name(DType dtype) { return facts_of(dtype).name; }

std::optional<DType> dtype_by_name(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  for (size_t i = 0; i < kDTypes.size(); ++i) {
    if (kDTypes[i].name == lower) return static_cast<DType>(i);
  }
  return std::nullopt;
}

std::string Shape::text() const {
  std::string out = "[";
  for (int i = 0; i < rank_; ++i) {
    if (i > 0) out += ", ";
    out += std::to_string((*this)[i]);
  }
  return out + "]";
}

TensorView TensorView::rows(int64_t begin, int64_t count) const {
  assert(shape.rank() > 0 && begin >= 0 && count >= 0 && begin + count <= shape[0]);
  const auto rank = static_cast<size_t>(shape.rank());
  std::array<int64_t, Shape::kMaxRank> sizes{};
  for (size_t i = 1; i < sizes.size() && i < rank; ++i) sizes[i] = shape[static_cast<int>(i)];
  sizes[0] = begin;
  const size_t offset = gpu::size_bytes(dtype, Shape(std::span<const int64_t>(sizes.data(), rank)));
  sizes[0] = count;
  return {static_cast<unsigned char*>(bytes) + offset, dtype,
          Shape(std::span<const int64_t>(sizes.data(), rank))};
}

TensorView TensorView::reshaped(const Shape& other) const {
  assert(other.elements() == elements());
  return {bytes, dtype, other};
}

void convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n) {
  if (n == 0) return;  // the pointers may be null
  if (from_dtype == to_dtype && !is_block_format(to_dtype)) {
    std::memmove(to, from, static_cast<size_t>(n) * dtype_size(from_dtype));
    return;
  }
  switch (from_dtype) {
    case DType::F32:
      return convert_from<F32>(from, to, to_dtype, n);
    case DType::F16:
      return convert_from<F16>(from, to, to_dtype, n);
    case DType::BF16:
      return convert_from<BF16>(from, to, to_dtype, n);
    case DType::F64:
      return convert_from<F64>(from, to, to_dtype, n);
    default:
      assert(false && "convert: source is not a floating-point type");
  }
}

}  // namespace greylag::gpu
