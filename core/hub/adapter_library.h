// SPDX-License-Identifier: Apache-2.0
// Which adapters and tuned states are there? HOME/adapters, HOME/states and the checkpoints of
// runs, by id: file name without extension, or "<run>@<step>".
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/model_library.h"
#include "core/protocol/engine.h"

namespace greylag {

// Any thread.
class AdapterLibrary {
 public:
  // named: files of --adapter; named_alpha: --adapter-alpha, for those of them that carry none.
  AdapterLibrary(Home home, std::vector<std::filesystem::path> named,
                 std::optional<double> named_alpha, ModelLibrary& models);

  std::vector<protocol::AdapterStatus> list();
  Result<protocol::AdapterStatus> find(const std::string& id);  // NotFound
  // What the command line says about the alpha of the file at that path.
  std::optional<double> alpha_of(const std::filesystem::path& path) const;
  // Conflict for a run's checkpoint or a file named on the command line.
  Result<uint64_t> remove(const std::string& id);

 private:
  struct Known {
    uintmax_t size = 0;
    std::filesystem::file_time_type written;
    protocol::AdapterStatus status;
  };
  void add(const std::filesystem::path& path, const std::string& id, const std::string& run,
           std::vector<protocol::AdapterStatus>& out);
  void name_base(protocol::AdapterStatus& status, const std::vector<ModelEntry>& models,
                 const std::string& trained_from);

  const Home home_;
  const std::vector<std::filesystem::path> named_;
  const std::optional<double> named_alpha_;
  ModelLibrary& models_;
  std::mutex mutex_;  // guards known_
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace greylag
