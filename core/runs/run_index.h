// SPDX-License-Identifier: Apache-2.0
// Which runs are there, and which checkpoints? Configs and manifests of all run folders, read once
// and again when they change: a look at 300 runs costs their times, not their YAML.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/protocol/training.h"

namespace greylag {

struct IndexedRun {
  std::string id;  // the folder's name
  std::filesystem::path path;
  protocol::RunConfig config;
  std::vector<protocol::RunCheckpoint> checkpoints;  // by step
};

// Any thread.
class RunIndex {
 public:
  explicit RunIndex(std::filesystem::path runs);

  // By id; folders that are no runs, or whose config cannot be read, are left out.
  std::vector<std::shared_ptr<const IndexedRun>> look();

 private:
  struct Stamp {
    std::filesystem::file_time_type config_written, checkpoints_written;
    uintmax_t config_bytes = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct Known {
    Stamp stamp;
    bool is_settled = false;                // see run_index.cpp
    std::shared_ptr<const IndexedRun> run;  // null: not a run that can be read
  };
  static std::optional<Stamp> stamp_of(const std::filesystem::path& folder);

  const std::filesystem::path runs_;
  std::mutex mutex_;  // guards known_
  std::map<std::string, Known> known_;
};

}  // namespace greylag
