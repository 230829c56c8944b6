// SPDX-License-Identifier: Apache-2.0
// The numbers of the zip format (PKWARE APPNOTE 6.3) that the reader and the writer share.
#pragma once

#include <cstdint>

namespace greylag::zip {

inline constexpr uint32_t kLocalSignature = 0x04034b50;
inline constexpr uint32_t kDescriptorSignature = 0x08074b50;
inline constexpr uint32_t kCentralSignature = 0x02014b50;
inline constexpr uint32_t kEndSignature = 0x06054b50;
inline constexpr uint32_t kZip64EndSignature = 0x06064b50;
inline constexpr uint32_t kZip64LocatorSignature = 0x07064b50;

inline constexpr uint64_t kLocalBytes = 30;
inline constexpr uint64_t kCentralBytes = 46;
inline constexpr uint64_t kEndBytes = 22;
inline constexpr uint64_t kZip64EndBytes = 56;
inline constexpr uint64_t kZip64LocatorBytes = 20;

inline constexpr uint16_t kZip64Extra = 0x0001;
inline constexpr uint16_t kPaddingExtra = 0x4246;  // "FB": torch aligns data with it

inline constexpr uint16_t kDescriptorFlag = 0x0008;  // CRC and sizes follow the data
inline constexpr uint16_t kUtf8Flag = 0x0800;
inline constexpr uint32_t kInZip64 = 0xFFFFFFFF;  // "see the zip64 extra"

}  // namespace greylag::zip
