// SPDX-License-Identifier: Apache-2.0
// What does a finetune leave behind? A small safetensors file: LoRA pairs or tuned states, with
// metadata method, rank, alpha and base_sha256. Keys: facts rwkv7-and-training 4.1
// (blocks.l.att.receptance.lora_A / lora_B; blocks.l.att.time_state).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/model/weights.h"

namespace greylag {

enum class AdapterMethod { Lora, State };

struct AdapterFile {
  AdapterMethod method = AdapterMethod::Lora;
  int64_t rank = 0;         // Lora
  double alpha = 0;         // Lora; scale is alpha / rank
  std::string base_sha256;  // of the base model's file; may be empty in foreign files
  struct Pair {
    std::vector<float> a;  // [rank, in]; empty: this matrix is not adapted
    std::vector<float> b;  // [out, rank]
  };
  std::vector<std::array<Pair, kAdapterTargetCount>> lora;  // L, Lora only
  std::vector<float> time_state;                            // [L, H, N, N] (value, key), State only
};

// Shapes are checked against the config. BadFile names key and rule; Conflict when base_sha256 is
// given in the file, expected_base_sha256 is not empty, and they differ.
Result<AdapterFile> load_adapter(const std::filesystem::path& path, const Config& config,
                                 const std::string& expected_base_sha256 = {});
Status save_adapter(const std::filesystem::path& path, const Config& config,
                    const AdapterFile& adapter);

// On a device, for inference. Lora only.
std::shared_ptr<const AdapterWeights> upload_adapter(const AdapterFile& adapter,
                                                     const Config& config, gpu::Device& device,
                                                     gpu::Queue& queue);

// base + adapter -> a new checkpoint of the base's dtype; the extension of `out` (.pth or
// .safetensors) picks the format. Lora: W += scale B A, in f32, rounded once. State: adds
// blocks.l.att.time_state. progress(done, total tensors) returns false to cancel.
Status merge_adapter(const std::filesystem::path& base, const std::filesystem::path& adapter,
                     const std::filesystem::path& out,
                     const std::function<bool(uint64_t, uint64_t)>& progress = {});

}  // namespace greylag
