// SPDX-License-Identifier: Apache-2.0
// A slice of the fused lerp starts at a whole row of the file, so it starts at a block also where
// the rows are blocks.
#include "core/checkpoint/gguf_layout.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>

#include "core/checkpoint/file_text.h"

namespace greylag {
namespace {

struct Rule {
  std::string_view name, gguf_name;
  LayoutForm form;
  int64_t slice = 0;
};

using enum LayoutForm;

constexpr Rule kBeforeLayers[] = {
    {"emb.weight", "token_embd.weight", Matrix},
    {"blocks.0.ln0.weight", "token_embd_norm.weight", Norm},
    {"blocks.0.ln0.bias", "token_embd_norm.bias", Norm},
};

// Below "blocks.N." and "blk.N.".
constexpr Rule kInLayer[] = {
    {"ln1.weight", "attn_norm.weight", Norm},
    {"ln1.bias", "attn_norm.bias", Norm},
    {"ln2.weight", "attn_norm_2.weight", Norm},
    {"ln2.bias", "attn_norm_2.bias", Norm},
    {"att.x_r", "time_mix_lerp_fused.weight", Lerp, 0},
    {"att.x_w", "time_mix_lerp_fused.weight", Lerp, 1},
    {"att.x_k", "time_mix_lerp_fused.weight", Lerp, 2},
    {"att.x_v", "time_mix_lerp_fused.weight", Lerp, 3},
    {"att.x_a", "time_mix_lerp_fused.weight", Lerp, 4},
    {"att.x_g", "time_mix_lerp_fused.weight", Lerp, 5},
    {"att.w0", "time_mix_w0.weight", Vector},
    {"att.w1", "time_mix_w1.weight", LowRankIn},
    {"att.w2", "time_mix_w2.weight", LowRankOut},
    {"att.a0", "time_mix_a0.weight", Vector},
    {"att.a1", "time_mix_a1.weight", LowRankIn},
    {"att.a2", "time_mix_a2.weight", LowRankOut},
    {"att.v0", "time_mix_v0.weight", Vector},
    {"att.v1", "time_mix_v1.weight", LowRankIn},
    {"att.v2", "time_mix_v2.weight", LowRankOut},
    {"att.g1", "time_mix_g1.weight", LowRankIn},
    {"att.g2", "time_mix_g2.weight", LowRankOut},
    {"att.k_k", "time_mix_k_k.weight", Vector},
    {"att.k_a", "time_mix_k_a.weight", Vector},
    {"att.r_k", "time_mix_r_k.weight", HeadVector},
    {"att.receptance.weight", "time_mix_receptance.weight", Matrix},
    {"att.key.weight", "time_mix_key.weight", Matrix},
    {"att.value.weight", "time_mix_value.weight", Matrix},
    {"att.output.weight", "time_mix_output.weight", Matrix},
    {"att.ln_x.weight", "time_mix_ln.weight", Norm},
    {"att.ln_x.bias", "time_mix_ln.bias", Norm},
    {"ffn.x_k", "channel_mix_lerp_k.weight", ChannelLerp},
    {"ffn.key.weight", "channel_mix_key.weight", Matrix},
    {"ffn.value.weight", "channel_mix_value.weight", Matrix},
};

constexpr Rule kAfterLayers[] = {
    {"ln_out.weight", "output_norm.weight", Norm},
    {"ln_out.bias", "output_norm.bias", Norm},
    {"head.weight", "output.weight", Matrix},
};

LayoutPart part(const Rule& rule) {
  return {std::string(rule.name), std::string(rule.gguf_name), rule.form, -1, rule.slice};
}

LayoutPart part(const Rule& rule, int64_t layer) {
  return {fmt::format("blocks.{}.{}", layer, rule.name),
          fmt::format("blk.{}.{}", layer, rule.gguf_name), rule.form, layer, rule.slice};
}

struct LayerName {
  int64_t layer;
  std::string_view below;
};

// "blk.3.rest" with the prefix "blk."; null for other names.
std::optional<LayerName> split_layer(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 5 || (dot > 1 && name[0] == '0')) {
    return std::nullopt;
  }
  uint16_t layer = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + dot, layer);
  if (failure != std::errc() || end != name.data() + dot) return std::nullopt;
  return LayerName{layer, name.substr(dot + 1)};
}

// Which of the two names of a rule is looked for.
using NameOf = std::string_view Rule::*;

