// SPDX-License-Identifier: Apache-2.0
// Sizes come from a few tensors; every other one must then have exactly the shape that follows.
#include "core/checkpoint/gguf_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>

#include "core/checkpoint/file_text.h"
#include "core/checkpoint/ggml_tensor.h"
#include "core/checkpoint/gguf_container.h"
#include "core/checkpoint/gguf_types.h"

namespace greylag {
namespace {

using gpu::DType;
using gpu::Shape;

Error refuse(std::string_view name, std::string_view rule) {
  return {ErrorCode::InvalidArgument, fmt::format("{}: {}", printable(name), rule)};
}

// Of "blocks.3.att.w1": the tensor's own name, "w1".
std::string_view last_part(std::string_view name) { return name.substr(name.rfind('.') + 1); }

int64_t rank_of(const LayoutPart& part, const GgufSizes& sizes) {
  switch (last_part(part.name).front()) {
    case 'w':
      return sizes.decay_rank;
    case 'a':
      return sizes.alpha_rank;
    case 'v':
      return sizes.value_rank;
    default:
      return sizes.gate_rank;
  }
}

Shape matrix_shape(const LayoutPart& part, const GgufSizes& sizes) {
  if (part.layer < 0) return {sizes.vocab, sizes.width};  // emb and head
  if (part.name.ends_with("ffn.key.weight")) return {sizes.ffn_width, sizes.width};
  if (part.name.ends_with("ffn.value.weight")) return {sizes.width, sizes.ffn_width};
  return {sizes.width, sizes.width};
}

Shape shape_of(const LayoutPart& part, const GgufSizes& sizes) {
  switch (part.form) {
    case LayoutForm::Matrix:
      return matrix_shape(part, sizes);
    case LayoutForm::Norm:
      return {sizes.width};
    case LayoutForm::HeadVector:
      return {sizes.width / kRwkv7HeadSize, kRwkv7HeadSize};
    case LayoutForm::LowRankIn:
      return {sizes.width, rank_of(part, sizes)};
    case LayoutForm::LowRankOut:
      return {rank_of(part, sizes), sizes.width};
    default:
      return {1, 1, sizes.width};
  }
}

// The type in the file of a tensor that is given as `given`.
DType dtype_of(const LayoutPart& part, DType given) {
  if (part.form == LayoutForm::Matrix) return given;
  const bool is_low_rank =
      part.form == LayoutForm::LowRankIn || part.form == LayoutForm::LowRankOut;
  if (!is_low_rank || last_part(part.name).front() == 'w') return DType::F32;
  return gpu::is_block_format(given) ? DType::F16 : given;
}

class Planner {
 public:
  explicit Planner(std::span<const TensorInfo> tensors) : tensors_(tensors) {}

  Result<GgufPlan> run() {
    for (const TensorInfo& info : tensors_) {
      if (Status status = admit(info); !status) return status.error();
    }
    if (Status status = read_sizes(); !status) return status.error();
    for (const LayoutPart& part : parts_of_model(plan_.sizes.layers)) {
      if (Status status = add(part); !status) return status.error();
    }
    uint64_t offset = 0;
    for (PlannedTensor& tensor : plan_.tensors) {
      GgmlTensor described{.name = tensor.name, .dtype = tensor.dtype};
      std::ranges::copy(tensor.ne, described.ne.begin());
      const Result<uint64_t> size = size_bytes_of(described);
      if (!size) return Error{ErrorCode::InvalidArgument, size.error().message};
      tensor.offset = offset;
      tensor.size_bytes = *size;
      offset += (*size + kGgufAlignment - 1) / kGgufAlignment * kGgufAlignment;
    }
    return std::move(plan_);
  }

