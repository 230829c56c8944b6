// SPDX-License-Identifier: Apache-2.0
// What is an array? DType + Shape + bytes. TensorView borrows, Tensor owns. All are contiguous,
// row-major (last index fastest), little-endian.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace greylag::gpu {

// F32, F16 and BF16 are computed with; F64 to Bool occur in files only. The rest are block formats
// (layouts: gpu/quant/quant.h): matrices whose rows are cut into blocks that share their scales.
// Int8Row is one block per row.
enum class DType : uint8_t {
  F32,
  F16,
  BF16,
  F64,
  I64,
  I32,
  I16,
  I8,
  U8,
  Bool,
  Q8_0,
  Q4_0,
  Q4_1,
  Q5_0,
  Q5_1,
  Q4_K,
  Q5_K,
  Q6_K,
  Int8Row,
  NF4,
};
inline constexpr int kDTypeCount = 20;

bool is_block_format(DType dtype);
// Bytes of one element; not for block formats.
size_t dtype_size(DType dtype);
// Whether rows of this length can be stored: a multiple of the block (32, 64 or 256).
bool can_hold_rows_of(DType dtype, int64_t columns);
// Bytes of a row of `columns` elements that can_hold_rows_of.
size_t row_bytes(DType dtype, int64_t columns);
// "f32", "f16", ..., "q4_k", "int8" (per row), "nf4".
std::string_view dtype_name(DType dtype);
// By that name in any case; nullopt for other names.
std::optional<DType> dtype_by_name(std::string_view name);

// Up to 8 dimensions, each >= 0.
class Shape {
 public:
  static constexpr int kMaxRank = 8;
  Shape() = default;
  Shape(std::initializer_list<int64_t> sizes) : Shape(std::span(sizes.begin(), sizes.size())) {}
  explicit Shape(std::span<const int64_t> sizes) : rank_(static_cast<int>(sizes.size())) {
    assert(rank_ <= kMaxRank);
    for (int i = 0; i < rank_; ++i) sizes_[static_cast<size_t>(i)] = sizes[static_cast<size_t>(i)];
  }
  int rank() const { return rank_; }
  // Negative i counts from the end.
  int64_t operator[](int i) const { return sizes_[static_cast<size_t>(i < 0 ? i + rank_ : i)]; }
  int64_t elements() const {
    int64_t n = 1;
    for (int i = 0; i < rank_; ++i) n *= sizes_[static_cast<size_t>(i)];
    return n;
  }
  bool operator==(const Shape&) const = default;
  // "[2, 64]"
  std::string text() const;

 private:
  std::array<int64_t, kMaxRank> sizes_{};
  int rank_ = 0;
};

// Bytes of all rows; the last dimension is the row.
size_t size_bytes(DType dtype, const Shape& shape);

// Rows: as everywhere else, row by row. Panels: a matrix as matmul of its device wants it
// (Device::upload_matrix); only matmul reads such bytes. size_bytes() is still that of the rows:
// what the file holds, and in Panels at most 3 % less than there is.
enum class Layout : uint8_t { Rows, Panels };

// Borrowed array. const-ness of the elements is by convention: ops document what they write.
struct TensorView {
  void* bytes = nullptr;
  DType dtype = DType::F32;
  Shape shape;
  Layout layout = Layout::Rows;

  int64_t elements() const { return shape.elements(); }
  size_t size_bytes() const { return gpu::size_bytes(dtype, shape); }
  explicit operator bool() const { return bytes != nullptr; }
  float* f32() const {
    assert(dtype == DType::F32);
    return static_cast<float*>(bytes);
  }
  // Rows [begin, begin + count) of the first dimension.
  TensorView rows(int64_t begin, int64_t count) const;
  // Same bytes, other shape of as many elements (and as long rows, for block formats).
  TensorView reshaped(const Shape& other) const;
};

// Owned array: move-only; a copy is clone() on the device. Memory is 64-byte aligned on the CPU.
class Tensor {
 public:
  // Frees the memory; belongs to the device that allocated it, which must outlive the tensor.
  using Release = void (*)(void* bytes, void* device);

  Tensor() = default;
  Tensor(TensorView view, Release release, void* device)
      : view_(view), release_(release), device_(device) {}
  Tensor(Tensor&& other) noexcept { swap(other); }
  Tensor& operator=(Tensor&& other) noexcept {
    Tensor moved(std::move(other));
    swap(moved);
    return *this;
  }
  ~Tensor() {
    if (release_ != nullptr) release_(view_.bytes, device_);
  }
  const TensorView& view() const { return view_; }
  operator const TensorView&() const { return view_; }  // NOLINT: a tensor is a view of itself
  explicit operator bool() const { return static_cast<bool>(view_); }
  const Shape& shape() const { return view_.shape; }
  DType dtype() const { return view_.dtype; }
  float* f32() const { return view_.f32(); }

 private:
  void swap(Tensor& other) noexcept {
    std::swap(view_, other.view_);
    std::swap(release_, other.release_);
    std::swap(device_, other.device_);
  }
  TensorView view_;
  Release release_ = nullptr;
  void* device_ = nullptr;
};

// Element conversion (round to nearest even), n elements. F32, F16, BF16 and F64 on either side;
// block formats: gpu/quant/quant.h.
void convert(const void* from, DType from_dtype, void* to, DType to_dtype, int64_t n);

}  // namespace greylag::gpu
