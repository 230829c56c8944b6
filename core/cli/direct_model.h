// SPDX-License-Identifier: Apache-2.0
// A model on a device without vocabulary and scheduler, for commands that work on token ids.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/cli/commands.h"
#include "core/infer/extras.h"
#include "core/model/rwkv7.h"

namespace greylag {

struct DirectModel {
  std::filesystem::path path;
  std::shared_ptr<gpu::Device> device;  // outlives all below
  std::unique_ptr<gpu::Queue> queue;
  std::shared_ptr<const Weights> weights;
  LoadedExtras extras;
  HrmUse core_use;
};

// The device of --device. InvalidArgument says why it cannot be used.
Result<std::shared_ptr<gpu::Device>> open_device(const CommandContext& context);

// The model, adapters, state and core of the options. Errors name the file.
Result<DirectModel> load_direct_model(const CommandContext& context, const ModelOptions& options);

// --adapter, --state and --hrm in one list, as load_extras takes them.
std::vector<std::filesystem::path> extra_paths(const ModelOptions& options);

}  // namespace greylag
