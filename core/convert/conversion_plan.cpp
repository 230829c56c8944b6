// SPDX-License-Identifier: Apache-2.0
// The role of a tensor follows from its name alone; the type from role, request and row length.
#include "core/convert/conversion_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/model/architecture.h"

namespace greylag {
namespace {

using gpu::DType;

enum class Role { Linear, Embedding, Head, LowRank, Decay, Vector };

Role role_of(std::string_view name) {
  if (name == "emb.weight") return Role::Embedding;
  if (name == "head.weight") return Role::Head;
  if (!layer_of(name)) return Role::Vector;
  const std::string_view below = name.substr(name.find('.', 7) + 1);
  static constexpr std::array<std::string_view, 6> kLinears = {
      "att.receptance.weight", "att.key.weight", "att.value.weight",
      "att.output.weight",     "ffn.key.weight", "ffn.value.weight"};
  static constexpr std::array<std::string_view, 6> kLowRank = {"att.a1", "att.a2", "att.v1",
                                                               "att.v2", "att.g1", "att.g2"};
  if (std::ranges::find(kLinears, below) != kLinears.end()) return Role::Linear;
  if (below == "att.w1" || below == "att.w2") return Role::Decay;
  if (std::ranges::find(kLowRank, below) != kLowRank.end()) return Role::LowRank;
  return Role::Vector;
}

DType type_of_head(DType type) {
  switch (type) {
    case DType::Q4_K:
    case DType::Q5_K:
      return DType::Q6_K;
    case DType::Q4_0:
    case DType::Q4_1:
    case DType::Q5_0:
    case DType::Q5_1:
      return DType::Q8_0;
    case DType::Int8Row:
    case DType::NF4:
      return DType::F16;
    default:
      return type;
  }
}

DType type_of_embedding(DType type) {
  return type == DType::Int8Row || type == DType::NF4 ? DType::F16 : type;
}

// What the request asks for, before format and row length have a say.
DType wanted_type(Role role, DType source, std::optional<DType> type, OutputFormat format) {
  const bool is_f32_in_gguf = role == Role::Vector || role == Role::Decay;
  if (is_f32_in_gguf && format == OutputFormat::Gguf) return DType::F32;
  if (!type) return source;
  if (!gpu::is_block_format(*type)) return *type;
  switch (role) {
    case Role::Linear:
      return *type;
    case Role::Embedding:
      return type_of_embedding(*type);
    case Role::Head:
      return type_of_head(*type);
    case Role::LowRank:
    case Role::Decay:
      return source == DType::F32 ? DType::F16 : source;
    case Role::Vector:
      return source;
  }
  return source;
}

struct Choice {
  DType dtype;
  std::string reason;  // of a fallback; else empty
};

Choice possible_type(DType wanted, int64_t columns, OutputFormat format) {
  if (!can_hold(format, wanted)) {
    return {DType::F16, fmt::format("a .{} cannot hold {}", output_format_name(format),
                                    gpu::dtype_name(wanted))};
  }
  if (!gpu::is_block_format(wanted) || gpu::can_hold_rows_of(wanted, columns)) return {wanted, {}};
  const DType other = gpu::can_hold_rows_of(DType::Q8_0, columns) ? DType::Q8_0 : DType::F16;
  return {other, fmt::format("rows of {} are no whole number of blocks of {}", columns,
                             gpu::dtype_name(wanted))};
}

}  // namespace

Result<ConversionPlan> plan_conversion(std::span<const TensorInfo> source,
                                       std::optional<DType> type, OutputFormat format) {
  if (type) {
    if (Status holds = check_can_hold(format, *type); !holds) return holds.error();
  }
  ConversionPlan plan;
  for (const TensorInfo& from : source) {
    const DType wanted = wanted_type(role_of(from.name), from.dtype, type, format);
    const int64_t columns = from.shape.rank() == 0 ? 1 : from.shape[-1];
    const Choice choice = possible_type(wanted, columns, format);
    if (!choice.reason.empty()) {
      plan.fallbacks.push_back({from.name, wanted, choice.dtype, choice.reason});
    }
    plan.quantised_twice += gpu::is_block_format(from.dtype) && from.dtype != choice.dtype &&
                            gpu::is_block_format(choice.dtype);
    const uint64_t bytes = gpu::size_bytes(choice.dtype, from.shape);
    plan.tensors.push_back({from.name, choice.dtype, from.shape, bytes});
    plan.bytes += bytes;
  }
  return plan;
}

}  // namespace greylag
