// SPDX-License-Identifier: Apache-2.0
// Which tensors does the GGUF file of a model hold, of which types, and where? Known before the
// first byte is written, for the header comes first.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/gguf_layout.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

struct GgufSizes {
  int64_t layers = 0, vocab = 0, width = 0, ffn_width = 0;
  int64_t decay_rank = 0, alpha_rank = 0, value_rank = 0, gate_rank = 0;
  gpu::DType dtype = gpu::DType::F32;  // of the matrices in the layers
};

struct PlannedTensor {
  std::string name;  // in the file
  LayoutForm form = LayoutForm::Matrix;
  gpu::DType dtype = gpu::DType::F32;
  std::vector<int64_t> ne;  // fastest first
  uint64_t offset = 0, size_bytes = 0;
  // What it is made of: one tensor, or the six of a fused lerp. Into the tensors of the plan.
  std::vector<const TensorInfo*> sources;
  // The tensor of the plan, before this one, whose bytes it repeats: a dummy. Then no sources.
  std::optional<size_t> copy_of;
};

struct GgufPlan {
  GgufSizes sizes;
  std::vector<PlannedTensor> tensors;  // in file order
};

// `tensors` outlive the plan and have been through check_writer_input. Errors: write_gguf.
Result<GgufPlan> plan_gguf(std::span<const TensorInfo> tensors);

}  // namespace greylag
