// SPDX-License-Identifier: Apache-2.0
// Which adapters and tuned states are there? HOME/adapters, HOME/states and the checkpoints of
// runs, by id: file name without extension, or "<run>@<step>".
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/model_library.h"
#include "core/protocol/engine.h"

namespace greylag {

class RunFolder;

// Any thread.
class AdapterLibrary {
 public:
  // named: files of --adapter; named_alpha: --adapter-alpha, for those of them that carry none.
  AdapterLibrary(Home home, std::vector<std::filesystem::path> named,
                 std::optional<double> named_alpha, ModelLibrary& models);

  // Names the model of each by its hash: slow when there is a model of up to 1 GiB that was not
  // hashed before. Once stop fires the names that are left stay empty.
  std::vector<protocol::AdapterStatus> list(const std::stop_token& stop = {});
  // Without base_model. NotFound.
  Result<protocol::AdapterStatus> find(const std::string& id);
  // What the command line says about the alpha of the file at that path.
  std::optional<double> alpha_of(const std::filesystem::path& path) const;
  // Conflict for one that is not is_deletable: a run's checkpoint, a file of the command line.
  Result<uint64_t> remove(const std::string& id);

 private:
  struct Known {
    uintmax_t size = 0;
    std::filesystem::file_time_type written;
    protocol::AdapterStatus status;
  };
  struct Found {
    protocol::AdapterStatus status;
    std::string trained_from;  // the model's path, of a run's checkpoint
  };
  std::vector<Found> scan();
  void add(const std::filesystem::path& path, const std::string& id, const RunFolder* run,
           std::vector<Found>& out);
  bool is_own(const std::filesystem::path& path) const;
  void name_base(Found& found, const std::vector<ModelEntry>& models, const std::stop_token& stop);

  const Home home_;
  const std::vector<std::filesystem::path> named_;
  const std::optional<double> named_alpha_;
  ModelLibrary& models_;
  std::mutex mutex_;  // guards known_
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace greylag
