// SPDX-License-Identifier: Apache-2.0
// What can lie beside a model? Adapters, start states and reasoning cores, in files. Reads them and
// says which is which by content; several adapters add up to one.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "core/adapter/adapter_file.h"
#include "core/model/hrm_core.h"
#include "core/model/state_pool.h"

namespace greylag {

// At least one is set. A state-method adapter is a state; an adapter that was trained
// together with a start state brings both (adapter->time_state is empty then).
struct ExtraFile {
  std::optional<AdapterFile> adapter;
  std::shared_ptr<const HostState> state;
  std::unique_ptr<CheckpointReader> core;  // open, and checked against the model's shape
};

// base_sha256 is asked only when the file says which base it was made for; Conflict when they
// differ, but for a core: that is only logged, for a core may be read beside any base of its shape.
// Errors as open_checkpoint, load_adapter, load_state, read_hrm_config; another kind of file is
// BadFile. Assumptions about the file are logged.
Result<ExtraFile> read_extra(const std::filesystem::path& path, const Config& config,
                             const std::function<Result<std::string>()>& base_sha256,
                             const AdapterOptions& options = {});

// The sum of several adapters: ranks side by side, each one's scale folded into its B. At least
// one. InvalidArgument when two of them replace the same layer norm: replacements do not add up.
Result<AdapterFile> combine_adapters(std::span<const AdapterFile> adapters, const Config& config);

// A core file of read_extra on a device, with its hash. Errors of HrmWeights::load.
Result<std::shared_ptr<const HrmWeights>> load_core(CheckpointReader& reader,
                                                    const std::filesystem::path& path,
                                                    gpu::Device& device);

// Loaded for one model on one device, as requests use them; any may be null.
struct LoadedExtras {
  std::shared_ptr<const AdapterWeights> adapter;
  std::shared_ptr<const HostState> state;
  std::shared_ptr<const HrmWeights> core;
};

// All files together; the options are for each. A state file takes the place of the start state
// that an adapter brings. InvalidArgument when two states or two cores are left, or adapters do not
// add up.
Result<LoadedExtras> load_extras(std::span<const std::filesystem::path> paths, const Config& config,
                                 const std::filesystem::path& base_model, gpu::Device& device,
                                 gpu::Queue& queue, const AdapterOptions& options = {});

}  // namespace greylag
