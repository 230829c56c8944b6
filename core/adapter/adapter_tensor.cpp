// SPDX-License-Identifier: Apache-2.0
// A name is layer, matrix and part; whatever does not split this way is Unknown, never guessed.
#include "core/adapter/adapter_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/checkpoint/file_text.h"
#include "core/model/architecture.h"

namespace greylag {

namespace {

constexpr std::string_view kSuffixes[] = {"", ".weight", ".default.weight"};

std::optional<AdapterTarget> target_of(std::string_view matrix) {
  for (int i = 0; i < kAdapterTargetCount; ++i) {
    const auto target = static_cast<AdapterTarget>(i);
    if (matrix == adapter_target_name(target)) return target;
  }
  return std::nullopt;
}

// "ln1.weight" -> "ln1"; empty when it is not the weight or bias of something.
std::string_view without_weight_or_bias(std::string_view name) {
  for (const std::string_view end : {".weight", ".bias"}) {
    if (name.ends_with(end)) return name.substr(0, name.size() - end.size());
  }
  return {};
}

// "ln_out.modules_to_save.default.weight" -> "ln_out.weight"
std::string without_wrapper(std::string_view name) {
  for (const std::string_view wrapper : {".modules_to_save.default.", ".modules_to_save."}) {
    const size_t at = name.find(wrapper);
    if (at == std::string_view::npos) continue;
    return std::string(name.substr(0, at + 1)).append(name.substr(at + wrapper.size()));
  }
  return std::string(name);
}

bool is_layer_norm(std::string_view below, int64_t layer) {
  const std::string_view norm = without_weight_or_bias(below);
  return norm == "ln1" || norm == "ln2" || norm == "att.ln_x" || (norm == "ln0" && layer == 0);
}

}  // namespace

AdapterTensor parse_adapter_tensor(std::string_view name) {
  struct Ending {
    std::string_view text;
    AdapterPart part;
  };
  static constexpr Ending kEndings[] = {
      {".lora_A", AdapterPart::LoraA},      {".lora_B", AdapterPart::LoraB},
      {".init_lora_A", AdapterPart::InitA}, {".init_lora_B", AdapterPart::InitB},
      {".disha", AdapterPart::Disha},       {".miss_block", AdapterPart::Disha},
      {".bone_block", AdapterPart::Disha}};
  const std::string saved = without_wrapper(name);
  if (without_weight_or_bias(saved) == "ln_out") return {.part = AdapterPart::Norm, .norm = saved};
  const std::optional<int64_t> layer = layer_of(name);
  if (!layer) return {};
  const std::string_view below =
      name.substr(name.find('.', std::string_view("blocks.").size()) + 1);
  if (is_layer_norm(std::string_view(saved).substr(name.size() - below.size()), *layer)) {
    return {.part = AdapterPart::Norm, .layer = *layer, .norm = saved};
  }
  if (below == "att.time_state")
    return {.part = AdapterPart::TimeState, .layer = *layer, .norm = {}};
  for (const Ending& ending : kEndings) {
    const size_t at = below.find(ending.text);
    if (at == std::string_view::npos) continue;
    const std::string_view rest = below.substr(at + ending.text.size());
    const std::optional<AdapterTarget> target = target_of(below.substr(0, at));
    if (target && std::ranges::find(kSuffixes, rest) != std::end(kSuffixes)) {
      return {.part = ending.part, .layer = *layer, .target = *target, .norm = {}};
    }
  }
  return {};
}

Result<std::vector<float>> read_adapter_tensor(CheckpointReader& reader, const TensorInfo& info,
                                               const gpu::Shape& expected) {
  if (info.shape != expected) {
    return bad_file(fmt::format("{}: its shape is {}, expected {} for this model",
                                printable(info.name), info.shape.text(), expected.text()));
  }
  Result<std::vector<float>> values = reader.read_f32(info.name);
  if (!values) return values;
  if (!std::ranges::all_of(*values, [](float v) { return std::isfinite(v); })) {
    return bad_file(printable(info.name) + ": it holds NaN or infinity");
  }
  return values;
}

Error unknown_adapter_tensor(const std::string& name, const Config* config) {
  const std::string shown = printable(name);
  if (name == "emb.weight" || name == "head.weight") {
    return bad_file(shown +
                    ": this adapter replaces the embedding or the head too; only its own trainer "
                    "can merge it");
  }
  if (name.ends_with(".ts_state") || name.ends_with(".shift_state")) {
    return bad_file(shown +
                    ": a merged model or an adapter has no place for shift states; load the state "
                    "beside its model");
  }
  for (const auto& [part, kind] : {std::pair{".lora_magnitude_vector", "a DoRA"},
                                   {".lora_E", "an AdaLoRA"},
                                   {".ranknum", "an AdaLoRA"},
                                   {"prompt_embeddings", "a prompt or prefix"}}) {
    if (name.find(part) == std::string::npos) continue;
    return bad_file(
        fmt::format("{}: this is {} adapter, which Greylag does not apply; merge it "
                    "with its trainer and load the merged model",
                    shown, kind));
  }
  const std::string size = config == nullptr ? "" : fmt::format(" of {} layers", config->layers);
  return bad_file(
      fmt::format("{}: not a tensor of a LoRA, MiSS or state for a model{}", shown, size));
}

}  // namespace greylag
