// SPDX-License-Identifier: Apache-2.0
// UTF-8 by the table of well-formed byte sequences (Unicode 15, table 3-7).
#include "core/checkpoint/file_text.h"

#include <cstdint>
#include <iterator>

namespace greylag {

namespace {

// Length of the well-formed sequence at the start of text, 0 if there is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const auto follows = [&](size_t i, uint8_t low, uint8_t high) {
    return byte(i) >= low && byte(i) <= high;
  };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1, 0x80, 0xBF) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
    const uint8_t high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2, 0x80, 0xBF) && follows(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text) {
  constexpr size_t kLongest = 120;
  std::string shown(text.substr(0, kLongest));
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7E) c = '?';
  }
  if (text.size() > kLongest) shown += "...";
  return shown;
}

bool is_valid_tensor_name(std::string_view name) {
  if (name.empty() || name.size() > 1024 || !is_valid_utf8(name)) return false;
  for (const char c : name) {
    if ((c >= 0 && c < 0x20) || c == 0x7F) return false;
  }
  return true;
}

std::string_view strip_name_prefix(std::string_view name) {
  static constexpr std::string_view kPrefixes[] = {
      "_forward_module.", "base_model.model.", "model.", "module.", "_orig_mod.", "rwkv."};
  for (size_t i = 0; i < std::size(kPrefixes);) {
    if (name.starts_with(kPrefixes[i])) {
      name.remove_prefix(kPrefixes[i].size());
      i = 0;
    } else {
      ++i;
    }
  }
  return name;
}

}  // namespace greylag
