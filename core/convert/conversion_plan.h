// SPDX-License-Identifier: Apache-2.0
// Which tensor of the result gets which type?
//   f32, f16, bf16   every tensor
//   block formats    the six Linears of every layer (att.receptance, key, value, output; ffn.key,
//                    value), emb and head; head is the most sensitive and gets q6_k under q4_k and
//                    q5_k, q8_0 under q4_0 to q5_1; int8 and nf4 leave emb and head in f16.
//                    Low-rank matrices w1..g2 stay as they are, f32 becomes f16; vectors stay.
//   no type          each as it is, where the format can hold it; else f16
// A .gguf has its vectors, w1 and w2 in f32 always. Rows that are no whole number of blocks become
// q8_0, or f16 where 32 does not divide them either.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/checkpoint/tensor_table.h"
#include "core/convert/conversion_target.h"

namespace greylag {

// A tensor that did not get the type that was asked for.
struct Fallback {
  std::string tensor;
  gpu::DType wanted = gpu::DType::F32, got = gpu::DType::F32;
  std::string reason;
};

struct ConversionPlan {
  std::vector<TensorInfo> tensors;  // of the result: name and shape of the source, in its order
  uint64_t bytes = 0;               // of all of them
  std::vector<Fallback> fallbacks;
  // Tensors in a block format that get another one, which loses more than one step would.
  int64_t quantised_twice = 0;
};

// source: the tensors of an RWKV-7 checkpoint (read_config accepts it). InvalidArgument: the format
// cannot hold the type.
Result<ConversionPlan> plan_conversion(std::span<const TensorInfo> source,
                                       std::optional<gpu::DType> type, OutputFormat format);

}  // namespace greylag
