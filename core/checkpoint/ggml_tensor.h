// SPDX-License-Identifier: Apache-2.0
// How do the files of ggml (GGUF and rwkv.cpp) describe one tensor? By a name, an element type, up
// to four lengths of which the first is the contiguous one, and where its bytes are.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/base/result.h"
#include "gpu/tensor.h"

namespace greylag {

struct GgmlTensor {
  static constexpr int kMaxRank = 4;
  std::string_view name;  // into the file
  gpu::DType dtype = gpu::DType::F32;
  // Elements per dimension, fastest first; those beyond the tensor's own are 1.
  std::array<int64_t, kMaxRank> ne{1, 1, 1, 1};
  uint64_t offset = 0;  // bytes into the region
};

// Bytes of the tensor. BadFile: a length below 1, more than 2^48 elements, or rows (ne[0]) that are
// no whole number of blocks.
Result<uint64_t> size_bytes_of(const GgmlTensor& tensor);

}  // namespace greylag