std::vector<LayoutPart> find_parts(std::string_view name, std::string_view prefix, NameOf which) {
  std::vector<LayoutPart> found;
  for (const std::span<const Rule> rules :
       {std::span<const Rule>(kBeforeLayers), std::span<const Rule>(kAfterLayers)}) {
    for (const Rule& rule : rules) {
      if (rule.*which == name) found.push_back(part(rule));
    }
  }
  const std::optional<LayerName> in_layer = split_layer(name, prefix);
  if (!found.empty() || !in_layer) return found;
  for (const Rule& rule : kInLayer) {
    if (rule.*which == in_layer->below) found.push_back(part(rule, in_layer->layer));
  }
  return found;
}

// Shape and strides of the standard tensor; the shape has rank 0 when the lengths are not those of
// the form.
struct View {
  gpu::Shape shape;
  Strides strides{};
};

View view_of(const std::array<int64_t, GgmlTensor::kMaxRank>& ne, LayoutForm form) {
  const int64_t rest = ne[1] * ne[2] * ne[3];
  const auto contiguous = [](const gpu::Shape& shape) {
    return View{shape, contiguous_strides(shape)};
  };
  switch (form) {
    case Matrix:
      return rest == ne[1] ? contiguous({ne[1], ne[0]}) : View();
    case Norm:
      return rest == 1 ? contiguous({ne[0]}) : View();
    case Vector:
    case ChannelLerp:
      return rest == 1 ? contiguous({1, 1, ne[0]}) : View();
    case HeadVector: {
      const bool is_flat = rest == 1 && ne[0] % kRwkv7HeadSize == 0;
      const bool is_by_head = rest == ne[1] && ne[0] == kRwkv7HeadSize;
      return is_flat || is_by_head ? contiguous({ne[0] * rest / kRwkv7HeadSize, kRwkv7HeadSize})
                                   : View();
    }
    case LowRankIn:
    case LowRankOut: {
      View view;
      if (rest != ne[1]) return view;
      view.shape = {ne[0], ne[1]};
      view.strides[0] = 1;
      view.strides[1] = ne[0];
      return view;
    }
    case Lerp:
      return rest == kLerpSlices && ne[1] == 1 ? contiguous({1, 1, ne[0]}) : View();
  }
  return {};
}

}  // namespace

std::vector<LayoutPart> parts_of_gguf_tensor(std::string_view gguf_name) {
  return find_parts(gguf_name, "blk.", &Rule::gguf_name);
}

std::optional<LayoutPart> part_of(std::string_view name) {
  std::vector<LayoutPart> found = find_parts(name, "blocks.", &Rule::name);
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<LayoutPart> parts_of_model(int64_t layers) {
  std::vector<LayoutPart> parts;
  for (const Rule& rule : kBeforeLayers) parts.push_back(part(rule));
  for (int64_t layer = 0; layer < layers; ++layer) {
    for (const Rule& rule : kInLayer) parts.push_back(part(rule, layer));
  }
  for (const Rule& rule : kAfterLayers) parts.push_back(part(rule));
  return parts;
}

bool is_unused_value_gate(const LayoutPart& part) {
  return part.layer == 0 && (part.name == "blocks.0.att.v0" || part.name == "blocks.0.att.v1" ||
                             part.name == "blocks.0.att.v2");
}

Result<StoredTensor> standard_view(const GgmlTensor& tensor, const LayoutPart& part) {
  const View view = view_of(tensor.ne, part.form);
  if (view.shape.rank() == 0) {
    return bad_file(fmt::format("{}: its lengths {{{}}} are not those of {}",
                                printable(tensor.name), fmt::join(tensor.ne, ", "), part.name));
  }
  const bool is_block = gpu::is_block_format(tensor.dtype);
  StoredTensor stored;
  stored.info.name = part.name;
  stored.info.dtype = is_block && part.form != Matrix ? gpu::DType::F32 : tensor.dtype;
  stored.info.shape = view.shape;
  stored.info.size_bytes = gpu::size_bytes(stored.info.dtype, view.shape);
  stored.offset = tensor.offset +
                  static_cast<uint64_t>(part.slice) * gpu::row_bytes(tensor.dtype, tensor.ne[0]);
  stored.strides = view.strides;
  stored.stored = tensor.dtype;
  stored.stored_columns = is_block ? tensor.ne[0] : 0;
  return stored;
}

std::vector<int64_t> gguf_lengths(const gpu::Shape& shape, LayoutForm form) {
  switch (form) {
    case Matrix:
      return {shape[1], shape[0]};
    case Norm:
    case Vector:
    case HeadVector:
      return {shape.elements()};
    case ChannelLerp:
      return {shape.elements(), 1, 1};
    case LowRankIn:
    case LowRankOut:
      return {shape[0], shape[1]};
    case Lerp:
      return {shape.elements(), 1, 1, kLerpSlices};
  }
  return {};
}

}  // namespace greylag
