// SPDX-License-Identifier: Apache-2.0
#include "core/hub/adapter_library.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <system_error>

#include "core/adapter/adapter_file.h"
#include "core/adapter/peft_config.h"
#include "core/adapter/pissa_init.h"
#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/reader.h"
#include "core/hub/file_kind.h"
#include "core/model/config.h"
#include "core/model/hrm_config.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

// Models above this are not hashed only to show which model an imported adapter belongs to.
constexpr uint64_t kHashLimit = 1ull << 30;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const bool is_hidden = path_to_utf8(it->path().filename()).starts_with('.');
    if (!is_hidden && !is_pissa_init(it->path())) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

// is_checkpoint: false when it cannot be read at all.
protocol::AdapterStatus read_adapter_status(const fs::path& path, bool* is_checkpoint) {
  protocol::AdapterStatus status;
  *is_checkpoint = true;
  status.path = path_to_utf8(path);
  std::error_code absent;
  const auto size = fs::file_size(path, absent);
  status.size_bytes = absent ? 0 : size;
  if (const auto summary = describe_adapter(path)) {
    status.method = adapter_method_name(summary->method);
    status.rank = summary->rank;
    status.alpha = summary->method == AdapterMethod::Lora ? summary->alpha : 0;
    status.is_alpha_assumed = summary->is_alpha_assumed;
    status.base_sha256 = summary->base_sha256;
    return status;
  }
  // A saved session state, or a file whose fault is told when it is used.
  const auto reader = open_checkpoint(path);
  *is_checkpoint = reader.ok();
  if (!reader) return status;
  const std::string kind = identify_architecture(**reader);
  status.method = kind == "adapter" ? "lora" : kind == "hrm" ? "hrm" : "state";
  if (const auto core = read_hrm_config(**reader)) {
    status.base_sha256 = core->base_sha256;
    status.cycles = core->recursion.h_cycles;
  }
  return status;
}

}  // namespace

AdapterLibrary::AdapterLibrary(Home home, std::vector<fs::path> named,
                               std::optional<double> named_alpha, ModelLibrary& models)
    : home_(std::move(home)),
      named_(std::move(named)),
      named_alpha_(named_alpha),
      models_(models) {}

std::optional<double> AdapterLibrary::alpha_of(const fs::path& path) const {
  const bool is_named = std::find(named_.begin(), named_.end(), path) != named_.end();
  return is_named ? named_alpha_ : std::nullopt;
}

std::vector<protocol::AdapterStatus> AdapterLibrary::list(const std::stop_token& stop) {
  const std::vector<ModelEntry> models = models_.list();
  std::vector<protocol::AdapterStatus> out;
  for (Found found : look()->entries) {
    name_base(found, models, stop);
    out.push_back(std::move(found.status));
  }
  return out;
}

std::shared_ptr<const AdapterLibrary::Snapshot> AdapterLibrary::seen() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

std::shared_ptr<const AdapterLibrary::Snapshot> AdapterLibrary::look() {
  auto found = std::make_shared<Snapshot>();
  for (const fs::path& path : named_) {
    const auto file = main_checkpoint_file(path);
    if (file) add(*file, checkpoint_id(path), nullptr, *found);
  }
  scan(home_.adapters(), *found);
  scan(home_.states(), *found);
  for (const auto& run : models_.runs()) {
    if (run->config.method == "full") continue;
    for (const auto& checkpoint : run->checkpoints) {
      add(path_from_utf8(checkpoint.file), run->id + "@" + std::to_string(checkpoint.step),
          run.get(), *found);
    }
  }
  {
    std::set<fs::path> paths;
    for (const Found& one : found->entries) paths.insert(path_from_utf8(one.status.path));
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [&](const auto& item) {
      std::error_code failed;
      return !paths.contains(item.first) && !fs::exists(item.first, failed);
    });
  }
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = found;
  return found;
}

void AdapterLibrary::scan(const fs::path& folder, Snapshot& out) {
  for (const fs::path& path : sorted_entries(folder)) {
    std::error_code failed;
    if (fs::is_directory(path, failed)) {
      const auto file = main_checkpoint_file(path);
      if (file) add(*file, path_to_utf8(path.filename()), nullptr, out);
    } else if (fs::is_regular_file(path, failed)) {
      add(path, checkpoint_id(path), nullptr, out);
    }
  }
}

std::optional<AdapterLibrary::Stamp> AdapterLibrary::stamp_of(const fs::path& path) {
  std::error_code failed, absent;
  Stamp stamp;
  stamp.size = fs::file_size(path, failed);
  if (failed) return std::nullopt;
  stamp.written = fs::last_write_time(path, failed);
  if (failed) return std::nullopt;
  if (const auto config = find_peft_config(path)) {
    stamp.config = *config;
    stamp.config_written = fs::last_write_time(*config, absent);
  }
  return stamp;
}

