// SPDX-License-Identifier: Apache-2.0
// Which adapters and tuned states are there? HOME/adapters, HOME/states (files, and folders as the
// peft library writes them) and the checkpoints of runs, by id: name without extension, or
// "<run>@<step>". Kept and looked at anew as the models are (model_library.h).
#pragma once

#include <filesystem>
#include <map>
#include <memory>
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
  // Keeps an alpha beside a lora of HOME/adapters, as a config of the peft library. Conflict for
  // one that says its own; InvalidArgument for one that has none, and for no finite number.
  Result<protocol::AdapterStatus> set_alpha(const std::string& id, double alpha);
  // Looks at the files, so that the next find need not. For the one who watches.
  void refresh() { look(); }
  // Conflict for one that is not is_deletable: a run's checkpoint, a file of the command line.
  Result<uint64_t> remove(const std::string& id);

 private:
  // What the file and the config beside it were when they were looked at.
  struct Stamp {
    uintmax_t size = 0;
    std::filesystem::file_time_type written;
    std::filesystem::path config;  // empty: there is none
    std::filesystem::file_time_type config_written;
    bool operator==(const Stamp&) const = default;
  };
  struct Known {
    Stamp stamp;
    protocol::AdapterStatus status;
    bool is_checkpoint = false;
  };
  struct Found {
    protocol::AdapterStatus status;
    Stamp stamp;
    std::string trained_from;  // the model's path, of a run's checkpoint
  };
  struct Snapshot {
    std::vector<Found> entries;
    std::map<std::string, size_t> by_id;
  };
  static std::optional<Stamp> stamp_of(const std::filesystem::path& path);
  static Known read(const std::filesystem::path& path, const Stamp& stamp);
  std::shared_ptr<const Snapshot> seen() const;  // null before the first look
  std::shared_ptr<const Snapshot> look();
  void scan(const std::filesystem::path& folder, Snapshot& out);
  void add(const std::filesystem::path& path, const std::string& id, const IndexedRun* run,
           Snapshot& out);
  bool is_own(const std::filesystem::path& path) const;
  void name_base(Found& found, const std::vector<ModelEntry>& models, const std::stop_token& stop);

  const Home home_;
  const std::vector<std::filesystem::path> named_;
  const std::optional<double> named_alpha_;
  ModelLibrary& models_;
  mutable std::mutex snapshot_mutex_;         // guards snapshot_
  std::shared_ptr<const Snapshot> snapshot_;  // as of the last look
  std::mutex mutex_;                          // guards known_
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace greylag
