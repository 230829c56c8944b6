// SPDX-License-Identifier: Apache-2.0
// How is a checkpoint written? Whole or not at all (AtomicFile), tensor by tensor, so that a merge
// of a large model needs memory for one tensor only. The extension picks the format. The forms with
// an OutputFile write into it and leave commit() to the caller; data that the file keeps from an
// earlier run is not asked for again, and equal input then gives equal bytes.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/base/output_file.h"
#include "core/base/result.h"
#include "core/checkpoint/gguf_vocabulary.h"
#include "core/checkpoint/reader.h"

namespace greylag {

// Fills `out` (info.size_bytes, contiguous, in info.dtype) with the tensor's data. Called once per
// tensor, in order; not for tensors that the output file keeps.
using TensorSource = std::function<Status(const TensorInfo& info, std::span<std::byte> out)>;

// Data starts 64-byte aligned; tensors in the given order; metadata sorted by key, so that equal
// input gives equal bytes. Block formats: block_tensor.h.
Status write_safetensors(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                         const std::map<std::string, std::string>& metadata,
                         const TensorSource& source);
Status write_safetensors(OutputFile& file, std::span<const TensorInfo> tensors,
                         const std::map<std::string, std::string>& metadata,
                         const TensorSource& source);

// A zip as torch.save writes it (stored entries, protocol 2, OrderedDict); opens in PyTorch with
// weights_only=True. requires_grad False. Metadata is not kept; block
// formats are refused.
Status write_pth(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                 const TensorSource& source);
Status write_pth(OutputFile& file, std::span<const TensorInfo> tensors, const TensorSource& source);

// A whole RWKV-7 as llama.cpp reads it, from tensors with standard names and shapes. Matrices are
// written in info.dtype (f32, f16, bf16, a block format of ggml); vectors, w1 and w2 in f32; the
// other low-rank matrices in info.dtype, or f16 where that is a block format. Fused and transposed
// tensors are put together in memory. The source is called once per tensor in the order of the
// file: embedding, then layer by layer, then ln_out and head; not at all for v0, v1, v2 of layer 0,
// where llama.cpp asks for dummies. InvalidArgument: a tensor that is missing, has another shape or
// no place in GGUF (a tuned state), int8, nf4, or a vocabulary that has not the rows of emb.weight.
Status write_gguf(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                  const GgufVocabulary& vocabulary, const TensorSource& source);
// `name` is what the file calls the model: the form with a path takes the path's stem.
Status write_gguf(OutputFile& file, const std::string& name, std::span<const TensorInfo> tensors,
                  const GgufVocabulary& vocabulary, const TensorSource& source);

// Tensors held in memory, for adapters, states and training checkpoints.
struct NamedTensor {
  TensorInfo info;
  std::span<const std::byte> bytes;
};
Status write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                         const std::map<std::string, std::string>& metadata);

}  // namespace greylag
