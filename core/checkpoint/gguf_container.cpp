// SPDX-License-Identifier: Apache-2.0
// Every length is compared with what is left of the file before anything is allocated or skipped.
// Padding is added with checks too: near 2^64 it would wrap.
#include "core/checkpoint/gguf_container.h"

#include <fmt/format.h>

#include <bit>
#include <unordered_set>

#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"

namespace greylag {
namespace {

using Bytes = std::span<const std::byte>;

constexpr uint64_t kMostNameBytes = 63;

Error refuse(std::string_view where, std::string_view rule, size_t position) {
  return bad_file(fmt::format("{}: {} (at byte {})", printable(where), rule, position));
}

// The next multiple of `alignment`, a power of two; invalid when there is none below 2^64.
CheckedSize padded(CheckedSize size, uint64_t alignment) {
  const CheckedSize beyond = size + (alignment - 1);
  return beyond.is_valid() ? CheckedSize(beyond.value() & ~(alignment - 1)) : beyond;
}

class KeysReader {
 public:
  explicit KeysReader(Bytes file) : cursor_(file) {}

  Result<GgufKeys> read() {
    GgufKeys keys;
    if (Status status = read_counts(keys); !status) return status.error();
    for (uint64_t i = 0; i < key_count_; ++i) {
      if (Status status = read_pair(keys); !status) return status.error();
    }
    if (Status status = read_alignment(keys); !status) return status.error();
    keys.end = cursor_.position();
    return keys;
  }

 private:
  Status read_counts(GgufKeys& keys) {
    if (cursor_.take_text(4) != "GGUF") return bad_file("this is not a GGUF file");
    keys.version = cursor_.u32();
    if (!cursor_.ok()) return ends_in("GGUF header");
    if (keys.version != 0 && (keys.version & 0xFFFF) == 0) {
      return bad_file("this GGUF file is big-endian; Greylag reads little-endian ones");
    }
    if (keys.version < 2) {
      return bad_file(fmt::format(
          "GGUF version {} is too old: Greylag reads versions 2 and 3; convert the model again",
          keys.version));
    }
    if (keys.version > 3) {
      return bad_file(
          fmt::format("GGUF version {} is newer than this program, which reads versions 2 and 3",
                      keys.version));
    }
    keys.tensor_count = cursor_.u64();
    key_count_ = cursor_.u64();
    if (!cursor_.ok()) return ends_in("GGUF header");
    if (keys.tensor_count > kMostGgufTensors) {
      return refuse("GGUF header", "more than 65536 tensors", 8);
    }
    if (key_count_ > kMostGgufKeys) return refuse("GGUF header", "more than 65536 keys", 16);
    return {};
  }

  Status read_pair(GgufKeys& keys) {
    const size_t start = cursor_.position();
    const Result<std::string_view> key = read_text("GGUF key");
    if (!key) return key.error();
    if (!is_valid_tensor_name(*key)) {
      return refuse("GGUF key", "it is not text of 1 to 1024 bytes", start);
    }
    const Result<GgufValue> value = read_value(*key);
    if (!value) return value.error();
    if (!keys.values.emplace(*key, *value).second) {
      return refuse(*key, "the key occurs twice", start);
    }
    return {};
  }

  Result<GgufType> read_type(std::string_view key) {
    const size_t start = cursor_.position();
    const uint32_t number = cursor_.u32();
    if (!cursor_.ok()) return ends_in(key);
    if (number >= kGgufTypeCount) {
      return refuse(key, fmt::format("value type {} is not known", number), start);
    }
    return static_cast<GgufType>(number);
  }

  Result<GgufValue> read_value(std::string_view key) {
    const Result<GgufType> type = read_type(key);
    if (!type) return type.error();
    if (*type == GgufType::Array) return read_array(key);
    GgufValue value{.type = *type};
    const size_t start = cursor_.position();
    if (*type == GgufType::Text) {
      const Result<std::string_view> text = read_text(key);
      if (!text) return text.error();
      if (!is_valid_utf8(*text)) return refuse(key, "the text is not valid UTF-8", start);
      value.bytes = std::as_bytes(std::span(*text));
      return value;
    }
    value.bytes = cursor_.take(gguf_type_bytes(*type));
    if (!cursor_.ok()) return ends_in(key);
    if (Status status = check_bools(key, value, *type, start); !status) return status.error();
    return value;
  }

  Result<GgufValue> read_array(std::string_view key) {
    const size_t start = cursor_.position();
    const Result<GgufType> type = read_type(key);
    if (!type) return type.error();
    if (*type == GgufType::Array) return refuse(key, "an array of arrays", start);
    GgufValue value{.type = GgufType::Array, .element_type = *type};
    value.count = cursor_.u64();
    if (!cursor_.ok()) return ends_in(key);
    if (value.count > kMostGgufArrayElements) {
      return refuse(key, "an array of more than 4194304 elements", start);
    }
    const size_t first = cursor_.position();
    if (*type == GgufType::Text) {
      ByteCursor rest = cursor_;  // stays in front of the elements
      if ((CheckedSize(value.count) * 8).at_most(cursor_.remaining())) {
        for (uint64_t i = 0; i < value.count; ++i) {
          if (const Result<std::string_view> text = read_text(key); !text) return text.error();
        }
        value.bytes = rest.take(cursor_.position() - first);
        return value;
      }
      return ends_in(key);
    }
    const CheckedSize size = CheckedSize(value.count) * gguf_type_bytes(*type);
    if (!size.at_most(cursor_.remaining())) return ends_in(key);
    value.bytes = cursor_.take(size.value());
    if (Status status = check_bools(key, value, *type, first); !status) return status.error();
    return value;
  }

