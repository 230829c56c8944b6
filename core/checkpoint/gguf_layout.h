// SPDX-License-Identifier: Apache-2.0
// Which tensor of a GGUF file is which tensor of a .pth, and how does it lie there? One table for
// reader and writer (facts inference 3.3); rwkv.cpp stores the same forms under other names.
// C width, F = 4 C, V vocabulary, H = C / 64 heads; in the files the first length is the contiguous
// one:
//   form         .pth               in the file
//   Matrix       [rows, columns]    {columns, rows}
//   Norm         [C]                {C}
//   Vector       [1, 1, C]          {C} or {C, 1, 1}
//   ChannelLerp  [1, 1, C]          {C, 1, 1} or {C}
//   HeadVector   [H, 64]            {C} or {64, H}
//   LowRankIn    [C, rank]          {C, rank}, the transpose
//   LowRankOut   [rank, C]          {rank, C}, the transpose
//   Lerp         [1, 1, C]          slice of {C, 1, 1, 6} or {C, 1, 6}: r, w, k, v, a, g
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/ggml_tensor.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

enum class LayoutForm {
  Matrix,
  Norm,
  Vector,
  ChannelLerp,
  HeadVector,
  LowRankIn,
  LowRankOut,
  Lerp
};

inline constexpr int64_t kLerpSlices = 6;
inline constexpr int64_t kRwkv7HeadSize = 64;

// A tensor of a .pth and its place in a GGUF file.
struct LayoutPart {
  std::string name;       // "blocks.3.att.x_k"
  std::string gguf_name;  // "blk.3.time_mix_lerp_fused.weight"
  LayoutForm form = LayoutForm::Matrix;
  int64_t layer = -1;  // -1: not in a layer
  int64_t slice = 0;   // of a Lerp
};

// What a tensor of a GGUF file holds: one part, six for the fused lerp, none for a name that RWKV-7
// does not have. Layers up to 65535.
std::vector<LayoutPart> parts_of_gguf_tensor(std::string_view gguf_name);
// Null for names that have no place in a GGUF file.
std::optional<LayoutPart> part_of(std::string_view name);
// Every part of a model, in the order in which write_gguf puts them.
std::vector<LayoutPart> parts_of_model(int64_t layers);

// v0, v1, v2 of layer 0: no such tensors are used, but llama.cpp asks for them.
bool is_unused_value_gate(const LayoutPart& part);

// The standard tensor as a view of region 0: a matrix keeps its block format, everything else in
// one is shown as f32. tensor has been through size_bytes_of. BadFile: lengths that are not those
// of the form.
Result<StoredTensor> standard_view(const GgmlTensor& tensor, const LayoutPart& part);

// The other way: the lengths in a GGUF file, the first of two forms above, of a standard tensor of
// that shape.
std::vector<int64_t> gguf_lengths(const gpu::Shape& shape, LayoutForm form);

}  // namespace greylag
