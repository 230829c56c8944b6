// SPDX-License-Identifier: Apache-2.0
// A config is written whole, by rename, and so is each checkpoint: the times of config.yaml and of
// checkpoints/ tell a change. Two changes within one tick of the file system's clock have the same
// time, so what was read that soon after a change is read once more later.
#include "core/runs/run_index.h"

#include <algorithm>
#include <chrono>
#include <system_error>

#include "core/base/file.h"
#include "core/runs/run_folder.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kCoarsestClock{2};  // of FAT

std::shared_ptr<const IndexedRun> read_run(const fs::path& folder, const std::string& id) {
  const Result<RunFolder> run = RunFolder::open(folder);
  if (!run) return nullptr;
  return std::make_shared<const IndexedRun>(
      IndexedRun{id, run->path(), run->config(), run->checkpoints()});
}

}  // namespace

RunIndex::RunIndex(fs::path runs) : runs_(std::move(runs)) {}

std::optional<RunIndex::Stamp> RunIndex::stamp_of(const fs::path& folder) {
  std::error_code failed, absent;
  Stamp stamp;
  stamp.config_written = fs::last_write_time(folder / "config.yaml", failed);
  if (failed) return std::nullopt;
  stamp.config_bytes = fs::file_size(folder / "config.yaml", failed);
  if (failed) return std::nullopt;
  stamp.checkpoints_written = fs::last_write_time(folder / "checkpoints", absent);
  return stamp;
}

std::vector<std::shared_ptr<const IndexedRun>> RunIndex::look() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Known> seen;
  std::error_code failed;
  for (fs::directory_iterator it(runs_, failed), end; !failed && it != end; it.increment(failed)) {
    const std::optional<Stamp> stamp = stamp_of(it->path());
    if (!stamp) continue;
    const std::string id = path_to_utf8(it->path().filename());
    Known& known = seen[id];
    if (const auto before = known_.find(id); before != known_.end()) known = before->second;
    if (known.is_settled && known.stamp == *stamp) continue;
    const auto newest = std::max(stamp->config_written, stamp->checkpoints_written);
    known.is_settled = fs::file_time_type::clock::now() - newest > kCoarsestClock;
    known.stamp = *stamp;
    known.run = read_run(it->path(), id);
  }
  known_ = std::move(seen);
  std::vector<std::shared_ptr<const IndexedRun>> runs;
  for (const auto& [id, known] : known_) {
    if (known.run) runs.push_back(known.run);
  }
  return runs;
}

}  // namespace greylag
