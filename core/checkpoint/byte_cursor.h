// SPDX-License-Identifier: Apache-2.0
// How are little-endian fields read from untrusted bytes? A cursor that never leaves its span: a
// read past the end returns zero and makes the cursor failed for good; ask ok() before use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace greylag {

class ByteCursor {
 public:
  explicit ByteCursor(std::span<const std::byte> bytes, size_t position = 0)
      : bytes_(bytes), position_(position), is_ok_(position <= bytes.size()) {}

  bool ok() const { return is_ok_; }
  size_t position() const { return position_; }
  size_t remaining() const { return is_ok_ ? bytes_.size() - position_ : 0; }

  uint8_t u8() { return static_cast<uint8_t>(little_endian(1)); }
  uint16_t u16() { return static_cast<uint16_t>(little_endian(2)); }
  uint32_t u32() { return static_cast<uint32_t>(little_endian(4)); }
  uint64_t u64() { return little_endian(8); }

  // The next n bytes; empty (and failed) when there are fewer.
  std::span<const std::byte> take(uint64_t n) {
    if (n > remaining()) {
      is_ok_ = false;
      return {};
    }
    const auto taken = bytes_.subspan(position_, static_cast<size_t>(n));
    position_ += taken.size();
    return taken;
  }
  std::string_view take_text(uint64_t n) {
    const auto taken = take(n);
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  uint64_t little_endian(size_t width) {
    uint64_t value = 0;
    const auto taken = take(width);
    for (size_t i = taken.size(); i-- > 0;)
      value = value << 8 | std::to_integer<uint64_t>(taken[i]);
    return value;
  }
  std::span<const std::byte> bytes_;
  size_t position_;
  bool is_ok_;
};

}  // namespace greylag
