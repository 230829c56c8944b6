// SPDX-License-Identifier: Apache-2.0
// The GPT-2 word rule by hand:
// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include "core/tokenizer/neox_tokenizer.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

enum class Kind { End, Space, Letter, Number, Other };

struct Character {
  Kind kind = Kind::End;
  size_t length = 0;
};

Kind kind_of(char32_t code) {
  const auto character = static_cast<UChar32>(code);
  if (u_isUWhiteSpace(character)) return Kind::Space;
  const uint32_t category = U_GET_GC_MASK(character);
  if ((category & U_GC_L_MASK) != 0) return Kind::Letter;
  if ((category & U_GC_N_MASK) != 0) return Kind::Number;
  return Kind::Other;
}

Character character_at(std::string_view text, size_t offset) {
  if (offset >= text.size()) return {};
  const Utf8Unit unit = next_utf8(text.substr(offset));
  return {unit.state == Utf8State::Whole ? kind_of(unit.code) : Kind::Other, unit.length};
}

size_t contraction_length(std::string_view text) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

// White space from the start: all of it at the end of the text, else all but its last character
// (which goes with the word behind it), else that one.
size_t space_length(std::string_view text) {
  size_t end = 0, last = 0;
  Character next = character_at(text, 0);
  while (next.kind == Kind::Space) {
    last = next.length;
    end += next.length;
    next = character_at(text, end);
  }
  return next.kind == Kind::End || end == last ? end : end - last;
}

}  // namespace

std::string_view next_word(std::string_view text) {
  if (const size_t length = contraction_length(text); length > 0) return text.substr(0, length);
  size_t end = text[0] == ' ' ? 1 : 0;
  const Kind kind = character_at(text, end).kind;
  if (kind == Kind::Space || kind == Kind::End) return text.substr(0, space_length(text));
  Character next = character_at(text, end);
  while (next.kind == kind) {
    end += next.length;
    next = character_at(text, end);
  }
  return text.substr(0, end);
}

std::string normalise_nfc(std::string_view text) {
  std::string out;
  UErrorCode code = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(code);
  if (U_FAILURE(code)) return std::string(text);
  icu::StringByteSink<std::string> sink(&out);
  while (!text.empty()) {
    // ICU counts in int32_t; a stretch ends before an ASCII byte, which composes with nothing.
    constexpr size_t kStretch = 1u << 20;
    size_t end = 0;
    while (end < text.size() && (end < kStretch || (text[end] & 0x80) != 0)) {
      const Utf8Unit unit = next_utf8(text.substr(end));
      if (unit.state != Utf8State::Whole) break;
      end += unit.length;
    }
    const icu::StringPiece piece(text.data(), static_cast<int32_t>(end));
    nfc->normalizeUTF8(0, piece, sink, nullptr, code);
    if (U_FAILURE(code)) {
      out.append(text);
      return out;
    }
    text.remove_prefix(end);
    if (!text.empty() && end < kStretch) {
      const size_t broken = next_utf8(text).length;
      out.append(text.substr(0, broken));
      text.remove_prefix(broken);
    }
  }
  return out;
}

}  // namespace greylag
