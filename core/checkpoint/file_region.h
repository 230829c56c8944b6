// SPDX-License-Identifier: Apache-2.0
// Are these bytes of the file undamaged? A region is a stretch with one checksum, or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.h"

namespace greylag {

struct FileRegion {
  std::string name;  // for messages: "data/12"
  uint64_t offset = 0, size_bytes = 0;
  std::optional<uint32_t> crc32;
};

// The CRC-32 of a region, from its bytes in order and in pieces of any size.
class RegionCrc {
 public:
  void add(std::span<const std::byte> piece);
  // BadFile when the region has a CRC-32 and these are not its bytes.
  Status check(const FileRegion& region) const;

 private:
  uint32_t crc_ = 0;
};

// The same for a file in memory. The region lies in the file.
Status check_crc(std::span<const std::byte> file, const FileRegion& region);

}  // namespace greylag
