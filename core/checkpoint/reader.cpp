// SPDX-License-Identifier: Apache-2.0
// Reading by the table. A dense tensor is one stretch of the file; a strided one is read whole and
// gathered element by element; a block format shown as f32 is decoded first. Reading a file needs
// no memory of the file's size, and a file that is cut meanwhile is an error of a read.
#include "core/checkpoint/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <unordered_set>

#include "core/checkpoint/file_text.h"
#include "gpu/quant/quant.h"

namespace greylag {
namespace {

constexpr uint64_t kPiece = 4 << 20;  // of a region whose checksum is made

// Copies `rows` rows of a strided tensor, from row `begin` on, into contiguous memory. `from` is
// its first element.
void gather(const std::byte* from, const StoredTensor& tensor, int64_t begin, int64_t rows,
            size_t element, std::byte* out) {
  const gpu::Shape& shape = tensor.info.shape;
  const int last = shape.rank() - 1;
  const int64_t columns = shape[last], step = tensor.strides[static_cast<size_t>(last)];
  for (int64_t row = begin; row < begin + rows; ++row) {
    int64_t rest = row, position = 0;  // elements from `from`
    for (int d = last - 1; d >= 0; --d) {
      position += rest % shape[d] * tensor.strides[static_cast<size_t>(d)];
      rest /= shape[d];
    }
    for (int64_t i = 0; i < columns; ++i, out += element) {  // the step past the last may be any
      std::memcpy(out, from + static_cast<size_t>(position + i * step) * element, element);
    }
  }
}

bool is_dense(const StoredTensor& tensor) {
  if (tensor.info.dtype != tensor.stored) return false;
  int64_t expected = 1;
  for (int d = tensor.info.shape.rank() - 1; d >= 0; --d) {
    const int64_t length = tensor.info.shape[d];
    if (length != 1 && tensor.strides[static_cast<size_t>(d)] != expected) return false;
    expected *= length;
  }
  return true;
}

// From the first element to the last, as the file has them. Of a tensor with elements.
uint64_t stretch_bytes(const StoredTensor& tensor) {
  const gpu::Shape& shape = tensor.info.shape;
  if (gpu::is_block_format(tensor.stored)) {
    const int64_t rows = shape.elements() / tensor.stored_columns;
    return static_cast<uint64_t>(rows) * gpu::row_bytes(tensor.stored, tensor.stored_columns);
  }
  int64_t last = 0;
  for (int d = 0; d < shape.rank(); ++d) {
    if (shape[d] > 1) last += (shape[d] - 1) * tensor.strides[static_cast<size_t>(d)];
  }
  return static_cast<uint64_t>(last + 1) * gpu::dtype_size(tensor.stored);
}

// All elements as f32, in the order of the file.
std::vector<std::byte> decode(const std::byte* from, const StoredTensor& tensor) {
  const int64_t columns = tensor.stored_columns, rows = tensor.info.shape.elements() / columns;
  std::vector<std::byte> values(static_cast<size_t>(rows * columns) * sizeof(float));
  gpu::convert_rows(from, tensor.stored, values.data(), gpu::DType::F32, rows, columns);
  return values;
}

}  // namespace

CheckpointReader::CheckpointReader(std::vector<Part> parts)
    : table_(std::move(parts.front().table)), region_file_(table_.regions.size(), 0) {
  files_.push_back(std::move(parts.front().file));
  for (size_t i = 1; i < parts.size(); ++i) {
    const size_t first_region = table_.regions.size();
    TensorTable& part = parts[i].table;
    for (StoredTensor& tensor : part.tensors) {
      tensor.region += first_region;
      table_.tensors.push_back(std::move(tensor));
    }
    std::ranges::move(part.regions, std::back_inserter(table_.regions));
    region_file_.resize(table_.regions.size(), i);
    files_.push_back(std::move(parts[i].file));
  }
  is_checked_.resize(table_.regions.size());
  infos_.reserve(table_.tensors.size());
  for (const StoredTensor& tensor : table_.tensors) {
    index_.emplace(tensor.info.name, infos_.size());  // the name stays where it is, in table_
    infos_.push_back(tensor.info);
  }
}

Result<std::unique_ptr<CheckpointReader>> CheckpointReader::create(InputFile file,
                                                                   TensorTable table) {
  std::vector<Part> parts;
  parts.push_back({std::move(file), std::move(table)});
  return create(std::move(parts));
}

Result<std::unique_ptr<CheckpointReader>> CheckpointReader::create(std::vector<Part> parts) {
  for (const Part& part : parts) {
    if (const Status status = check_table(part.table, part.file.size_bytes()); !status) {
      return status.error();
    }
  }
  std::unordered_set<std::string_view> names;
  for (const Part& part : parts) {
    for (const StoredTensor& tensor : part.table.tensors) {
      if (names.insert(tensor.info.name).second) continue;
      return bad_file(printable(tensor.info.name) + ": two files of the model hold it");
    }
  }
  return std::unique_ptr<CheckpointReader>(new CheckpointReader(std::move(parts)));
}

const TensorInfo* CheckpointReader::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &infos_[found->second];
}

