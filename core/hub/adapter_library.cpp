// SPDX-License-Identifier: Apache-2.0
#include "core/hub/adapter_library.h"

#include <algorithm>
#include <system_error>

#include "core/adapter/adapter_file.h"
#include "core/adapter/pissa_init.h"
#include "core/base/file.h"
#include "core/checkpoint/reader.h"
#include "core/model/config.h"
#include "core/model/hrm_config.h"
#include "core/runs/run_folder.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

// Models above this are not hashed only to show which model an imported adapter belongs to.
constexpr uint64_t kHashLimit = 1ull << 30;

std::vector<fs::path> entries(const fs::path& folder, bool wants_folders) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const bool fits = wants_folders
                          ? entry.is_directory(failed)
                          : entry.is_regular_file(failed) && is_model_file(entry.path()) &&
                                !is_pissa_init(entry.path());
    if (fits) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

protocol::AdapterStatus read_adapter_status(const fs::path& path) {
  protocol::AdapterStatus status;
  status.path = path_to_utf8(path);
  std::error_code absent;
  const auto size = fs::file_size(path, absent);
  status.size_bytes = absent ? 0 : size;
  if (const auto summary = describe_adapter(path)) {
    status.method = adapter_method_name(summary->method);
    status.rank = summary->rank;
    status.base_sha256 = summary->base_sha256;
    return status;
  }
  // A saved session state, or a file whose fault is told when it is used.
  const auto reader = open_checkpoint(path);
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
  for (Found& found : scan()) {
    name_base(found, models, stop);
    out.push_back(std::move(found.status));
  }
  return out;
}

std::vector<AdapterLibrary::Found> AdapterLibrary::scan() {
  std::vector<Found> out;
  for (const fs::path& path : named_) add(path, path_to_utf8(path.stem()), nullptr, out);
  for (const fs::path& folder : {home_.adapters(), home_.states()}) {
    for (const fs::path& path : entries(folder, false)) {
      add(path, path_to_utf8(path.stem()), nullptr, out);
    }
  }
  for (const fs::path& folder : entries(home_.runs(), true)) {
    const auto run = RunFolder::open(folder);
    if (!run || run->config().method == "full") continue;
    const std::string name = path_to_utf8(folder.filename());
    for (const auto& checkpoint : run->checkpoints()) {
      add(path_from_utf8(checkpoint.file), name + "@" + std::to_string(checkpoint.step), &*run,
          out);
    }
  }
  return out;
}

void AdapterLibrary::add(const fs::path& path, const std::string& id, const RunFolder* run,
                         std::vector<Found>& out) {
  std::error_code failed;
  const uintmax_t size = fs::file_size(path, failed);
  const auto written = fs::last_write_time(path, failed);
  if (failed) return;
  Found found;
  {
    const std::lock_guard lock(mutex_);
    Known& known = known_[path];
    if (known.status.path.empty() || known.size != size || known.written != written) {
      known = {size, written, read_adapter_status(path)};
    }
    found.status = known.status;
  }
  found.status.id = id;
  if (run != nullptr) {
    found.status.run = path_to_utf8(run->path().filename());
    found.trained_from = run->config().model;
  }
  found.status.is_deletable = run == nullptr && is_own(path);
  const auto is_same = [&](const Found& other) { return other.status.id == found.status.id; };
  if (std::ranges::any_of(out, is_same)) found.status.id = path_to_utf8(path.filename());
  if (std::ranges::none_of(out, is_same)) out.push_back(std::move(found));
}

bool AdapterLibrary::is_own(const fs::path& path) const {
  return path.parent_path() == home_.adapters() || path.parent_path() == home_.states();
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
  for (Found& found : scan()) {
    if (found.status.id == id) return std::move(found.status);
  }
  return Error{ErrorCode::NotFound, "there is no adapter or state \"" + id + "\""};
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
  std::error_code failed;
  fs::remove(path_from_utf8(status->path), failed);
  if (failed) return Error{ErrorCode::Internal, "cannot delete the file: " + failed.message()};
  return status->size_bytes;
}

}  // namespace greylag
