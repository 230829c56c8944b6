// SPDX-License-Identifier: Apache-2.0
// 2^48 elements of the widest type are far from 2^64 bytes.
#include "core/checkpoint/ggml_tensor.h"

#include <fmt/format.h>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

Result<uint64_t> size_bytes_of(const GgmlTensor& tensor) {
  const auto refuse = [&](std::string_view rule) {
    return bad_file(fmt::format("{}: {}", printable(tensor.name), rule));
  };
  CheckedSize elements = 1;
  for (const int64_t length : tensor.ne) {
    if (length < 1) return refuse("a dimension is not positive");
    elements = elements * CheckedSize::from_signed(length);
  }
  if (!elements.at_most(uint64_t{1} << 48)) return refuse("its size overflows");
  const int64_t columns = tensor.ne[0];
  if (!gpu::can_hold_rows_of(tensor.dtype, columns)) {
    return refuse(fmt::format("its rows of {} elements are no whole number of {} blocks", columns,
                              gpu::dtype_name(tensor.dtype)));
  }
  return elements.value() / static_cast<uint64_t>(columns) * gpu::row_bytes(tensor.dtype, columns);
}

}  // namespace greylag
