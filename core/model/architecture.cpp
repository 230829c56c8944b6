// SPDX-License-Identifier: Apache-2.0
// One tensor name that only this architecture has decides; the order of the tests matters, because
// later versions of RWKV keep most names of earlier ones.
#include "core/model/architecture.h"

#include <fmt/format.h>

#include <charconv>

#include "core/model/config.h"
#include "core/model/puzzle_config.h"

namespace greylag {

namespace {

// The name below "blocks.N.", or empty.
std::string_view below_block(std::string_view name) {
  if (!layer_of(name)) return {};
  return name.substr(name.find('.', 7) + 1);
}

// What the names together show.
struct Traits {
  bool has_deep_embed = false, has_deep_attention = false, has_enn = false, has_rosa = false;
  bool has_r_k = false, has_maa = false, has_time_decay = false, has_group_norm = false;
  bool has_adapter = false, has_transformer = false, has_fla = false;
  bool is_only_state = true;
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_adapter_name(std::string_view name) {
  for (const std::string_view part :
       {".lora_A", ".lora_B", ".lora_a", ".lora_b", ".lora_down.", ".lora_up.", ".init_lora_",
        ".disha", ".bone", ".miss_block"}) {
    if (contains(name, part)) return true;
  }
  return false;
}

bool is_transformer_name(std::string_view name) {
  for (const std::string_view part :
       {"self_attn.", "q_proj", "qkv_proj", "query_key_value", "attention.wq", "attn.c_attn",
        "attention.self.query", "in_proj_weight", "SelfAttention.q", "embed_tokens.weight"}) {
    if (contains(name, part)) return true;
  }
  return name.starts_with("transformer.h.") || name.starts_with("gpt_neox.");
}

void note(Traits& traits, std::string_view name) {
  const std::string_view below = below_block(name);
  traits.has_deep_embed |= below.starts_with("ffn.s_emb");
  traits.has_deep_attention |= below.starts_with("qkv.");
  traits.has_enn |= below.starts_with("ffn.enn");
  traits.has_rosa |= contains(name, "rosa");
  traits.has_r_k |= below == "att.r_k";
  traits.has_maa |= below.starts_with("att.time_maa");
  traits.has_time_decay |= below == "att.time_decay";
  traits.has_group_norm |= below.starts_with("att.ln_x");
  traits.has_adapter |= is_adapter_name(name);
  traits.has_transformer |= is_transformer_name(name);
  traits.has_fla |= contains(name, ".attn.r_proj.") || contains(name, ".attn.w_lora.");
  traits.is_only_state &= name.starts_with("hrm.states.") || below == "att.time_state" ||
                          below == "att.shift_state" || below == "ffn.shift_state" ||
                          below == "att.ts_state" || below == "ffn.ts_state";
}

Traits read_traits(const CheckpointReader& reader) {
  Traits traits;
  for (const TensorInfo& info : reader.tensors()) note(traits, info.name);
  return traits;
}

}  // namespace

std::optional<int64_t> layer_of(std::string_view name) {
  constexpr std::string_view kPrefix = "blocks.";
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const std::string_view rest = name.substr(kPrefix.size());
  const size_t dot = rest.find('.');
  if (dot == std::string_view::npos || dot == 0 || dot > 6) return std::nullopt;
  if (dot > 1 && rest[0] == '0') return std::nullopt;
  int64_t layer = 0;
  const auto [end, failure] = std::from_chars(rest.data(), rest.data() + dot, layer);
  if (failure != std::errc() || end != rest.data() + dot || layer < 0) return std::nullopt;
  return layer;
}

std::string identify_architecture(const CheckpointReader& reader) {
  if (reader.tensors().empty()) return "unknown";
  if (reader.find("hrm.in.weight") != nullptr) return "hrm";
  if (is_puzzle_file(reader)) return "puzzle";
  const Traits traits = read_traits(reader);
  if (traits.is_only_state) return "state";
  if (traits.has_adapter) return "adapter";
  if (traits.has_rosa) return "rosa";
  if (traits.has_enn) return "rwkv8";
  if (traits.has_deep_attention) return "rwkv7b";
  if (traits.has_deep_embed) return "rwkv7a";
  if (traits.has_r_k) return "rwkv7";
  if (traits.has_maa) return "rwkv6";
  if (traits.has_time_decay) return traits.has_group_norm ? "rwkv5" : "rwkv4";
  if (traits.has_transformer) return "transformer";
  // The language-model head of transformers; RWKV's is called head.weight.
  return reader.find("lm_head.weight") != nullptr && !traits.has_fla ? "transformer" : "unknown";
}

Status check_is_rwkv7(const CheckpointReader& reader) {
  const std::string kind = identify_architecture(reader);
  if (kind == "rwkv7") return {};
  const auto refuse = [](std::string sentence) {
    return Error{ErrorCode::BadFile, std::move(sentence)};
  };
  if (kind == "adapter") {
    return refuse("this is an adapter, not a model; load it beside its base model");
  }
  if (kind == "state")
    return refuse("this is a tuned state, not a model; load it beside its model");
  if (kind == "hrm") {
    return refuse("this is an HRM reasoning core, not a model; load it beside its base model");
  }
  if (kind == "puzzle") {
    return refuse(
        "this is a puzzle reasoner, not a language model; solve puzzles with it: greylag-engine "
        "solve --model FILE PUZZLE");
  }
  if (kind == "transformer") return refuse("this is a transformer checkpoint; Greylag runs RWKV-7");
  if (kind == "rosa") return refuse("this is an RWKV ROSA checkpoint; Greylag runs RWKV-7");
  if (kind == "rwkv7a" || kind == "rwkv7b") {
    return refuse(
        fmt::format("this is an RWKV-7{} checkpoint (with {}), a variant that Greylag "
                    "does not run; it runs plain RWKV-7",
                    kind.back(), kind == "rwkv7a" ? "DeepEmbed" : "DeepEmbed attention"));
  }
  if (kind.starts_with("rwkv")) {
    return refuse(
        fmt::format("this is an RWKV-{} checkpoint; Greylag runs RWKV-7", kind.substr(4)));
  }
  if (reader.tensors().empty()) return refuse("the file holds no tensors");
  if (read_traits(reader).has_fla) {
    return refuse(
        "this is RWKV-7 in the layout of flash-linear-attention; Greylag reads the "
        "layout of the original .pth files");
  }
  return refuse("this is not an RWKV checkpoint: blocks.0.att.r_k is missing");
}

}  // namespace greylag
