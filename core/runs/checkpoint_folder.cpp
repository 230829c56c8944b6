// SPDX-License-Identifier: Apache-2.0
#include "core/runs/checkpoint_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"
#include "core/base/sha256.h"
#include "core/runs/jsonl.h"

namespace greylag {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kSpareBytes = 64ull << 20;  // stays free beside a checkpoint

constexpr const char* kManifestName = "manifest.json";
constexpr uint64_t kMaxManifestBytes = 1 << 20;

// The file that a chat or a merge would use.
fs::path result_file(const fs::path& folder) {
  for (const char* name :
       {"core.safetensors", "adapter.safetensors", "state.safetensors", "model.safetensors"}) {
    std::error_code error;
    if (fs::exists(folder / name, error)) return folder / name;
  }
  return {};
}

std::vector<fs::path> entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool starts_with(const std::string& text, std::string_view start) {
  return text.compare(0, start.size(), start) == 0;
}

bool is_leftover(const fs::path& entry) {
  const std::string name = path_to_utf8(entry.filename());
  return starts_with(name, ".tmp-") || starts_with(name, ".trash-");
}

}  // namespace

std::string checkpoint_name(int64_t step) { return fmt::format("step-{:08}", step); }

Status write_manifest(const fs::path& folder, int64_t step,
                      const std::map<std::string, std::string>& fields) {
  nlohmann::json files = nlohmann::json::array();
  for (const fs::path& file : entries(folder)) {
    const auto hash = sha256_file(file);
    if (!hash) return hash.error();
    files.push_back({{"name", path_to_utf8(file.filename())},
                     {"size", file_size_or_zero(file)},
                     {"sha256", *hash}});
  }
  const nlohmann::json manifest{
      {"version", 1}, {"step", step}, {"files", files}, {"fields", fields}};
  const std::string text =
      manifest.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (auto done = write_file_atomic(folder / kManifestName, text); !done) return done;
  return platform::sync_folder(folder);
}

Result<CheckpointManifest> read_manifest(const fs::path& folder) {
  const auto text = read_text_file(folder / kManifestName, kMaxManifestBytes);
  if (!text) return text.error();
  const nlohmann::json json = nlohmann::json::parse(*text, nullptr, false);
  CheckpointManifest manifest;
  try {  // a missing key or a wrong type
    manifest.step = json.at("step").get<int64_t>();
    for (const auto& file : json.at("files")) {
      manifest.files.push_back({.name = file.at("name").get<std::string>(),
                                .size_bytes = file.at("size").get<uint64_t>(),
                                .sha256 = file.at("sha256").get<std::string>()});
    }
    manifest.fields = json.at("fields").get<std::map<std::string, std::string>>();
  } catch (const nlohmann::json::exception& e) {
    return Error{ErrorCode::BadFile, std::string("manifest.json is damaged: ") + e.what()};
  }
  return manifest;
}

Status verify_checkpoint(const fs::path& folder) {
  const auto manifest = read_manifest(folder);
  if (!manifest) return manifest.error();
  for (const CheckpointManifest::File& file : manifest->files) {
    const fs::path path = folder / path_from_utf8(file.name).filename();
    const auto damaged = [&](const char* why) {
      return Error{ErrorCode::BadFile,
                   fmt::format("{} in {} {}", file.name, path_to_utf8(folder.filename()), why)};
    };
    if (file_size_or_zero(path) != file.size_bytes) return damaged("has the wrong size");
    const auto hash = sha256_file(path);
    if (!hash) return hash.error();
    if (*hash != file.sha256) return damaged("does not match its SHA-256");
  }
  return {};
}