 private:
  Status admit(const TensorInfo& info) {
    if (info.name.ends_with(".att.time_state")) {
      return refuse(info.name, "GGUF has no place for a tuned state; write the model without it");
    }
    const std::optional<LayoutPart> part = part_of(info.name);
    if (!part) return refuse(info.name, "RWKV-7 in GGUF has no such tensor");
    if (info.dtype == DType::Int8Row || info.dtype == DType::NF4) {
      return refuse(info.name, fmt::format("GGUF has no {} tensors; q8_0 and q4_k are the nearest",
                                           gpu::dtype_name(info.dtype)));
    }
    if (info.dtype != DType::F32 && info.dtype != DType::F16 && info.dtype != DType::BF16 &&
        !gpu::is_block_format(info.dtype)) {
      return refuse(info.name, fmt::format("its dtype is {}; weights are f32, f16, bf16 or blocks",
                                           gpu::dtype_name(info.dtype)));
    }
    plan_.sizes.layers = std::max(plan_.sizes.layers, part->layer + 1);
    by_name_.emplace(info.name, &info);
    return {};
  }

  Status read_sizes() {
    GgufSizes& sizes = plan_.sizes;
    if (sizes.layers < 1) return refuse("blocks", "there are no layers");
    // So that one stray name cannot ask for thousands of layers.
    if (sizes.layers > static_cast<int64_t>(tensors_.size())) {
      return refuse("blocks", "a layer is missing");
    }
    struct Size {
      std::string_view name;
      int dimension;
      int64_t* size;
    };
    for (const Size& size :
         {Size{"emb.weight", 0, &sizes.vocab}, Size{"emb.weight", 1, &sizes.width},
          Size{"blocks.0.ffn.key.weight", 0, &sizes.ffn_width},
          Size{"blocks.0.att.w1", 1, &sizes.decay_rank},
          Size{"blocks.0.att.a1", 1, &sizes.alpha_rank},
          Size{sizes.layers > 1 ? "blocks.1.att.v1" : "blocks.0.att.a1", 1, &sizes.value_rank},
          Size{"blocks.0.att.g1", 1, &sizes.gate_rank}}) {
      const auto found = by_name_.find(size.name);
      if (found == by_name_.end()) return refuse(size.name, "this tensor is missing");
      const Shape& shape = found->second->shape;
      if (shape.rank() != 2 || shape[size.dimension] < 1 ||
          shape[size.dimension] > std::numeric_limits<int32_t>::max()) {
        return refuse(size.name, "it is not a matrix of 1 to 2^31 - 1 rows and columns");
      }
      *size.size = shape[size.dimension];
    }
    if (sizes.width % kRwkv7HeadSize != 0) {
      return refuse("emb.weight", "the width is not a multiple of the head size 64");
    }
    if (const auto found = by_name_.find("blocks.0.att.receptance.weight");
        found != by_name_.end()) {
      sizes.dtype = found->second->dtype;
    }
    return {};
  }

  Status add(const LayoutPart& part) {
    if (is_unused_value_gate(part)) {
      add_dummy(part);
      return {};
    }
    const auto found = by_name_.find(part.name);
    if (found == by_name_.end()) return refuse(part.name, "this tensor is missing");
    const TensorInfo& info = *found->second;
    const Shape expected = shape_of(part, plan_.sizes);
    if (info.shape != expected) {
      return refuse(part.name, fmt::format("its shape is {}, expected {}", info.shape.text(),
                                           expected.text()));
    }
    if (part.slice > 0) {  // the tensor is there since slice 0
      plan_.tensors.back().sources.push_back(&info);
      return {};
    }
    PlannedTensor tensor;
    tensor.name = part.gguf_name;
    tensor.form = part.form;
    tensor.dtype = dtype_of(part, info.dtype);
    tensor.ne = gguf_lengths(info.shape, part.form);
    tensor.sources.push_back(&info);
    plan_.tensors.push_back(std::move(tensor));
    return {};
  }

  // As llama.cpp's converter does it: a0, a1, a2 once more, three tensors later.
  void add_dummy(const LayoutPart& part) {
    constexpr size_t kDistance = 3;
    const size_t original = plan_.tensors.size() - kDistance;
    PlannedTensor tensor = plan_.tensors[original];
    tensor.name = part.gguf_name;
    tensor.sources.clear();
    tensor.copy_of = original;
    plan_.tensors.push_back(std::move(tensor));
  }

  std::span<const TensorInfo> tensors_;
  std::unordered_map<std::string_view, const TensorInfo*> by_name_;
  GgufPlan plan_;
};

}  // namespace

Result<GgufPlan> plan_gguf(std::span<const TensorInfo> tensors) { return Planner(tensors).run(); }

}  // namespace greylag
