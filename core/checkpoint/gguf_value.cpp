// SPDX-License-Identifier: Apache-2.0
// What is behind a key of a GGUF file? The container has checked that the bytes fit the type; here
// they become numbers and texts.
#include <fmt/format.h>

#include <bit>

#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/gguf_container.h"

namespace greylag {
namespace {

// Sign-extended.
int64_t signed_number(const GgufValue& value) {
  ByteCursor cursor(value.bytes);
  switch (value.type) {
    case GgufType::I8:
      return static_cast<int8_t>(cursor.u8());
    case GgufType::I16:
      return static_cast<int16_t>(cursor.u16());
    case GgufType::I32:
      return static_cast<int32_t>(cursor.u32());
    default:
      return static_cast<int64_t>(cursor.u64());
  }
}

// Zero-extended; any width.
uint64_t unsigned_number(const GgufValue& value) {
  uint64_t number = 0;
  for (size_t i = value.bytes.size(); i-- > 0;) {
    number = number << 8 | std::to_integer<uint64_t>(value.bytes[i]);
  }
  return number;
}

}  // namespace

std::optional<uint64_t> GgufValue::whole_number() const {
  switch (type) {
    case GgufType::U8:
    case GgufType::U16:
    case GgufType::U32:
    case GgufType::U64:
      return unsigned_number(*this);
    case GgufType::I8:
    case GgufType::I16:
    case GgufType::I32:
    case GgufType::I64: {
      const int64_t number = signed_number(*this);
      return number < 0 ? std::nullopt : std::optional(static_cast<uint64_t>(number));
    }
    default:
      return std::nullopt;
  }
}

std::optional<double> GgufValue::real_number() const {
  if (type == GgufType::F32) {
    return static_cast<double>(std::bit_cast<float>(static_cast<uint32_t>(unsigned_number(*this))));
  }
  if (type == GgufType::F64) return std::bit_cast<double>(unsigned_number(*this));
  return std::nullopt;
}

std::optional<std::string_view> GgufValue::text() const {
  if (type != GgufType::Text) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

std::optional<std::vector<std::string>> GgufValue::texts() const {
  if (type != GgufType::Array || element_type != GgufType::Text) return std::nullopt;
  std::vector<std::string> all;
  all.reserve(static_cast<size_t>(count));
  ByteCursor cursor(bytes);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t length = cursor.u64();
    all.emplace_back(cursor.take_text(length));
  }
  return all;
}

std::optional<std::string> GgufValue::shown() const {
  switch (type) {
    case GgufType::Array:
      return std::nullopt;
    case GgufType::Text:
      return std::string(*text());
    case GgufType::Bool:
      return unsigned_number(*this) == 0 ? "false" : "true";
    case GgufType::F32:
      return fmt::format("{}", static_cast<float>(*real_number()));
    case GgufType::F64:
      return fmt::format("{}", *real_number());
    case GgufType::I8:
    case GgufType::I16:
    case GgufType::I32:
    case GgufType::I64:
      return fmt::format("{}", signed_number(*this));
    default:
      return fmt::format("{}", unsigned_number(*this));
  }
}

}  // namespace greylag