AdapterLibrary::Known AdapterLibrary::read(const fs::path& path, const Stamp& stamp) {
  Known known;
  known.stamp = stamp;
  known.status = read_adapter_status(path, &known.is_checkpoint);
  return known;
}

void AdapterLibrary::add(const fs::path& path, const std::string& id, const IndexedRun* run,
                         Snapshot& out) {
  const std::optional<Stamp> stamp = stamp_of(path);
  if (!stamp) return;
  Known known;
  {
    const std::lock_guard lock(mutex_);
    const auto it = known_.find(path);
    if (it != known_.end()) known = it->second;
  }
  if (known.status.path.empty() || known.stamp != *stamp) {
    known = read(path, *stamp);
    const std::lock_guard lock(mutex_);
    known_[path] = known;
  }
  if (!known.is_checkpoint && !has_checkpoint_ending(path)) return;  // a config, a note
  Found found{.status = std::move(known.status), .stamp = *stamp, .trained_from = {}};
  found.status.id = id;
  if (run != nullptr) {
    found.status.run = run->id;
    found.trained_from = run->config.model;
  }
  found.status.is_deletable = run == nullptr && is_own(path);
  if (out.by_id.contains(found.status.id)) found.status.id = path_to_utf8(path.filename());
  if (!out.by_id.emplace(found.status.id, out.entries.size()).second) return;
  out.entries.push_back(std::move(found));
}

bool AdapterLibrary::is_own(const fs::path& path) const {
  for (const fs::path& folder : {home_.adapters(), home_.states()}) {
    if (path.parent_path() == folder || path.parent_path().parent_path() == folder) return true;
  }
  return false;
}

void AdapterLibrary::name_base(Found& found, const std::vector<ModelEntry>& models,
                               const std::stop_token& stop) {
  protocol::AdapterStatus& status = found.status;
  for (const ModelEntry& model : models) {
    std::error_code failed;
    if (!found.trained_from.empty() &&
        fs::equivalent(model.path, path_from_utf8(found.trained_from), failed) && !failed) {
      status.base_model = model.status.id;
      return;
    }
  }
  if (status.base_sha256.empty()) return;
  for (const ModelEntry& model : models) {
    if (model.status.size_bytes > kHashLimit || !model.status.problem.empty()) continue;
    const auto hash = models_.sha256(model.path, stop);
    if (hash && *hash == status.base_sha256) {
      status.base_model = model.status.id;
      return;
    }
  }
}

Result<protocol::AdapterStatus> AdapterLibrary::find(const std::string& id) {
  const auto entry_in = [&](const Snapshot& snapshot) -> const Found* {
    const auto found = snapshot.by_id.find(id);
    return found == snapshot.by_id.end() ? nullptr : &snapshot.entries[found->second];
  };
  auto snapshot = seen();
  const Found* found = snapshot ? entry_in(*snapshot) : nullptr;
  if (found == nullptr || stamp_of(path_from_utf8(found->status.path)) != found->stamp) {
    snapshot = look();
    found = entry_in(*snapshot);
  }
  if (found != nullptr) return found->status;
  return Error{ErrorCode::NotFound, "there is no adapter or state \"" + id + "\""};
}

Result<protocol::AdapterStatus> AdapterLibrary::set_alpha(const std::string& id, double alpha) {
  const auto status = find(id);
  if (!status) return status.error();
  const fs::path path = path_from_utf8(status->path);
  if (!std::isfinite(alpha)) {
    return Error{ErrorCode::InvalidArgument, "alpha must be a finite number"};
  }
  if (status->method != "lora") {
    return Error{ErrorCode::InvalidArgument,
                 "only a LoRA has an alpha; this is of the kind " + status->method};
  }
  const fs::path config = own_peft_config(path);
  std::error_code failed;
  if (!is_own(path) || !status->run.empty() ||
      (!status->is_alpha_assumed && !fs::exists(config, failed))) {
    return Error{ErrorCode::Conflict,
                 "this adapter says its own alpha, or is not Greylag's to change"};
  }
  const std::string text = format_peft_config(status->rank, alpha);
  if (Status written = write_file_atomic(config, text); !written) return written.error();
  {
    const std::lock_guard lock(mutex_);
    known_.erase(path);  // two changes may have the same time
  }
  look();
  return find(id);
}

Result<uint64_t> AdapterLibrary::remove(const std::string& id) {
  const auto status = find(id);
  if (!status) return status.error();
  if (!status->run.empty()) {
    return Error{ErrorCode::Conflict, "this is a checkpoint of a run; delete the run instead"};
  }
  if (!status->is_deletable) {
    return Error{ErrorCode::Conflict, "this file is outside the adapter folder; delete it there"};
  }
  const fs::path path = path_from_utf8(status->path);
  const bool is_state = path.parent_path() == home_.states();
  const Status removed = remove_checkpoint(path, is_state ? home_.states() : home_.adapters(),
                                           find_peft_config(path).value_or(fs::path()));
  if (!removed) return removed.error();
  look();
  return status->size_bytes;
}

}  // namespace greylag
