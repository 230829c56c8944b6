// SPDX-License-Identifier: Apache-2.0
// What does a finetune leave behind? Greylag's own files are safetensors with metadata method,
// rank, alpha and base_sha256; RWKV-PEFT writes .pth without metadata, Hugging Face's peft a folder
// with adapter_config.json (peft_config.h). All are read (tensor names in adapter_tensor.h), with
// prefixes and in f32, f16 or bf16:
//   LoRA   lora_A [r, in], lora_B [out, r]               W + (alpha / r) B A
//   PiSSA  the same, and A0, B0 in an init_pissa file     W + B A - B0 A0
//   MiSS   disha [r, out] (also called DiSHA or Bone)     W[o, i] + D[i mod r, o]
//   state  time_state [H, N, N] of every layer            where sequences start
// The first three may bring layer norms, which replace the base's, and a time_state. All three are
// kept as pairs, so that whoever uses an adapter knows one formula.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/adapter/peft_config.h"
#include "core/base/result.h"
#include "core/model/weights.h"

namespace greylag {

enum class AdapterMethod { Lora, Pissa, Miss, State };
// "lora", "pissa", "miss", "state", as in the metadata.
const char* adapter_method_name(AdapterMethod method);

struct AdapterHeader {
  AdapterMethod method = AdapterMethod::Lora;
  int64_t rank = 0;               // not State
  double alpha = 0;               // not State; the scale is alpha / rank; Pissa, Miss: alpha = rank
  bool is_alpha_assumed = false;  // Lora: neither file, config nor caller gave it; it is the rank
  std::string base_sha256;        // of the base model's file; may be empty in foreign files
  std::filesystem::path pissa_init;  // Pissa: the file with A0 and B0
};

// rank is that of the pairs: for Pissa twice the file's, [B, -B0] [A; A0]; for Miss A[j, i] is 1
// where i mod r = j and B is D transposed.
// Matrices of several ranks or scales (rank_pattern, alpha_pattern) are padded to the highest rank,
// their scales folded into B.
struct AdapterFile : AdapterHeader {
  struct Pair {
    std::vector<float> a;  // [rank, in]; empty: this matrix is not adapted
    std::vector<float> b;  // [out, rank]
  };
  std::vector<std::array<Pair, kAdapterTargetCount>> lora;  // L; not State
  // Layer norms that replace the base's, by the model's name ("blocks.1.att.ln_x.bias"), [C].
  std::map<std::string, std::vector<float>> norms;
  std::vector<float> time_state;  // [L, H, N, N] (value, key); State, or beside the pairs; or empty
};

// What a caller knows about a file that the file does not say.
struct AdapterOptions {
  // For a LoRA without alpha in its metadata or in an adapter_config.json beside it; none: its
  // rank, as RWKV-PEFT's scripts have it.
  std::optional<double> alpha = std::nullopt;
  // The file with A0 and B0, which makes a LoRA a PiSSA (their tensors have the same names). None:
  // looked for beside the file (pissa_init.h), unless the metadata's method is lora.
  std::optional<std::filesystem::path> pissa_init = std::nullopt;
};

// Shapes are checked against the config. BadFile names key and rule; Conflict when base_sha256 is
// given in the file, expected_base_sha256 is not empty, and they differ; InvalidArgument for
// options that the file cannot have.
Result<AdapterFile> load_adapter(const std::filesystem::path& path, const Config& config,
                                 const std::string& expected_base_sha256 = {},
                                 const AdapterOptions& options = {});
// The same from a file that is open; beside `path` lies the init file of a PiSSA.
Result<AdapterFile> read_adapter(CheckpointReader& reader, const std::filesystem::path& path,
                                 const Config& config, const std::string& expected_base_sha256 = {},
                                 const AdapterOptions& options = {});

// What can be said about the file without its base model.
struct AdapterSummary : AdapterHeader {
  int64_t layers = 0;    // the highest layer named + 1
  int64_t matrices = 0;  // adapted ones
  int64_t norms = 0;     // tensors of layer norms
  bool has_state = false;
  std::optional<PeftConfig> peft;  // Lora, Miss: what lies beside the file
};
// Reads names, shapes and metadata only; rank is the file's own. Errors as load_adapter.
Result<AdapterSummary> describe_adapter(const std::filesystem::path& path,
                                        const AdapterOptions& options = {});

// One log line for each thing that was assumed, not said by the file: alpha, or that an init file
// beside it makes it a PiSSA.
void log_assumptions(const AdapterHeader& adapter, const std::filesystem::path& path);

// A Pissa is saved as the LoRA of twice the rank that it equals, so that it needs no other file.
Status save_adapter(const std::filesystem::path& path, const Config& config,
                    const AdapterFile& adapter);

// Pairs and layer norms on a device, for inference; time_state stays on the host. Not State.
std::shared_ptr<const AdapterWeights> upload_adapter(const AdapterFile& adapter,
                                                     const Config& config, gpu::Device& device,
                                                     gpu::Queue& queue);

// base + adapter -> a new checkpoint of the base's dtype; the extension of `out` (.pth or
// .safetensors) picks the format. Matrices: W += scale B A, in f32, rounded once. Layer norms are
// replaced. A state adds blocks.l.att.time_state. Cancelled, and nothing written, once stop has
// fired.
Status merge_adapter(const std::filesystem::path& base, const std::filesystem::path& adapter,
                     const std::filesystem::path& out, const AdapterOptions& options = {},
                     const std::stop_token& stop = {});

}  // namespace greylag
