// SPDX-License-Identifier: Apache-2.0
// The header is a Python literal; only the three keys that the format knows are taken.
#include "core/puzzle/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>

#include "core/base/file.h"
#include "core/base/log.h"

namespace greylag {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they stand");

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);
constexpr size_t kPrefix = 10;  // magic, version, u16 length
constexpr size_t kMostDimensions = 8;

Error bad(std::string message) { return {ErrorCode::BadFile, std::move(message)}; }

// The dict of a header, e.g. {'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : text_(text) {}

  bool parse() {
    if (!take('{')) return false;
    while (!take('}')) {
      const auto key = quoted();
      if (!key || !take(':') || !value(*key)) return false;
      if (!take(',') && !is_next('}')) return false;
    }
    skip_space();
    return text_.empty() && has_descr_ && has_order_ && has_shape_;
  }

  std::string descr;
  bool is_fortran = false;
  std::vector<int64_t> shape;

 private:
  void skip_space() { text_.remove_prefix(std::min(text_.find_first_not_of(" \n"), text_.size())); }
  bool is_next(char c) {
    skip_space();
    return text_.starts_with(c);
  }
  bool take(char c) {
    if (!is_next(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string> quoted() {
    skip_space();
    if (text_.empty() || (text_[0] != '\'' && text_[0] != '"')) return std::nullopt;
    const size_t end = text_.find(text_[0], 1);
    if (end == std::string_view::npos) return std::nullopt;
    std::string inside(text_.substr(1, end - 1));
    text_.remove_prefix(end + 1);
    return inside;
  }
  bool value(std::string_view key) {
    if (key == "descr" && !has_descr_) {
      auto word = quoted();
      if (!word) return false;
      descr = std::move(*word);
      return has_descr_ = true;
    }
    if (key == "fortran_order" && !has_order_) {
      is_fortran = take_word("True");
      return has_order_ = is_fortran || take_word("False");
    }
    return key == "shape" && !has_shape_ && (has_shape_ = numbers());
  }
  bool numbers() {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_space();
      int64_t number = -1;
      const auto [end, problem] =
          std::from_chars(text_.data(), text_.data() + text_.size(), number);
      if (problem != std::errc() || number < 0 || shape.size() == kMostDimensions) return false;
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      shape.push_back(number);
      if (!take(',') && !is_next(')')) return false;
    }
    return true;
  }

  std::string_view text_;
  bool has_descr_ = false, has_order_ = false, has_shape_ = false;
};

// Bytes that a shape asks for; nothing when that is beyond int64.
std::optional<uint64_t> shape_bytes(const std::vector<int64_t>& shape, size_t item_bytes) {
  constexpr auto kMost = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  uint64_t bytes = item_bytes;
  for (const int64_t extent : shape) {
    const auto factor = static_cast<uint64_t>(extent);
    if (factor != 0 && bytes > kMost / factor) return std::nullopt;
    bytes *= factor;
  }
  return bytes;
}

std::string describe(const std::vector<int64_t>& shape) {
  std::string text = "(";
  for (const int64_t extent : shape) text += std::to_string(extent) + ", ";
  if (shape.size() > 1) text.resize(text.size() - 2);
  if (shape.size() == 1) text.pop_back();
  return text + ")";
}

template <typename T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

Status write_array(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                   const char* descr, size_t item_bytes, std::span<const std::byte> data) {
  check(shape_bytes(shape, item_bytes) == data.size(), "write_npy: values do not fit the shape");
  std::string dict = std::string("{'descr': '") + descr +
                     "', 'fortran_order': False, 'shape': " + describe(shape) + ", }";
  dict.append(63 - (kPrefix + dict.size()) % 64, ' ') += '\n';  // the numbers start at 64 k
  std::string header(kMagic);
  header += static_cast<char>(dict.size() & 0xff);
  header += static_cast<char>(dict.size() >> 8);
  auto file = AtomicFile::create(path);
  if (!file) return file.error();
  if (Status done = file->write(header + dict); !done) return done;
  if (Status done = file->write(data); !done) return done;
  return file->commit();
}

}  // namespace

int64_t NpyArray::at(int64_t index) const {
  const std::byte* from = data.data() + static_cast<size_t>(index) * item_bytes;
  constexpr size_t kUnsigned = 16;
  switch (item_bytes + (is_signed ? 0 : kUnsigned)) {
    case 1:
      return load<int8_t>(from);
    case 2:
      return load<int16_t>(from);
    case 4:
      return load<int32_t>(from);
    case kUnsigned + 1:
      return load<uint8_t>(from);
    case kUnsigned + 2:
      return load<uint16_t>(from);
    case kUnsigned + 4:
      return load<uint32_t>(from);
    default:
      return load<int64_t>(from);
  }
}

Result<NpyArray> parse_npy(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() < kPrefix || !text.starts_with(kMagic)) {
    return bad("not an .npy file of version 1.0");
  }
  const auto length = load<uint16_t>(bytes.data() + kMagic.size());
  if (text.size() - kPrefix < length) return bad("the file ends inside its header");
  HeaderParser header(text.substr(kPrefix, length));
  if (!header.parse()) return bad("its header is not a dict of descr, fortran_order and shape");
  if (header.is_fortran) return bad("Fortran order is not read: save it in C order");

  NpyArray array;
  const std::string_view descr = header.descr;
  const bool is_known = descr.size() == 3 && (descr[1] == 'i' || descr[1] == 'u') &&
                        std::string_view("1248").find(descr[2]) != std::string_view::npos;
  if (!is_known || (descr[0] != '<' && !(descr[0] == '|' && descr[2] == '1'))) {
    return bad("its type '" + header.descr + "' is not a little-endian whole number");
  }
  array.is_signed = descr[1] == 'i';
  array.item_bytes = static_cast<size_t>(descr[2] - '0');
  array.data = bytes.subspan(kPrefix + length);
  const auto expected = shape_bytes(header.shape, array.item_bytes);
  if (expected != array.data.size()) {
    return bad("shape " + describe(header.shape) + " does not fit its " +
               std::to_string(array.data.size()) + " bytes of numbers");
  }
  array.shape = std::move(header.shape);
  return array;
}

Status write_npy(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                 std::span<const uint8_t> values) {
  return write_array(path, shape, "|u1", 1, std::as_bytes(values));
}
Status write_npy(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                 std::span<const int32_t> values) {
  return write_array(path, shape, "<i4", 4, std::as_bytes(values));
}
Status write_npy(const std::filesystem::path& path, const std::vector<int64_t>& shape,
                 std::span<const int64_t> values) {
  return write_array(path, shape, "<i8", 8, std::as_bytes(values));
}

}  // namespace greylag
