// SPDX-License-Identifier: Apache-2.0
// How does a safetensors file, which knows no block formats, hold one? As U8 of shape [rows, row
// bytes], which any program can carry, with one line of metadata per tensor:
//   "block_format.blocks.0.att.key.weight": "q4_k [2048, 2048]"
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

// "block_format." + name
std::string block_key(std::string_view name);
// "q4_k [2048, 2048]"
std::string block_note(const TensorInfo& info);
// The U8 tensor that carries it.
TensorInfo pack_block_tensor(const TensorInfo& info);
// The tensor that a carrier and its note stand for. BadFile names the rule that they break.
Result<TensorInfo> unpack_block_tensor(const TensorInfo& carrier, std::string_view note);

}  // namespace greylag
