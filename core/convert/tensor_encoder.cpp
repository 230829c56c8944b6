// SPDX-License-Identifier: Apache-2.0
// Each loop of the pool has one unit more than there are groups of rows: unit 0 reads the next
// piece. The loop is over when both are, so that the reader is used by one thread at a time.
#include "core/convert/tensor_encoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>

#include "core/checkpoint/file_text.h"
#include "gpu/quant/quant.h"

namespace greylag {
namespace {

using gpu::DType;

constexpr int64_t kPieceBytes = 8 << 20;    // of the source, or of its f32 if that is more
constexpr int64_t kUnitElements = 1 << 15;  // rows are handed out in groups of about so many

// Numbers from here on do not fit the type: they would round to infinity. The block formats but
// int8 hold their scales in f16; a larger number than the largest f16 is left to none of them.
float first_too_large(DType dtype) {
  switch (dtype) {
    case DType::F32:
    case DType::F64:
    case DType::Int8Row:
      return std::numeric_limits<float>::infinity();
    case DType::BF16:
      return std::bit_cast<float>(0x7F7F8000u);  // halfway from the largest bf16 to 2^128
    default:
      return 65520.0f;  // halfway from the largest f16, 65504, to 2^16
  }
}

// The largest absolute value; infinity or NaN when there is one. Of the bits, which sort alike.
float largest(const float* values, int64_t n) {
  uint32_t most = 0;
  for (int64_t i = 0; i < n; ++i) {
    most = std::max(most, std::bit_cast<uint32_t>(values[i]) & 0x7FFFFFFFu);
  }
  return std::bit_cast<float>(most);
}

struct BadValue {
  int64_t row = 0, column = 0;
  float value = 0;
};

// The first bad value of the rows, whichever thread finds one first.
class FirstBad {
 public:
  void add(const BadValue& bad) {
    const std::lock_guard lock(mutex_);
    if (!first_ || std::pair(bad.row, bad.column) < std::pair(first_->row, first_->column)) {
      first_ = bad;
    }
  }
  const std::optional<BadValue>& first() const { return first_; }

 private:
  std::mutex mutex_;
  std::optional<BadValue> first_;
};

Error refuse(const TensorInfo& to, const BadValue& bad) {
  const std::string where = fmt::format("{}: the value in row {}, column {} is ",
                                        printable(to.name), bad.row, bad.column);
  if (std::isnan(bad.value)) return {ErrorCode::BadFile, where + "not a number (NaN)"};
  if (std::isinf(bad.value)) return {ErrorCode::BadFile, where + "infinite"};
  return {ErrorCode::BadFile, fmt::format("{}{}, too large for {}; choose bf16 or f32", where,
                                          bad.value, gpu::dtype_name(to.dtype))};
}

struct Rows {
  const std::byte* from;
  std::byte* to;
  int64_t begin, count;  // begin: the first row's number in the tensor
};

// Encodes rows between buffers, or checks them where both types are the same.
void encode_rows(const TensorInfo& from, const TensorInfo& to, int64_t columns, const Rows& rows,
                 gpu::Scratch& scratch, FirstBad& bad) {
  const size_t from_bytes = gpu::row_bytes(from.dtype, columns);
  const size_t to_bytes = gpu::row_bytes(to.dtype, columns);
  const bool is_copy = from.dtype == to.dtype;
  const float limit = is_copy ? std::numeric_limits<float>::infinity() : first_too_large(to.dtype);
  float* values = scratch.floats(columns);
  for (int64_t r = 0; r < rows.count; ++r) {
    gpu::decode_row(from.dtype, rows.from + static_cast<size_t>(r) * from_bytes, values, columns);
    if (!(largest(values, columns) < limit)) {
      int64_t column = 0;
      while (std::abs(values[column]) < limit) ++column;
      bad.add({rows.begin + r, column, values[column]});
      return;
    }
    if (!is_copy) {
      gpu::encode_row(to.dtype, values, rows.to + static_cast<size_t>(r) * to_bytes, columns);
    }
  }
}

}  // namespace

Status TensorEncoder::encode(const TensorInfo& from, const TensorInfo& to, std::span<std::byte> out,
                             const Progress& progress) {
  const int64_t columns = from.shape.rank() == 0 ? 1 : from.shape[-1];
  const int64_t rows = columns == 0 ? 0 : from.shape.elements() / columns;
  if (rows == 0) return {};
  const size_t from_bytes = gpu::row_bytes(from.dtype, columns);
  const size_t to_bytes = gpu::row_bytes(to.dtype, columns);
  const bool is_copy = from.dtype == to.dtype;
  const int64_t widest = std::max(static_cast<int64_t>(from_bytes), columns * 4);
  const int64_t piece_rows = std::clamp<int64_t>(kPieceBytes / widest, 1, rows);
  const int64_t unit_rows = std::max<int64_t>(1, kUnitElements / columns);

  // A copy is read straight to where it goes.
  const auto piece_at = [&](int64_t begin) -> std::span<std::byte> {
    const auto count = static_cast<size_t>(std::min(piece_rows, rows - begin));
    if (is_copy) return out.subspan(static_cast<size_t>(begin) * to_bytes, count * to_bytes);
    std::vector<std::byte>& piece = pieces_[begin / piece_rows % 2];
    piece.resize(count * from_bytes);
    return piece;
  };
  const auto read = [&](int64_t begin) -> Status {
    if (begin >= rows) return {};
    return reader_.read_rows(from, begin, std::min(piece_rows, rows - begin), piece_at(begin));
  };

  Status next = read(0);
  for (int64_t begin = 0; begin < rows; begin += piece_rows) {
    if (!next) return next;
    const std::span<const std::byte> piece = piece_at(begin);
    const int64_t count = std::min(piece_rows, rows - begin);
    FirstBad bad;
    const int64_t units = (count + unit_rows - 1) / unit_rows;
    pool_.parallel_for(units + 1, 1, [&](int64_t unit, int64_t last_unit, gpu::Scratch& scratch) {
      for (; unit < last_unit; ++unit) {
        if (unit == 0) {
          next = read(begin + piece_rows);
          continue;
        }
        const int64_t first = (unit - 1) * unit_rows;
        const Rows group{piece.data() + static_cast<size_t>(first) * from_bytes,
                         out.data() + static_cast<size_t>(begin + first) * to_bytes, begin + first,
                         std::min(unit_rows, count - first)};
        encode_rows(from, to, columns, group, scratch, bad);
      }
    });
    if (bad.first()) return refuse(to, *bad.first());
    const auto done = static_cast<uint64_t>(begin + count) * to_bytes;
    if (progress && !progress(done))
      return Error{ErrorCode::Cancelled, "the conversion was stopped"};
  }
  return next;
}

}  // namespace greylag
