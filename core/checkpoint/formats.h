// SPDX-License-Identifier: Apache-2.0
// The parsers of single formats, for open_checkpoint.cpp and tests: pure functions of a file's
// bytes. BadFile names the rule that is broken.
#pragma once

#include <cstddef>
#include <span>

#include "core/base/result.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

Result<TensorTable> parse_pth(std::span<const std::byte> file);
Result<TensorTable> parse_safetensors(std::span<const std::byte> file);
// Of RWKV-7 only; another architecture is refused by its name.
Result<TensorTable> parse_gguf(std::span<const std::byte> file);
// Models before RWKV-7 give a table with the names in the file.
Result<TensorTable> parse_rwkv_cpp(std::span<const std::byte> file);

}  // namespace greylag