Status CheckpointReader::read(const TensorInfo& info, std::span<std::byte> out) {
  const int64_t columns = info.shape.rank() == 0 ? 1 : info.shape[-1];
  const int64_t rows = columns == 0 ? 0 : info.shape.elements() / columns;
  return read_rows(info, 0, rows, out);
}

Status CheckpointReader::read_rows(const TensorInfo& info, int64_t begin, int64_t count,
                                   std::span<std::byte> out) {
  const auto found = index_.find(info.name);
  if (found == index_.end()) {
    return Error{ErrorCode::NotFound, fmt::format("there is no tensor {}", printable(info.name))};
  }
  const StoredTensor& tensor = table_.tensors[found->second];
  const gpu::Shape& shape = tensor.info.shape;
  const int64_t columns = shape.rank() == 0 ? 1 : shape[-1];
  const int64_t rows = columns == 0 ? 0 : shape.elements() / columns;
  const size_t row_bytes = rows == 0 ? 0 : gpu::row_bytes(tensor.info.dtype, columns);
  if (begin < 0 || count < 0 || begin > rows - count ||
      out.size() != static_cast<size_t>(count) * row_bytes) {
    return Error{ErrorCode::InvalidArgument, "the buffer has not the tensor's size"};
  }
  if (const Status status = check_region(tensor.region); !status) {
    return status.error().in(tensor.info.name);
  }
  if (out.empty()) return {};
  const uint64_t offset = table_.regions[tensor.region].offset + tensor.offset;
  if (is_dense(tensor)) {
    return files_[region_file_[tensor.region]].read(
        offset + static_cast<uint64_t>(begin) * row_bytes, out);
  }
  if (const Status status = load_stretch(tensor, offset); !status) return status;
  gather(stretch_.data(), tensor, begin, count, gpu::dtype_size(tensor.info.dtype), out.data());
  return {};
}

Result<std::vector<float>> CheckpointReader::read_f32(std::string_view name) {
  using gpu::DType;
  const TensorInfo* info = find(name);
  if (info == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("there is no tensor {}", printable(name))};
  }
  if (info->dtype != DType::F32 && info->dtype != DType::F16 && info->dtype != DType::BF16 &&
      info->dtype != DType::F64 && !gpu::is_block_format(info->dtype)) {
    return bad_file(fmt::format("{}: dtype {} where floats are expected", printable(name),
                                gpu::dtype_name(info->dtype)));
  }
  std::vector<std::byte> bytes(static_cast<size_t>(info->size_bytes));
  if (const Status status = read(*info, bytes); !status) return status.error();
  std::vector<float> values(static_cast<size_t>(info->shape.elements()));
  if (values.empty()) return values;
  const int64_t columns = info->shape.rank() == 0 ? 1 : info->shape[-1];
  gpu::convert_rows(bytes.data(), info->dtype, values.data(), DType::F32,
                    info->shape.elements() / columns, columns);
  return values;
}

Status CheckpointReader::verify() {
  for (size_t i = 0; i < table_.regions.size(); ++i) {
    if (Status status = check_region(i); !status) return status;
  }
  return {};
}

Status CheckpointReader::check_region(size_t index) {
  const FileRegion& region = table_.regions[index];
  if (is_checked_[index] || !region.crc32) return {};
  RegionCrc crc;
  std::vector<std::byte> piece;
  for (uint64_t done = 0; done < region.size_bytes; done += piece.size()) {
    piece.resize(static_cast<size_t>(std::min(kPiece, region.size_bytes - done)));
    if (Status got = files_[region_file_[index]].read(region.offset + done, piece); !got)
      return got;
    crc.add(piece);
  }
  const Status status = crc.check(region);
  is_checked_[index] = status.ok();
  return status;
}

Status CheckpointReader::load_stretch(const StoredTensor& tensor, uint64_t offset) {
  if (stretch_of_ == &tensor) return {};
  stretch_of_ = nullptr;
  std::vector<std::byte> bytes(static_cast<size_t>(stretch_bytes(tensor)));
  if (Status got = files_[region_file_[tensor.region]].read(offset, bytes); !got) return got;
  if (tensor.info.dtype != tensor.stored) bytes = decode(bytes.data(), tensor);
  stretch_ = std::move(bytes);
  stretch_of_ = &tensor;
  return {};
}

}  // namespace greylag
