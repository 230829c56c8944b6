// SPDX-License-Identifier: Apache-2.0
// The rules that every table keeps, whichever parser or process made it. All arithmetic is checked.
#include "core/checkpoint/tensor_table.h"

#include <fmt/format.h>

#include <unordered_set>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"

namespace greylag {
namespace {

constexpr size_t kMostTensors = 1'000'000;

// The highest index, in stored elements, that the strides reach; only for tensors with elements.
CheckedSize last_element(const StoredTensor& tensor) {
  CheckedSize last = 0;
  for (int i = 0; i < tensor.info.shape.rank(); ++i) {
    if (tensor.info.shape[i] == 1) continue;  // never stepped
    const CheckedSize steps = CheckedSize::from_signed(tensor.info.shape[i]) - 1;
    last = last + steps * CheckedSize::from_signed(tensor.strides[static_cast<size_t>(i)]);
  }
  return last;
}

// Bytes of the file from the tensor's offset on that it needs; invalid when a rule is broken.
CheckedSize stored_bytes_of_elements(const StoredTensor& tensor, uint64_t elements) {
  if (elements == 0) return 0;
  return (last_element(tensor) + 1) * gpu::dtype_size(tensor.stored);
}

class TableCheck {
 public:
  TableCheck(const TensorTable& table, uint64_t file_bytes)
      : table_(table), file_bytes_(file_bytes) {}

  Status run() {
    // Both go into JSON.
    if (!is_valid_utf8(table_.format)) return bad_file("the format's name is not UTF-8 text");
    for (const auto& [key, value] : table_.metadata) {
      if (!is_valid_utf8(key) || !is_valid_utf8(value)) {
        return bad_file(fmt::format("metadata: {} is not UTF-8 text", printable(key)));
      }
    }
    for (const FileRegion& region : table_.regions) {
      if (!(CheckedSize(region.offset) + region.size_bytes).at_most(file_bytes_)) {
        return bad_file(fmt::format("{}: it reaches beyond the file", printable(region.name)));
      }
    }
    if (table_.tensors.size() > kMostTensors) return bad_file("more than 1 million tensors");
    for (const StoredTensor& tensor : table_.tensors) {
      if (const std::string_view rule = broken_rule(tensor); !rule.empty()) {
        return bad_file(fmt::format("{}: {}", printable(tensor.info.name), rule));
      }
    }
    return {};
  }

 private:
  std::string_view broken_rule(const StoredTensor& tensor) {
    const TensorInfo& info = tensor.info;
    if (!is_valid_tensor_name(info.name)) return "the name is not text of 1 to 1024 bytes";
    if (!names_.insert(info.name).second) return "the name occurs twice";
    if (tensor.region >= table_.regions.size()) return "its storage is not in the file";
    const CheckedSize count = element_count(info.shape);
    if (!count.is_valid()) return "its size overflows";
    const bool is_block = gpu::is_block_format(tensor.stored);
    if (is_block ? !is_block_tensor(tensor, count.value()) : info.dtype != tensor.stored) {
      return "its rows are no whole number of blocks";
    }
    if (info.size_bytes != gpu::size_bytes(info.dtype, info.shape)) {
      return "its size is not that of its shape";
    }
    const CheckedSize stored = is_block ? CheckedSize(block_bytes(tensor))
                                        : stored_bytes_of_elements(tensor, count.value());
    const uint64_t room = table_.regions[tensor.region].size_bytes;
    if (!(CheckedSize(tensor.offset) + stored).at_most(room))
      return "it reaches beyond its storage";
    viewed_ = viewed_ + (is_block ? stored : CheckedSize(info.size_bytes));
    if (!viewed_.at_most(CheckedSize(file_bytes_) * 2)) {
      return "the tensors together view more than twice the file's size";
    }
    return {};
  }

  // Shown in its blocks, row by row; or decoded to f32, where the strides say which elements.
  static bool is_block_tensor(const StoredTensor& tensor, uint64_t elements) {
    const int64_t columns = tensor.stored_columns;
    if (tensor.info.shape.rank() == 0 || columns <= 0) return false;
    if (!gpu::can_hold_rows_of(tensor.stored, columns) || elements == 0) return false;
    if (elements % static_cast<uint64_t>(columns) != 0) return false;
    if (tensor.info.dtype == tensor.stored) {
      return tensor.info.shape[-1] == columns &&
             tensor.strides == contiguous_strides(tensor.info.shape);
    }
    return tensor.info.dtype == gpu::DType::F32 && (last_element(tensor) + 1).at_most(elements);
  }

  static uint64_t block_bytes(const StoredTensor& tensor) {
    const auto rows = tensor.info.shape.elements() / tensor.stored_columns;
    return static_cast<uint64_t>(rows) * gpu::row_bytes(tensor.stored, tensor.stored_columns);
  }

  const TensorTable& table_;
  uint64_t file_bytes_;
  std::unordered_set<std::string_view> names_;
  CheckedSize viewed_ = 0;
};

}  // namespace

CheckedSize element_count(const gpu::Shape& shape) {
  CheckedSize count = 1;
  for (int i = 0; i < shape.rank(); ++i) {
    count = count * CheckedSize::from_signed(shape[i]);
    if (!count.at_most(kMostElements)) return CheckedSize::from_signed(-1);
  }
  return count;
}

TensorInfo without_blocks(TensorInfo info) {
  if (!gpu::is_block_format(info.dtype)) return info;
  info.dtype = gpu::DType::F16;
  info.size_bytes = gpu::size_bytes(info.dtype, info.shape);
  return info;
}

Strides contiguous_strides(const gpu::Shape& shape) {
  Strides strides{};
  if (shape.elements() == 0) return strides;  // the product of the others may be anything
  int64_t step = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[static_cast<size_t>(i)] = step;
    step *= shape[i];
  }
  return strides;
}

StoredTensor dense_tensor(std::string name, gpu::DType dtype, const gpu::Shape& shape,
                          size_t region, uint64_t offset) {
  StoredTensor tensor;
  tensor.info = {std::move(name), dtype, shape, gpu::size_bytes(dtype, shape)};
  tensor.region = region;
  tensor.offset = offset;
  tensor.strides = contiguous_strides(shape);
  tensor.stored = dtype;
  if (gpu::is_block_format(dtype)) tensor.stored_columns = shape.rank() > 0 ? shape[-1] : 0;
  return tensor;
}

Status check_table(const TensorTable& table, uint64_t file_bytes) {
  return TableCheck(table, file_bytes).run();
}

}  // namespace greylag
