// SPDX-License-Identifier: Apache-2.0
// Do the keys of a GGUF file fit RWKV-7 and its tensors? Greylag computes with what the tensors
// are; a key that says otherwise means that one of the two is wrong, so the file is refused.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/gguf_container.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

// Before the tensors are read. BadFile: another architecture, named; an adapter or a vocabulary
// alone; one part of a split file.
Status check_gguf_is_rwkv7(const GgufKeys& keys);

// tensors: with standard names. BadFile names a key of sizes that contradicts a tensor, or a
// tokenizer array whose length is not the number of rows of emb.weight.
Status check_gguf_sizes(const GgufKeys& keys, std::span<const StoredTensor> tensors);

// tokenizer.ggml.tokens when the tokenizer is "rwkv", else empty. After check_gguf_sizes.
std::vector<std::string> gguf_tokens(const GgufKeys& keys);

}  // namespace greylag
