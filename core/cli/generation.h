// SPDX-License-Identifier: Apache-2.0
// What generate and chat share: sampler options, a loaded model with its vocabulary.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cli/commands.h"
#include "core/infer/extras.h"
#include "core/infer/model_host.h"

namespace greylag {

struct GenerationOptions {
  ModelOptions model;
  SamplerOptions sampler;
  std::optional<uint64_t> seed;  // none: drawn from the system
  int64_t max_tokens = 256;
};
// Adds the model options too.
void add_generation_options(CLI::App& command, GenerationOptions& options);

struct LoadedModel {
  std::shared_ptr<ModelHost> host;
  LoadedExtras extras;
};
Result<LoadedModel> load_model(const CommandContext& context, const ModelOptions& options);

// A request with everything but the prompt and stops.
GenerationRequest make_request(const LoadedModel& model, const GenerationOptions& options);

// HOME/tokenizers, without creating anything.
std::filesystem::path tokenizers_dir(const CommandContext& context);

}  // namespace greylag
