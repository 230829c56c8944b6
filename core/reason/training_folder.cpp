// SPDX-License-Identifier: Apache-2.0
#include "core/reason/training_folder.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/runs/checkpoint_folder.h"
#include "core/runs/jsonl.h"

namespace greylag::reason {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRowsBytes = "rows_bytes";
constexpr const char* kConfig = "config";

std::optional<uint64_t> number(const std::map<std::string, std::string>& fields, const char* key) {
  const auto found = fields.find(key);
  if (found == fields.end()) return std::nullopt;
  const std::string& text = found->second;
  uint64_t value = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<TrainingFolder> TrainingFolder::open(const fs::path& given) {
  const fs::path path = folder_path(given);
  std::error_code error;
  fs::create_directories(path / "checkpoints", error);
  if (error) {
    return Error{ErrorCode::Internal, fmt::format("cannot create the folder {}: {}",
                                                  path_to_utf8(path), error.message())};
  }
  const auto lock = platform::acquire_lock(path / "owner.lock");
  if (!lock) {
    if (lock.error().code != ErrorCode::Conflict) return lock.error();
    return Error{ErrorCode::Conflict,
                 "another process trains in " + path_to_utf8(path.filename()) + " already"};
  }
  TrainingFolder folder(path, *lock);
  clean_leftovers(path / "checkpoints");
  if (auto cut = cut_torn_line(path / "metrics.jsonl"); !cut) return cut.error();
  return folder;
}

TrainingFolder::TrainingFolder(TrainingFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

TrainingFolder::~TrainingFolder() {
  if (lock_ >= 0) platform::release_lock(lock_);
}

Status TrainingFolder::append_row(const std::string& json) {
  return append_line(path_ / "metrics.jsonl", json);
}

uint64_t TrainingFolder::rows_bytes() const { return file_size_or_zero(path_ / "metrics.jsonl"); }

Status TrainingFolder::cut_rows(uint64_t offset) {
  if (rows_bytes() <= offset) return {};
  std::error_code error;
  fs::resize_file(path_ / "metrics.jsonl", offset, error);
  if (!error) return {};
  return Error{ErrorCode::Internal, "cannot shorten metrics.jsonl: " + error.message()};
}

std::optional<TrainingFolder::Checkpoint> TrainingFolder::newest() const {
  const fs::path checkpoints = path_ / "checkpoints";
  const auto all = list_checkpoints(checkpoints);
  for (auto it = all.rbegin(); it != all.rend(); ++it) {
    const fs::path path = checkpoints / checkpoint_name(it->step);
    if (!verify_checkpoint(path)) continue;
    const auto manifest = read_manifest(path);
    if (!manifest) continue;
    const auto bytes = number(manifest->fields, kRowsBytes);
    if (!bytes) continue;
    const auto config = manifest->fields.find(kConfig);
    return Checkpoint{.path = path,
                      .step = manifest->step,
                      .rows_bytes = *bytes,
                      .config = config == manifest->fields.end() ? "" : config->second};
  }
  return std::nullopt;
}

Status TrainingFolder::save(int64_t step, uint64_t expected_bytes, int64_t keep_last,
                            const std::string& config,
                            const std::function<Status(const fs::path& folder)>& fill) {
  return save_checkpoint(path_, step, expected_bytes,
                         {{kRowsBytes, std::to_string(rows_bytes())}, {kConfig, config}}, keep_last,
                         fill);
}

}  // namespace greylag::reason
