// SPDX-License-Identifier: Apache-2.0
// A .safetensors: 8 bytes of header length, the JSON header, then the tensors without holes up to
// the end of the file. The format has no checksums and no block formats: a packed tensor is a
// [rows, row bytes] tensor of U8 whose metadata says what is in it (block_tensor.h).
#include <fmt/format.h>

#include <algorithm>

#include "core/checkpoint/block_tensor.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/safetensors_header.h"

namespace greylag {
namespace {

constexpr uint64_t kMostHeaderBytes = 100'000'000;

// In data order: no holes, no overlap, no trailing bytes.
Result<TensorTable> table_of(SafetensorsHeader header, uint64_t data_offset, uint64_t file_bytes) {
  std::ranges::stable_sort(header.entries, [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  TensorTable table;
  table.format = "safetensors";
  uint64_t expected = 0;
  for (const SafetensorsEntry& entry : header.entries) {
    const std::string shown = printable(entry.info.name);
    if (entry.begin != expected) {
      return bad_file(fmt::format("{}: its data overlaps another or leaves a hole", shown));
    }
    expected = entry.end;
    const std::string name(strip_name_prefix(entry.info.name));
    if (name.empty()) return bad_file("a name is only a prefix");
    const auto packed = header.metadata.find(block_key(entry.info.name));
    if (packed == header.metadata.end()) {
      table.tensors.push_back(
          dense_tensor(name, entry.info.dtype, entry.info.shape, 0, entry.begin));
      continue;
    }
    Result<TensorInfo> info = unpack_block_tensor(entry.info, packed->second);
    if (!info) return info.error();
    table.tensors.push_back(dense_tensor(name, info->dtype, info->shape, 0, entry.begin));
    header.metadata.erase(packed);
  }
  if (!(CheckedSize(data_offset) + expected).equals(file_bytes)) {
    return bad_file("the data does not end where the file ends (truncated, or bytes added?)");
  }
  table.regions.push_back({"data", data_offset, expected, std::nullopt});
  table.metadata = std::move(header.metadata);
  return table;
}

}  // namespace

Result<TensorTable> parse_safetensors(std::span<const std::byte> file) {
  ByteCursor cursor(file);
  const uint64_t header_bytes = cursor.u64();
  if (!cursor.ok() || header_bytes > kMostHeaderBytes || header_bytes > cursor.remaining()) {
    return bad_file("header: its length is beyond the file or 100 MB");
  }
  Result<SafetensorsHeader> header = parse_safetensors_header(cursor.take_text(header_bytes));
  if (!header) return header.error();
  return table_of(std::move(*header), cursor.position(), file.size());
}

}  // namespace greylag