  Result<std::string_view> read_text(std::string_view where) {
    const size_t start = cursor_.position();
    const uint64_t length = cursor_.u64();
    if (!cursor_.ok()) return ends_in(where);
    if (length > kMostGgufTextBytes) return refuse(where, "a text of more than 16 MiB", start);
    const std::string_view text = cursor_.take_text(length);
    if (!cursor_.ok()) return ends_in(where);
    return text;
  }

  static Status check_bools(std::string_view key, const GgufValue& value, GgufType type,
                            size_t start) {
    if (type != GgufType::Bool) return {};
    for (const std::byte byte : value.bytes) {
      if (std::to_integer<unsigned>(byte) > 1) {
        return refuse(key, "a bool is neither 0 nor 1", start);
      }
    }
    return {};
  }

  Status read_alignment(GgufKeys& keys) const {
    const GgufValue* value = keys.find("general.alignment");
    if (value == nullptr) return {};
    const std::optional<uint64_t> alignment =
        value->type == GgufType::U32 ? value->whole_number() : std::nullopt;
    if (!alignment || !std::has_single_bit(*alignment) || *alignment > kMostGgufAlignment) {
      return bad_file("general.alignment: it is not a u32, a power of two and at most 65536");
    }
    keys.alignment = *alignment;
    return {};
  }

  Error ends_in(std::string_view where) const {
    return refuse(where, "the file ends inside it; was it cut short?", cursor_.position());
  }

  ByteCursor cursor_;
  uint64_t key_count_ = 0;
};

class TensorsReader {
 public:
  TensorsReader(Bytes file, const GgufKeys& keys)
      : file_bytes_(file.size()), keys_(keys), cursor_(file, static_cast<size_t>(keys.end)) {}

  Result<GgufTensors> read() {
    GgufTensors all;
    for (uint64_t i = 0; i < keys_.tensor_count; ++i) {
      Result<GgmlTensor> tensor = read_one();
      if (!tensor) return tensor.error();
      all.tensors.push_back(*tensor);
    }
    const CheckedSize data = padded(cursor_.position(), keys_.alignment);
    if (Status status = check_extents(all.tensors, data); !status) return status.error();
    all.data_offset = data.value();
    return all;
  }

 private:
  Result<GgmlTensor> read_one() {
    const size_t start = cursor_.position();
    GgmlTensor tensor;
    const uint64_t name_bytes = cursor_.u64();
    if (!cursor_.ok()) return ends_in("GGUF tensors");
    if (name_bytes == 0 || name_bytes > kMostNameBytes) {
      return refuse("GGUF tensors", "a name is not 1 to 63 bytes long", start);
    }
    tensor.name = cursor_.take_text(name_bytes);
    if (!cursor_.ok()) return ends_in("GGUF tensors");
    if (!is_valid_tensor_name(tensor.name)) {
      return refuse(tensor.name, "the name is not text", start);
    }
    if (!names_.insert(tensor.name).second) {
      return refuse(tensor.name, "the name occurs twice", start);
    }
    const uint32_t rank = cursor_.u32();
    if (!cursor_.ok()) return ends_in(tensor.name);
    if (rank < 1 || rank > GgmlTensor::kMaxRank) {
      return refuse(tensor.name, "it has not 1 to 4 dimensions", start);
    }
    for (uint32_t d = 0; d < rank; ++d) tensor.ne[d] = static_cast<int64_t>(cursor_.u64());
    const uint32_t type = cursor_.u32();
    tensor.offset = cursor_.u64();
    if (!cursor_.ok()) return ends_in(tensor.name);
    const Result<gpu::DType> dtype = dtype_of_ggml_type(type);
    if (!dtype) return dtype.error().in(printable(tensor.name));
    tensor.dtype = *dtype;
    return tensor;
  }

  // One behind the other, each padded, all in the file, and nothing behind them.
  Status check_extents(const std::vector<GgmlTensor>& tensors, CheckedSize data) const {
    CheckedSize next = 0;  // from data on
    for (const GgmlTensor& tensor : tensors) {
      const Result<uint64_t> size = size_bytes_of(tensor);
      if (!size) return size.error();
      if (!next.equals(tensor.offset)) {
        return bad_file(fmt::format(
            "{}: its data does not start right behind the padding of the one before (an overlap or "
            "a hole)",
            printable(tensor.name)));
      }
      const CheckedSize end = next + *size;
      if (!(data + end).at_most(file_bytes_)) {
        return bad_file(fmt::format("{}: it reaches beyond the end of the file; was it cut short?",
                                    printable(tensor.name)));
      }
      next = padded(end, keys_.alignment);
    }
    if (!CheckedSize(file_bytes_).at_most(data + next)) {
      return bad_file("GGUF: there are bytes behind the last tensor");
    }
    return {};
  }

  Error ends_in(std::string_view where) const {
    return refuse(where, "the file ends inside it; was it cut short?", cursor_.position());
  }

  uint64_t file_bytes_;
  const GgufKeys& keys_;
  ByteCursor cursor_;
  std::unordered_set<std::string_view> names_;
};

}  // namespace

const GgufValue* GgufKeys::find(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? nullptr : &found->second;
}

Result<GgufKeys> read_gguf_keys(Bytes file) { return KeysReader(file).read(); }

Result<GgufTensors> read_gguf_tensors(Bytes file, const GgufKeys& keys) {
  return TensorsReader(file, keys).read();
}

}  // namespace greylag
