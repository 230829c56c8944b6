// SPDX-License-Identifier: Apache-2.0
// The answer of a loader process, written and read.
#include "core/checkpoint/table_codec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/log.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/file_text.h"

namespace greylag {
namespace {

enum class Kind : uint8_t { Table = 1, Failure = 2 };

// The parsers' own limits: what they can find at most.
constexpr uint64_t kMostMetadata = 65'536;
constexpr uint64_t kMostRegions = 1'000'000;
constexpr uint64_t kMostTensors = 1'000'000;
constexpr uint64_t kMostTokens = 4'000'000;
constexpr uint64_t kLongestMessage = 4096;

class AnswerWriter {
 public:
  void number(uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  void u8(uint8_t value) { number(value, 1); }
  void count(size_t value) {
    check(value <= std::numeric_limits<uint32_t>::max(), "a table has more than 2^32 entries");
    number(value, 4);
  }
  void u64(uint64_t value) { number(value, 8); }
  void i64(int64_t value) { number(static_cast<uint64_t>(value), 8); }
  void text(const std::string& value) {
    count(value.size());
    bytes_ += value;
  }
  void region(const FileRegion& region) {
    text(region.name);
    u64(region.offset);
    u64(region.size_bytes);
    u8(region.crc32.has_value() ? 1 : 0);
    number(region.crc32.value_or(0), 4);
  }
  void tensor(const StoredTensor& tensor) {
    const gpu::Shape& shape = tensor.info.shape;
    text(tensor.info.name);
    u8(static_cast<uint8_t>(tensor.info.dtype));
    u8(static_cast<uint8_t>(shape.rank()));
    for (int i = 0; i < shape.rank(); ++i) i64(shape[i]);
    for (int i = 0; i < shape.rank(); ++i) i64(tensor.strides[static_cast<size_t>(i)]);
    u64(tensor.info.size_bytes);
    u64(tensor.region);
    u64(tensor.offset);
    u8(static_cast<uint8_t>(tensor.stored));
    i64(tensor.stored_columns);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads field by field; after the first broken rule everything is empty and ok() is false.
class AnswerReader {
 public:
  explicit AnswerReader(std::span<const std::byte> bytes) : cursor_(bytes) {}

  bool ok() const { return is_sane_ && cursor_.ok(); }
  bool is_at_end() const { return ok() && cursor_.remaining() == 0; }
  uint8_t u8() { return cursor_.u8(); }
  uint32_t u32() { return cursor_.u32(); }
  uint64_t u64() { return cursor_.u64(); }
  int64_t i64() { return static_cast<int64_t>(cursor_.u64()); }

  std::string text(uint64_t longest = std::numeric_limits<uint32_t>::max()) {
    const uint64_t length = u32();
    require(length <= longest);
    return ok() ? std::string(cursor_.take_text(length)) : std::string();
  }

  // A number of entries of at least `entry_bytes` each; 0 when they cannot all be there.
  size_t count(uint64_t most, uint64_t entry_bytes) {
    const uint64_t n = u32();
    require(n <= most && n <= cursor_.remaining() / entry_bytes);
    return ok() ? static_cast<size_t>(n) : 0;
  }

  FileRegion region() {
    FileRegion region;
    region.name = text();
    region.offset = u64();
    region.size_bytes = u64();
    const uint8_t has_crc = u8();
    const uint32_t crc = u32();
    require(has_crc <= 1 && (has_crc == 1 || crc == 0));
    if (has_crc == 1) region.crc32 = crc;
    return region;
  }

  StoredTensor tensor() {
    StoredTensor tensor;
    tensor.info.name = text();
    tensor.info.dtype = dtype();
    const size_t rank = u8();
    require(rank <= size_t{gpu::Shape::kMaxRank});
    if (!ok()) return {};
    std::array<int64_t, gpu::Shape::kMaxRank> sizes{};
    for (size_t i = 0; i < rank; ++i) sizes[i] = i64();
    tensor.info.shape = gpu::Shape(std::span<const int64_t>(sizes.data(), rank));
    for (size_t i = 0; i < rank; ++i) tensor.strides[i] = i64();
    tensor.info.size_bytes = u64();
    const uint64_t region = u64();
    require(region <= kMostRegions);
    tensor.region = static_cast<size_t>(region);
    tensor.offset = u64();
    tensor.stored = dtype();
    tensor.stored_columns = i64();
    return tensor;
  }

  void require(bool rule) { is_sane_ = is_sane_ && rule; }

 private:
  gpu::DType dtype() {
    const uint8_t value = u8();
    require(value < gpu::kDTypeCount);
    return ok() ? static_cast<gpu::DType>(value) : gpu::DType::F32;
  }

  ByteCursor cursor_;
  bool is_sane_ = true;
};

// Shortest entries: empty texts, rank 0.
constexpr uint64_t kPairBytes = 4 + 4;
constexpr uint64_t kRegionBytes = 4 + 8 + 8 + 1 + 4;
constexpr uint64_t kTensorBytes = 4 + 1 + 1 + 8 + 8 + 8 + 1 + 8;
constexpr uint64_t kTokenBytes = 4;

TensorTable read_table(AnswerReader& in) {
  TensorTable table;
  table.format = in.text();
  const size_t pairs = in.count(kMostMetadata, kPairBytes);
  for (size_t i = 0; in.ok() && i < pairs; ++i) {
    std::string key = in.text();
    in.require(table.metadata.try_emplace(std::move(key), in.text()).second);
  }
  const size_t regions = in.count(kMostRegions, kRegionBytes);
  table.regions.reserve(regions);
  for (size_t i = 0; in.ok() && i < regions; ++i) table.regions.push_back(in.region());
  const size_t tensors = in.count(kMostTensors, kTensorBytes);
  table.tensors.reserve(tensors);
  for (size_t i = 0; in.ok() && i < tensors; ++i) table.tensors.push_back(in.tensor());
  const size_t tokens = in.count(kMostTokens, kTokenBytes);
  table.tokens.reserve(tokens);
  for (size_t i = 0; in.ok() && i < tokens; ++i) table.tokens.push_back(in.text());
  return table;
}

// The codes that a parser gives: a request is not made "unauthorized" by a file.
std::optional<ErrorCode> parser_code(uint8_t value) {
  for (const ErrorCode code :
       {ErrorCode::BadFile, ErrorCode::TooLarge, ErrorCode::UnsupportedType, ErrorCode::Internal}) {
    if (value == static_cast<uint8_t>(code)) return code;
  }
  return std::nullopt;
}

// One line that is fit for a terminal.
bool is_message(std::string_view text) {
  const auto is_control = [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; };
  return !text.empty() && is_valid_utf8(text) && std::ranges::none_of(text, is_control);
}

}  // namespace

std::string encode_table(const Result<TensorTable>& table) {
  AnswerWriter out;
  out.u64(kAnswerMagic);
  if (!table) {
    out.u8(static_cast<uint8_t>(Kind::Failure));
    out.u8(static_cast<uint8_t>(table.error().code));
    out.text(table.error().message);
    return out.take();
  }
  out.u8(static_cast<uint8_t>(Kind::Table));
  out.text(table->format);
  out.count(table->metadata.size());
  for (const auto& [key, value] : table->metadata) {
    out.text(key);
    out.text(value);
  }
  out.count(table->regions.size());
  for (const FileRegion& region : table->regions) out.region(region);
  out.count(table->tensors.size());
  for (const StoredTensor& tensor : table->tensors) out.tensor(tensor);
  out.count(table->tokens.size());
  for (const std::string& token : table->tokens) out.text(token);
  return out.take();
}

Result<TensorTable> decode_table(std::span<const std::byte> answer) {
  const Error damaged = bad_file("the loader's answer is damaged; the file may be hostile");
  AnswerReader in(answer);
  if (in.u64() != kAnswerMagic) return damaged;
  const auto kind = static_cast<Kind>(in.u8());
  if (kind == Kind::Failure) {
    const std::optional<ErrorCode> code = parser_code(in.u8());
    std::string message = in.text(kLongestMessage);
    if (!in.is_at_end() || !code || !is_message(message)) return damaged;
    return Error{*code, std::move(message)};
  }
  if (kind != Kind::Table) return damaged;
  TensorTable table = read_table(in);
  if (!in.is_at_end()) return damaged;
  return table;
}

}  // namespace greylag
