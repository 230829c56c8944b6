// SPDX-License-Identifier: Apache-2.0
// How is a checkpoint written? Whole or not at all (AtomicFile), tensor by tensor, so that a merge
// of a large model needs memory for one tensor only. The extension picks the format.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag {

// Fills `out` (info.size_bytes, contiguous, in info.dtype) with the tensor's data. Called once per
// tensor, in order.
using TensorSource = std::function<Status(const TensorInfo& info, std::span<std::byte> out)>;

// Data starts 64-byte aligned; tensors in the given order; metadata sorted by key, so that equal
// input gives equal bytes. Block formats: block_tensor.h.
Status write_safetensors(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                         const std::map<std::string, std::string>& metadata,
                         const TensorSource& source);

// A zip as torch.save writes it (stored entries, protocol 2, OrderedDict); opens in PyTorch with
// weights_only=True. requires_grad False. Metadata is not kept; block
// formats are refused.
Status write_pth(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                 const TensorSource& source);

// Tensors held in memory, for adapters, states and training checkpoints.
struct NamedTensor {
  TensorInfo info;
  std::span<const std::byte> bytes;
};
Status write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                         const std::map<std::string, std::string>& metadata);

}  // namespace greylag
