// SPDX-License-Identifier: Apache-2.0
// UTF-8, one character at a time, and the stream that holds back a cut tail.
#include "core/tokenizer/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the sequence that `lead` opens and the range of its second byte; length 0: no lead.
struct Lead {
  size_t length;
  uint8_t low, high;
};

Lead lead_of(uint8_t byte) {
  if (byte < 0x80) return {1, 0x80, 0xBF};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0) {
    return {3, byte == 0xE0 ? uint8_t{0xA0} : uint8_t{0x80},
            byte == 0xED ? uint8_t{0x9F} : uint8_t{0xBF}};
  }
  if (byte < 0xF5) {
    return {4, byte == 0xF0 ? uint8_t{0x90} : uint8_t{0x80},
            byte == 0xF4 ? uint8_t{0x8F} : uint8_t{0xBF}};
  }
  return {0, 0, 0};
}

}  // namespace

Utf8Unit next_utf8(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  const Lead lead = lead_of(first);
  if (lead.length == 0) return {Utf8State::Broken, 1, 0};
  if (lead.length == 1) return {Utf8State::Whole, 1, first};
  char32_t code = first & (0x7Fu >> lead.length);
  for (size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {Utf8State::Cut, i, 0};
    const auto byte = static_cast<uint8_t>(text[i]);
    const bool is_second = i == 1;
    if (byte < (is_second ? lead.low : 0x80) || byte > (is_second ? lead.high : 0xBF)) {
      return {Utf8State::Broken, i, 0};
    }
    code = (code << 6) | (byte & 0x3Fu);
  }
  return {Utf8State::Whole, lead.length, code};
}

size_t find_bad_utf8(std::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    uint64_t eight = 0;
    if (i + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + i, sizeof eight);
      if ((eight & 0x8080808080808080ull) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    const Utf8Unit unit = next_utf8(text.substr(i));
    if (unit.state != Utf8State::Whole) return i;
    i += unit.length;
  }
  return std::string_view::npos;
}

std::string in_quotes(std::string_view text) {
  constexpr size_t kMost = 40;
  size_t end = std::min(text.size(), kMost);
  while (end > 0 && end < text.size() && (text[end] & 0xC0) == 0x80) --end;
  std::string shown = '"' + std::string(text.substr(0, end));
  for (char& c : shown) {
    if ((c >= 0 && c < 0x20) || c == 0x7F) c = '?';
  }
  return shown + (end < text.size() ? "…\"" : "\"");
}

void append_utf8(std::string& text, char32_t code) {
  const auto put = [&text](char32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) {
    put(0xC0 | (code >> 6));
  } else {
    if (code < 0x10000) {
      put(0xE0 | (code >> 12));
    } else {
      put(0xF0 | (code >> 18));
      put(0x80 | ((code >> 12) & 0x3F));
    }
    put(0x80 | ((code >> 6) & 0x3F));
  }
  put(0x80 | (code & 0x3F));
}

std::string Utf8Stream::push(std::string_view bytes) {
  held_.append(bytes);
  std::string whole;
  const std::string_view text = held_;
  size_t i = 0;
  while (i < text.size()) {
    const Utf8Unit unit = next_utf8(text.substr(i));
    if (unit.state == Utf8State::Cut) break;
    whole.append(unit.state == Utf8State::Whole ? text.substr(i, unit.length) : kReplacement);
    i += unit.length;
  }
  held_.erase(0, i);
  return whole;
}

std::string Utf8Stream::finish() {
  std::string tail(held_.empty() ? std::string_view() : kReplacement);
  held_.clear();
  return tail;
}

}  // namespace greylag
