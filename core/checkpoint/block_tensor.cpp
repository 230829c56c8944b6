// SPDX-License-Identifier: Apache-2.0
// The note is read back by writing it: only the exact text of a valid tensor is accepted.
#include "core/checkpoint/block_tensor.h"

#include <fmt/format.h>

#include <charconv>
#include <vector>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"

namespace greylag {
namespace {

// The numbers of "[2048, 2048]"; empty when it is no such list of positive numbers.
std::vector<int64_t> parse_shape(std::string_view text) {
  std::vector<int64_t> sizes;
  if (!text.starts_with('[') || !text.ends_with(']')) return {};
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    int64_t size = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (failure != std::errc() || size <= 0 || size > int64_t{1} << 32) return {};
    sizes.push_back(size);
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.starts_with(", ")) text.remove_prefix(2);
  }
  return sizes.size() <= 4 ? sizes : std::vector<int64_t>();
}

}  // namespace

std::string block_key(std::string_view name) { return fmt::format("block_format.{}", name); }

std::string block_note(const TensorInfo& info) {
  return fmt::format("{} {}", gpu::dtype_name(info.dtype), info.shape.text());
}

TensorInfo pack_block_tensor(const TensorInfo& info) {
  const auto row = static_cast<int64_t>(gpu::row_bytes(info.dtype, info.shape[-1]));
  const auto bytes = static_cast<int64_t>(info.size_bytes);
  return {info.name, gpu::DType::U8, {row == 0 ? 0 : bytes / row, row}, info.size_bytes};
}

Result<TensorInfo> unpack_block_tensor(const TensorInfo& carrier, std::string_view note) {
  const auto refuse = [&](std::string_view rule) {
    return bad_file(fmt::format("{}: {}", printable(carrier.name), rule));
  };
  const size_t space = note.find(' ');
  const auto dtype = gpu::dtype_by_name(note.substr(0, space));
  const std::vector<int64_t> sizes = space == std::string_view::npos
                                         ? std::vector<int64_t>()
                                         : parse_shape(note.substr(space + 1));
  if (!dtype || !gpu::is_block_format(*dtype) || sizes.empty()) {
    return refuse("its block_format is not a known format and a shape");
  }
  if (!gpu::can_hold_rows_of(*dtype, sizes.back())) {
    return refuse("its rows are no whole number of blocks");
  }
  TensorInfo info{carrier.name, *dtype, gpu::Shape(std::span<const int64_t>(sizes)), 0};
  if (block_note(info) != note) return refuse("its block_format is not written as it should be");
  if (!element_count(info.shape).is_valid()) return refuse("its size overflows");
  info.size_bytes = gpu::size_bytes(*dtype, info.shape);
  const TensorInfo expected = pack_block_tensor(info);
  if (carrier.dtype != expected.dtype || carrier.shape != expected.shape) {
    return refuse(fmt::format("it is not the U8 tensor {} that its block_format needs",
                              expected.shape.text()));
  }
  return info;
}

}  // namespace greylag
