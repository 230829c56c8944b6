// SPDX-License-Identifier: Apache-2.0
// Who starts and steers finetuning? Trainers are processes of their own that outlive the engine;
// everything known about them comes from their run folders.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/model_library.h"
#include "core/protocol/training.h"
#include "core/runs/run_folder.h"

namespace greylag {

// Any thread; keeps no state of its own.
class RunSupervisor {
 public:
  // trainer: the greylag-train executable.
  RunSupervisor(const Home& home, ModelLibrary& models, std::filesystem::path trainer);

  std::vector<protocol::RunStatus> list() const;
  Result<RunFolder> open(const std::string& id) const;  // NotFound
  Result<protocol::RunStatus> status(const std::string& id) const;
  // config.model may be an id. Checks model and data, makes the folder, starts the trainer.
  Result<protocol::RunStatus> start(protocol::RunConfig config) const;
  // pause | resume | stop | save; resume of a run whose trainer is gone starts one.
  Result<protocol::RunStatus> control(const std::string& id, const std::string& word) const;
  // Conflict while it runs. Returns the bytes freed.
  Result<uint64_t> remove(const std::string& id) const;
  bool is_used_by_live_run(const std::filesystem::path& model) const;
  // The config as start() would use it: model path filled in, defaults completed, bounds checked.
  Result<protocol::RunConfig> complete(protocol::RunConfig config) const;

 private:
  std::filesystem::path free_folder(const protocol::RunConfig& config) const;
  Status spawn(const char* command, RunFolder& run) const;

  const Home& home_;
  ModelLibrary& models_;
  const std::filesystem::path trainer_;
};

// greylag-train beside this executable.
std::filesystem::path default_trainer();

}  // namespace greylag
