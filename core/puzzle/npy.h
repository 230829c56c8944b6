// SPDX-License-Identifier: Apache-2.0
// How are arrays of whole numbers kept in .npy files (NumPy's format, version 1.0)? Magic, version,
// u16 header length, a Python dict with descr, fortran_order and shape, then the numbers. The bytes
// are taken for hostile: every size is checked before it is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag {

// A view; the bytes belong to who gave them.
struct NpyArray {
  std::vector<int64_t> shape;
  size_t item_bytes = 1;  // 1, 2, 4 or 8, little-endian
  bool is_signed = true;
  std::span<const std::byte> data;  // exactly the product of shape, row-major

  int64_t size() const { return static_cast<int64_t>(data.size() / item_bytes); }
  // Number `index` < size(). A u8 beyond int64 comes out negative.
  int64_t at(int64_t index) const;
};

// BadFile: not version 1.0, cut short or too long for its shape, Fortran order, a dtype that is not
// i1 i2 i4 i8 u1 u2 u4 u8 in little-endian order.
Result<NpyArray> parse_npy(std::span<const std::byte> bytes);

// Atomic. values holds exactly the product of shape.
Status write_npy(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                 std::span<const uint8_t> values);
Status write_npy(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                 std::span<const int32_t> values);
Status write_npy(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                 std::span<const int64_t> values);

}  // namespace greylag
