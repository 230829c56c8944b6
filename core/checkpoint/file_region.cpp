// SPDX-License-Identifier: Apache-2.0
// CRC-32 by zlib, in pieces.
#include "core/checkpoint/file_region.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>

#include "core/checkpoint/file_text.h"

namespace greylag {

Status check_crc(std::span<const std::byte> file, const FileRegion& region,
                 const std::function<void(uint64_t, uint64_t)>& release) {
  if (!region.crc32) return {};
  uLong crc = 0;
  for (uint64_t done = 0; done < region.size_bytes; done += kReleasePiece) {
    const uint64_t piece = std::min(kReleasePiece, region.size_bytes - done);
    const auto* from = reinterpret_cast<const Bytef*>(file.data() + region.offset + done);
    crc = crc32_z(crc, from, static_cast<size_t>(piece));
    if (release) release(region.offset + done, piece);
  }
  if (static_cast<uint32_t>(crc) == *region.crc32) return {};
  return bad_file(fmt::format(
      "{}: {}", printable(region.name),
      *region.crc32 == 0 ? "its checksum is missing; re-save the file with checksums switched on"
                         : "its bytes are damaged (CRC-32 differs)"));
}

}  // namespace greylag
