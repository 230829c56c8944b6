// SPDX-License-Identifier: Apache-2.0
// What does a GGUF file say, whatever model is in it? Its keys with their values, and its tensors.
// Layout (facts inference 3.1), all little-endian: "GGUF", u32 version, u64 tensors, u64 keys; per
// key its text, u32 type, value; per tensor its name, u32 dimensions, u64 each, u32 type, u64
// offset; padding to general.alignment; the data, each tensor padded likewise. A text is a u64
// length and that many bytes.
// Keys and tensors are read in two steps, so that a file of a foreign model is named before one of
// its tensors is found strange. All texts point into the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/ggml_tensor.h"
#include "core/checkpoint/gguf_types.h"

namespace greylag {

// Limits beyond those of the format (facts reliability-and-security 2.3).
inline constexpr uint64_t kMostGgufKeys = 65'536;
inline constexpr uint64_t kMostGgufTensors = 65'536;
inline constexpr uint64_t kMostGgufTextBytes = uint64_t{16} << 20;
inline constexpr uint64_t kMostGgufArrayElements = uint64_t{4} << 20;
inline constexpr uint64_t kMostGgufAlignment = uint64_t{64} << 10;
inline constexpr uint64_t kGgufAlignment = 32;  // where general.alignment is absent

struct GgufValue {
  GgufType type = GgufType::U8;
  GgufType element_type = GgufType::U8;  // arrays only; never an array itself
  uint64_t count = 1;                    // elements of an array
  // A number as it stands; of a text its bytes; of an array its elements, texts with their lengths.
  std::span<const std::byte> bytes{};

  // Null for values of other types, and for negative numbers.
  std::optional<uint64_t> whole_number() const;
  // Null unless F32 or F64.
  std::optional<double> real_number() const;
  // Null unless a text.
  std::optional<std::string_view> text() const;
  // The elements; null unless an array of texts.
  std::optional<std::vector<std::string>> texts() const;
  // Single numbers, "true", "false" and texts as a reader sees them; null for arrays.
  std::optional<std::string> shown() const;
};

struct GgufKeys {
  uint32_t version = 3;
  uint64_t tensor_count = 0;
  uint64_t alignment = kGgufAlignment;
  std::map<std::string_view, GgufValue> values;
  uint64_t end = 0;  // bytes from the start of the file

  // Null when there is no such key.
  const GgufValue* find(std::string_view key) const;
};

// BadFile: not GGUF of version 2 or 3, big-endian, a limit exceeded, a key that is empty, repeated
// or no text, a value that does not fit its type.
Result<GgufKeys> read_gguf_keys(std::span<const std::byte> file);

struct GgufTensors {
  std::vector<GgmlTensor> tensors;  // in file order; offsets are from data_offset on
  uint64_t data_offset = 0;
};

// `keys` come from the same file. BadFile: names that are not 1 to 63 bytes of text or occur twice,
// types that Greylag does not read, lengths or offsets that break a rule, a tensor beyond the end
// of the file, or bytes behind the padding of the last one.
Result<GgufTensors> read_gguf_tensors(std::span<const std::byte> file, const GgufKeys& keys);

}  // namespace greylag