std::vector<protocol::RunCheckpoint> list_checkpoints(const fs::path& checkpoints) {
  std::vector<protocol::RunCheckpoint> found;
  for (const fs::path& folder : entries(checkpoints)) {
    if (!starts_with(path_to_utf8(folder.filename()), "step-")) continue;
    const auto manifest = read_manifest(folder);
    if (!manifest) continue;
    protocol::RunCheckpoint checkpoint;
    checkpoint.step = manifest->step;
    checkpoint.file = path_to_utf8(result_file(folder));
    for (const auto& file : manifest->files) checkpoint.size_bytes += file.size_bytes;
    if (const auto loss = manifest->fields.find("val_loss"); loss != manifest->fields.end()) {
      const double value = std::strtod(loss->second.c_str(), nullptr);
      checkpoint.has_val_loss = std::isfinite(value);  // NaN is no measure of anything
      if (checkpoint.has_val_loss) checkpoint.val_loss = value;
    }
    found.push_back(checkpoint);
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.step < b.step; });
  protocol::RunCheckpoint* best = nullptr;
  for (protocol::RunCheckpoint& checkpoint : found) {
    if (!checkpoint.has_val_loss) continue;
    if (best == nullptr || checkpoint.val_loss < best->val_loss) best = &checkpoint;
  }
  if (best != nullptr) best->is_best = true;
  return found;
}

void remove_folder(const fs::path& folder, std::error_code& error) {
  error.clear();
  for (const fs::path& file : entries(folder)) {
    fs::remove(file, error);
    if (error) return;
  }
  fs::remove(folder, error);
}

Status save_checkpoint(const fs::path& run, int64_t step, uint64_t expected_bytes,
                       const std::map<std::string, std::string>& fields, int64_t keep_last,
                       const std::function<Status(const fs::path&)>& fill) {
  const fs::path checkpoints = run / "checkpoints";
  const fs::path temporary = checkpoints / fmt::format(".tmp-{}", step);
  const fs::path target = checkpoints / checkpoint_name(step);
  const uint64_t needed = expected_bytes + expected_bytes / 20 + kSpareBytes;
  const uint64_t free = platform::disk_free_bytes(checkpoints);
  if (free < needed) {
    return Error{ErrorCode::NoSpace,
                 fmt::format("a checkpoint needs {} MiB of disk, and {} MiB are free", needed >> 20,
                             free >> 20)};
  }
  std::error_code error;
  remove_folder(temporary, error);
  fs::create_directory(temporary, error);
  if (error) return Error{ErrorCode::Internal, "cannot create a checkpoint: " + error.message()};
  // The fields tell an offset into metrics.jsonl, so those rows must be on the disk before them.
  Status written;
  if (fs::exists(run / "metrics.jsonl", error)) {
    written = platform::sync_path(run / "metrics.jsonl");
  }
  if (written) written = fill(temporary);
  if (written) written = write_manifest(temporary, step, fields);
  if (!written) {
    remove_folder(temporary, error);
    return written;
  }
  if (fs::exists(target, error)) {
    const fs::path trash = checkpoints / (".trash-" + checkpoint_name(step));
    remove_folder(trash, error);
    fs::rename(target, trash, error);
    remove_folder(trash, error);
  }
  fs::rename(temporary, target, error);
  if (error) return Error{ErrorCode::Internal, "cannot name a checkpoint: " + error.message()};
  if (auto synced = platform::sync_folder(checkpoints); !synced) return synced;
  if (auto verified = verify_checkpoint(target); !verified) return verified;
  apply_retention(checkpoints, keep_last);
  return {};
}

void apply_retention(const fs::path& checkpoints, int64_t keep_last) {
  const auto found = list_checkpoints(checkpoints);
  const auto keep = static_cast<size_t>(std::max<int64_t>(1, keep_last));
  for (size_t i = 0; i + keep < found.size(); ++i) {
    if (found[i].is_best) continue;
    const std::string name = checkpoint_name(found[i].step);
    const fs::path trash = checkpoints / (".trash-" + name);
    std::error_code error;
    fs::rename(checkpoints / name, trash, error);
    if (!error) remove_folder(trash, error);
    if (error) log_warn("runs", "cannot delete old checkpoint " + name + ": " + error.message());
  }
}

bool has_leftovers(const fs::path& checkpoints) {
  return std::ranges::any_of(entries(checkpoints), is_leftover);
}

void clean_leftovers(const fs::path& checkpoints) {
  for (const fs::path& entry : entries(checkpoints)) {
    if (!is_leftover(entry)) continue;
    std::error_code error;
    remove_folder(entry, error);
    if (!error) continue;
    log_warn("runs",
             "cannot remove leftover " + path_to_utf8(entry.filename()) + ": " + error.message());
  }
}

}  // namespace greylag
