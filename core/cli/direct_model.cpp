// SPDX-License-Identifier: Apache-2.0
// reader -> weights -> adapters and state, in the order in which they can be refused cheaply.
#include "core/cli/direct_model.h"

#include <utility>

#include "core/infer/file_context.h"

namespace greylag {

Result<std::shared_ptr<gpu::Device>> open_device(const CommandContext& context) {
  std::string why;
  std::shared_ptr<gpu::Device> device =
      gpu::make_device(context.device_choice(), context.cpu_threads(), &why);
  if (device == nullptr) {
    return Error{ErrorCode::InvalidArgument,
                 "device " + context.device_choice() + " cannot be used: " + why};
  }
  return device;
}

std::vector<std::filesystem::path> extra_paths(const ModelOptions& options) {
  std::vector<std::filesystem::path> paths = options.adapters;
  if (options.state) paths.push_back(*options.state);
  if (options.core) paths.push_back(*options.core);
  return paths;
}

Result<DirectModel> load_direct_model(const CommandContext& context, const ModelOptions& options) {
  const Result<std::filesystem::path> path = chosen_model(options);
  if (!path) return path.error();
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(*path);
  if (!reader) return in_file(reader.error(), *path);
  const Result<Config> config = read_config(**reader);
  if (!config) return in_file(config.error(), *path);
  DirectModel model;
  model.path = *path;
  Result<std::shared_ptr<gpu::Device>> device = open_device(context);
  if (!device) return device.error();
  model.device = *device;
  model.queue = model.device->make_queue();
  Result<std::shared_ptr<const Weights>> weights = Weights::load(**reader, *model.device);
  if (!weights) return in_file(weights.error(), *path);
  model.weights = *weights;
  Result<LoadedExtras> extras = load_extras(extra_paths(options), *config, *path, *model.device,
                                            *model.queue, {.alpha = options.adapter_alpha});
  if (!extras) return extras.error();
  model.extras = *extras;
  model.core_use = options.core_use;
  return model;
}

}  // namespace greylag
