// SPDX-License-Identifier: Apache-2.0
// What does a tensor of an adapter file stand for? Told by its name alone:
//   blocks.3.att.key.lora_A            RWKV-PEFT and Greylag; .lora_A.weight and
//                                      .lora_A.default.weight as the peft library writes it
//   blocks.3.att.key.init_lora_A       A0 of a PiSSA (its file may also call it lora_A)
//   blocks.3.att.key.disha             MiSS; .miss_block of the peft library, and its old
//   .bone_block blocks.3.ln1.weight, .ln2, .att.ln_x, blocks.0.ln0, ln_out; .weight or .bias; the
//   peft library
//                                      may put modules_to_save.default before these
//   blocks.3.att.time_state
// Prefixes are stripped by the reader.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/adapter/adapter_file.h"
#include "core/checkpoint/reader.h"

namespace greylag {

enum class AdapterPart { LoraA, LoraB, InitA, InitB, Disha, Norm, TimeState, Unknown };

struct AdapterTensor {
  AdapterPart part = AdapterPart::Unknown;
  int64_t layer = 0;                                 // of ln_out too, for which it means nothing
  AdapterTarget target = AdapterTarget::Receptance;  // LoraA to Disha
  std::string norm;                                  // Norm: what the model calls it
};

AdapterTensor parse_adapter_tensor(std::string_view name);

// The values as f32. BadFile: another shape than `expected`, another dtype than floats, NaN or
// infinity.
Result<std::vector<float>> read_adapter_tensor(CheckpointReader& reader, const TensorInfo& info,
                                               const gpu::Shape& expected);

// BadFile that says that this tensor is none that an adapter for a model of `layers` layers has.
Error unknown_adapter_tensor(const std::string& name, const Config* config);

}  // namespace greylag
