// SPDX-License-Identifier: Apache-2.0
// What does a model file hold? Names, dtypes, shapes and bytes, without running or trusting it.
// Opening checks structure only (directory, pickle, header, extents); data is read on demand from a
// memory map. Rules: facts reliability-and-security 2.1 (.pth) and 2.2 (.safetensors).
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "gpu/tensor.h"

namespace greylag {

struct TensorInfo {
  std::string name;
  gpu::DType dtype = gpu::DType::F32;
  gpu::Shape shape;
  uint64_t size_bytes = 0;  // elements x dtype size
};

// Not thread-safe; several readers of one file are fine.
class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;
  virtual std::string_view format() const = 0;  // "pth", "safetensors"
  // In file order. Prefixes "_forward_module." and "model." are stripped.
  virtual std::span<const TensorInfo> tensors() const = 0;
  // safetensors' __metadata__; empty for .pth.
  virtual const std::map<std::string, std::string>& metadata() const = 0;
  // Contiguous bytes in the file's dtype; out has exactly info.size_bytes. BadFile on a CRC error
  // (.pth, first read of that storage). info must come from tensors() of this reader.
  virtual Status read(const TensorInfo& info, std::span<std::byte> out) = 0;
  // Checks every checksum in the file.
  virtual Status verify() = 0;

  // Null when there is none.
  const TensorInfo* find(std::string_view name) const;
  // The tensor as f32 (from f32, f16, bf16, f64). NotFound, BadFile.
  Result<std::vector<float>> read_f32(std::string_view name);
};

// By content, not by extension. BadFile names the rule that the file breaks; a file of another kind
// (7z, tar, legacy pickle, GGUF, text) is named as such.
Result<std::unique_ptr<CheckpointReader>> open_checkpoint(const std::filesystem::path& path);

}  // namespace greylag
