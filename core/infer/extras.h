// SPDX-License-Identifier: Apache-2.0
// What can lie beside a model? Adapters and start states, in files. Reads them and says which is
// which by content; several adapters add up to one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "core/adapter/adapter_file.h"
#include "core/model/state_pool.h"

namespace greylag {

// At least one of the two is set. A state-method adapter is a state; an adapter that was trained
// together with a start state brings both (adapter->time_state is empty then).
struct ExtraFile {
  std::optional<AdapterFile> adapter;
  std::shared_ptr<const HostState> state;
};

// base_sha256 is asked only when the file says which base it was made for; Conflict when they
// differ. Errors as open_checkpoint, load_adapter, load_state; another kind of file is BadFile.
// Assumptions about the file are logged.
Result<ExtraFile> read_extra(const std::filesystem::path& path, const Config& config,
                             const std::function<Result<std::string>()>& base_sha256,
                             const AdapterOptions& options = {});

// The sum of several adapters: ranks side by side, each one's scale folded into its B. At least
// one. InvalidArgument when two of them replace the same layer norm: replacements do not add up.
Result<AdapterFile> combine_adapters(std::span<const AdapterFile> adapters, const Config& config);

// Loaded for one model on one device, as requests use them; either may be null.
struct LoadedExtras {
  std::shared_ptr<const AdapterWeights> adapter;
  std::shared_ptr<const HostState> state;
};

// All files together; the options are for each. A state file takes the place of the start state
// that an adapter brings. InvalidArgument when two states are left, or adapters do not add up.
Result<LoadedExtras> load_extras(std::span<const std::filesystem::path> paths, const Config& config,
                                 const std::filesystem::path& base_model, gpu::Device& device,
                                 gpu::Queue& queue, const AdapterOptions& options = {});

}  // namespace greylag
