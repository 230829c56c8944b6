// SPDX-License-Identifier: Apache-2.0
// CRC-32 by zlib.
#include "core/checkpoint/file_region.h"

#include <fmt/format.h>
#include <zlib.h>

#include "core/checkpoint/file_text.h"

namespace greylag {

void RegionCrc::add(std::span<const std::byte> piece) {
  crc_ = static_cast<uint32_t>(
      crc32_z(crc_, reinterpret_cast<const Bytef*>(piece.data()), piece.size()));
}

Status RegionCrc::check(const FileRegion& region) const {
  if (!region.crc32 || crc_ == *region.crc32) return {};
  return bad_file(fmt::format(
      "{}: {}", printable(region.name),
      *region.crc32 == 0 ? "its checksum is missing; re-save the file with checksums switched on"
                         : "its bytes are damaged (CRC-32 differs)"));
}

Status check_crc(std::span<const std::byte> file, const FileRegion& region) {
  RegionCrc crc;
  if (region.crc32) crc.add(file.subspan(region.offset, region.size_bytes));
  return crc.check(region);
}

}  // namespace greylag
