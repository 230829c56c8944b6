// SPDX-License-Identifier: Apache-2.0
// Are these bytes of the file undamaged? A region is a stretch with one checksum, or none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
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

// Bytes looked at or copied between two calls of `release`.
inline constexpr uint64_t kReleasePiece = 4 << 20;

// BadFile when the region has a CRC-32 and its bytes have another. release(offset, size), if given,
// is told of each stretch that was read. The region lies in the file.
Status check_crc(std::span<const std::byte> file, const FileRegion& region,
                 const std::function<void(uint64_t, uint64_t)>& release = {});

}  // namespace greylag
