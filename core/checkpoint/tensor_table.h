// SPDX-License-Identifier: Apache-2.0
// What does a parser find in a model file? A plain table: names, shapes, and where in the file the
// elements of each tensor are. Parsers of all formats give one, pure functions of the bytes, so
// that they can run in another process; CheckpointReader checks the table again before it reads by
// it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_region.h"
#include "gpu/tensor.h"

namespace greylag {

struct TensorInfo {
  std::string name;
  gpu::DType dtype = gpu::DType::F32;
  gpu::Shape shape;
  uint64_t size_bytes = 0;  // gpu::size_bytes(dtype, shape)
};

// The tensor as it is written once its values have changed, or where blocks have no place: f16 if
// it was in a block format, else as it is.
TensorInfo without_blocks(TensorInfo info);

// Of one tensor: with these, sizes in elements and in bytes of any format fit 64 bits.
inline constexpr uint64_t kMostElements = uint64_t{1} << 48;
// Invalid when a length is negative, or the lengths up to any of them multiply to more than that:
// a length of zero behind them does not help, because Shape::elements multiplies in that order too.
CheckedSize element_count(const gpu::Shape& shape);

using Strides = std::array<int64_t, gpu::Shape::kMaxRank>;

// Row-major, in elements; all zero for an empty tensor.
Strides contiguous_strides(const gpu::Shape& shape);

struct StoredTensor {
  TensorInfo info;      // as readers see it: standard RWKV-7 name, shape and orientation
  size_t region = 0;    // index into TensorTable::regions
  uint64_t offset = 0;  // bytes into the region
  // Elements between neighbours of each dimension. A matrix stored the other way round and a slice
  // of a fused tensor are strided views.
  Strides strides{};
  // Type in the file. Differs from info.dtype only for a block format whose elements are not wanted
  // in rows: it is then shown as f32.
  gpu::DType stored = gpu::DType::F32;
  int64_t stored_columns = 0;  // length of the stored rows; block formats only
};

struct TensorTable {
  std::string format;  // "pth", "safetensors", "gguf", "rwkv.cpp"
  // safetensors' __metadata__; of GGUF the values that are single numbers or texts.
  std::map<std::string, std::string> metadata;
  std::vector<FileRegion> regions;
  std::vector<StoredTensor> tensors;  // in file order
  // tokenizer.ggml.tokens as they stand in a GGUF file; else empty.
  std::vector<std::string> tokens;
};

// A dense tensor at `offset` of a region.
StoredTensor dense_tensor(std::string name, gpu::DType dtype, const gpu::Shape& shape,
                          size_t region, uint64_t offset);

// BadFile names the tensor and the rule: every region lies in the file, every tensor in its region,
// names are valid and occur once, sizes follow from shapes, all tensors together view at most twice
// the file, and format and metadata are UTF-8. Safe for any table that holds types of gpu::DType.
Status check_table(const TensorTable& table, uint64_t file_bytes);

}  // namespace greylag
