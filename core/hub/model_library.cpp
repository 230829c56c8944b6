// SPDX-License-Identifier: Apache-2.0
#include "core/hub/model_library.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/reader.h"
#include "core/hub/file_kind.h"
#include "core/model/config.h"
#include "core/model/puzzle_config.h"
#include "core/tokenizer/tokenizer.h"
#include "gpu/tensor.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    if (!path_to_utf8(it->path().filename()).starts_with('.')) found.push_back(it->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool is_checkpoint_index(const fs::path& path) {
  return path_to_utf8(path.filename()).ends_with(".index.json");
}

// Of an index that can be read; else empty.
std::vector<fs::path> shards_of(const fs::path& path) {
  if (!is_checkpoint_index(path)) return {};
  const auto found = find_checkpoint_files(path);
  return found ? found->files : std::vector<fs::path>();
}

bool is_puzzle(const ModelEntry& entry) { return entry.status.architecture == "puzzle"; }

}  // namespace

protocol::ModelStatus read_model_status(const fs::path& path) {
  protocol::ModelStatus status;
  status.path = path_to_utf8(path);
  status.id = checkpoint_id(path);
  status.size_bytes = checkpoint_size_bytes(path);
  const auto reader = open_checkpoint(path);
  if (!reader) {
    status.problem = reader.error().message;
    return status;
  }
  status.format = (*reader)->format();
  status.architecture = identify_architecture(**reader);
  if (status.architecture == "puzzle") {
    const auto puzzle = read_puzzle_config(**reader);
    if (!puzzle) status.problem = puzzle.error().message;
    for (const TensorInfo& info : (*reader)->tensors()) {
      status.parameters += info.shape.elements();
    }
    return status;
  }
  const auto config = read_config(**reader);
  if (!config) {
    status.problem = config.error().message;
    return status;
  }
  status.dtype = gpu::dtype_name(config->dtype);
  status.layers = config->layers;
  status.width = config->width;
  status.heads = config->heads;
  status.vocab = config->vocab;
  status.parameters = config->parameters;
  if (!(*reader)->token_table().empty()) {
    // The table is looked at once per file; models of other files get theirs by choose_vocabulary.
    if (const auto own = choose_tokenizer(config->vocab, path, std::nullopt, {})) {
      status.vocabulary = (*own)->kind();
    }
  }
  return status;
}

ModelLibrary::ModelLibrary(Home home, std::vector<fs::path> named,
                           std::optional<fs::path> vocabulary)
    : home_(std::move(home)),
      named_(std::move(named)),
      vocabulary_(std::move(vocabulary)),
      runs_(home_.runs()),
      hashes_(home_.root / "hashes.json") {}

std::vector<ModelEntry> ModelLibrary::list() {
  std::vector<ModelEntry> out = look()->entries;
  std::erase_if(out, is_puzzle);
  return out;
}

std::vector<ModelEntry> ModelLibrary::puzzles() {
  std::vector<ModelEntry> out = look()->entries;
  std::erase_if(out, [](const ModelEntry& entry) { return !is_puzzle(entry); });
  return out;
}

bool ModelLibrary::look_for_changes() {
  const auto now = look();
  const auto before = std::exchange(watched_, now);
  const auto is_same = [](const ModelEntry& a, const ModelEntry& b) {
    return a.status.id == b.status.id && a.path == b.path && a.written == b.written &&
           a.status.size_bytes == b.status.size_bytes && a.status.problem == b.status.problem;
  };
  return before && !std::ranges::equal(before->entries, now->entries, is_same);
}

std::shared_ptr<const ModelLibrary::Snapshot> ModelLibrary::seen() const {
  const std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

std::shared_ptr<const ModelLibrary::Snapshot> ModelLibrary::look() {
  auto found = std::make_shared<Snapshot>();
  for (const fs::path& path : named_) {
    const auto file = main_checkpoint_file(path);
    add({.path = file ? *file : path, .id = checkpoint_id(path), .vocabulary = vocabulary_},
        *found);
  }
  scan(home_.models(), false, *found);
  scan(resource_dir() / "models", true, *found);
  scan_runs(*found);
  forget_others(*found);
  const std::lock_guard lock(snapshot_mutex_);
  snapshot_ = found;
  return found;
}

// What is known of files that are gone; a file that is no model stays known as one.
void ModelLibrary::forget_others(const Snapshot& seen) {
  std::set<fs::path> paths;
  for (const ModelEntry& entry : seen.entries) paths.insert(entry.path);
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [&](const auto& item) {
    std::error_code failed;
    return !paths.contains(item.first) && !fs::exists(item.first, failed);
  });
}

void ModelLibrary::scan(const fs::path& folder, bool is_builtin, Snapshot& out) {
  const std::vector<fs::path> entries = sorted_entries(folder);
  std::set<fs::path> shards;  // of the indexes in this folder: no models by themselves
  for (const fs::path& path : entries) {
    for (fs::path& shard : shards_of(path)) shards.insert(std::move(shard));
  }
  for (const fs::path& path : entries) {
    std::error_code failed;
    Candidate candidate{.path = path,
                        .id = checkpoint_id(path),
                        .is_builtin = is_builtin,
                        .is_deletable = !is_builtin,
                        .is_named_so = has_checkpoint_ending(path) || is_checkpoint_index(path),
                        .vocabulary = vocabulary_};
    if (fs::is_directory(path, failed)) {
      auto file = main_checkpoint_file(path);
      if (!file) continue;
      candidate.path = std::move(*file);
      candidate.id = path_to_utf8(path.filename());
    } else if (!fs::is_regular_file(path, failed) || shards.contains(path)) {
      continue;
    }
    add(candidate, out);
  }
}

// The checkpoints of full finetunes are models; the others are adapters (adapter_library).
void ModelLibrary::scan_runs(Snapshot& out) {
  for (const auto& run : runs_.look()) {
    if (run->config.method != "full") continue;
    std::optional<fs::path> vocabulary = vocabulary_;
    if (!run->config.vocabulary.empty()) vocabulary = path_from_utf8(run->config.vocabulary);
    for (const auto& checkpoint : run->checkpoints) {
      add({.path = path_from_utf8(checkpoint.file),
           .id = run->id + "@" + std::to_string(checkpoint.step),
           .vocabulary = vocabulary},
          out);
    }
  }
}

ModelLibrary::Stamp ModelLibrary::stamp_of(const fs::path& path,
                                           const std::vector<fs::path>& shards) {
  Stamp stamp;
  std::error_code failed;
  stamp.written = fs::last_write_time(path, failed);
  if (shards.empty()) {
    const uintmax_t size = fs::file_size(path, failed);
    stamp.size_bytes = failed ? 0 : size;
  }
  for (const fs::path& shard : shards) {
    const uintmax_t size = fs::file_size(shard, failed);
    stamp.size_bytes += failed ? 0 : size;
    stamp.written = std::max(stamp.written, fs::last_write_time(shard, failed));
  }
  return stamp;
}

bool ModelLibrary::is_unchanged(const ModelEntry& entry) {
  const Stamp now = stamp_of(entry.path, entry.shards);
  return now.written == entry.written && now.size_bytes == entry.status.size_bytes;
}

void ModelLibrary::add(const Candidate& candidate, Snapshot& out) {
  ModelEntry entry;
  entry.path = candidate.path;
  entry.shards = shards_of(candidate.path);
  const Stamp stamp = stamp_of(entry.path, entry.shards);
  std::optional<protocol::ModelStatus> status;
  {
    const std::lock_guard lock(mutex_);
    const auto known = known_.find(entry.path);
    if (known != known_.end() && known->second.stamp == stamp) status = known->second.status;
  }
  if (!status) {
    status = read_model_status(entry.path);
    const std::lock_guard lock(mutex_);
    known_[entry.path] = {stamp, *status};
  }
  entry.status = std::move(*status);
  if (!candidate.is_named_so && entry.status.format.empty()) return;
  std::string id = candidate.id;
  if (out.by_id.contains(id)) id = path_to_utf8(entry.path.filename());
  if (out.by_id.contains(id)) return;  // HOME's file hides the built-in one
  entry.status.id = id;
  entry.status.is_builtin = candidate.is_builtin;
  entry.status.is_deletable = candidate.is_deletable;
  entry.vocabulary = candidate.vocabulary;
  entry.written = stamp.written;
  if (entry.status.problem.empty() && !is_puzzle(entry)) choose_vocabulary(entry);
  out.by_id.emplace(id, out.entries.size());
  out.entries.push_back(std::move(entry));
}

// Cheap when the vocabulary is there or not needed; a missing one is looked for at every scan,
// because it may come at any time.
void ModelLibrary::choose_vocabulary(ModelEntry& entry) const {
  protocol::ModelStatus& status = entry.status;
  if (!status.vocabulary.empty() && !entry.vocabulary) return;
  if (status.vocab == 256 && !entry.vocabulary) {
    status.vocabulary = "byte";
    return;
  }
  const bool is_world = status.vocab == 65536;
  const char* name = is_world ? "rwkv_vocab_v20230424.txt" : "20B_tokenizer.json";
  const bool is_known = is_world || status.vocab == 50277 || status.vocab == 50304;
  std::error_code failed;
  const bool is_there = fs::exists(entry.path.parent_path() / name, failed) ||
                        fs::exists(home_.tokenizers() / name, failed) || entry.vocabulary;
  if (is_known && is_there) {
    status.vocabulary = is_world ? "world" : "neox";
    return;
  }
  const auto chosen =
      choose_tokenizer(status.vocab, entry.path, entry.vocabulary, home_.tokenizers());
  if (chosen)
    status.vocabulary = (*chosen)->kind();
  else
    status.problem = chosen.error().message;
}

Result<ModelEntry> ModelLibrary::find(const std::string& id) {
  const auto entry_in = [&](const Snapshot& snapshot) -> const ModelEntry* {
    const auto found = snapshot.by_id.find(id);
    if (found == snapshot.by_id.end()) return nullptr;
    const ModelEntry& entry = snapshot.entries[found->second];
    return is_puzzle(entry) ? nullptr : &entry;
  };
  // What is missing or cannot be used may have come, or been mended, since the last look.
  auto snapshot = seen();
  const ModelEntry* entry = snapshot ? entry_in(*snapshot) : nullptr;
  if (entry == nullptr || !entry->status.problem.empty() || !is_unchanged(*entry)) {
    snapshot = look();
    entry = entry_in(*snapshot);
  }
  if (entry == nullptr) {
    return Error{ErrorCode::NotFound, "there is no model \"" + id + "\""};
  }
  return *entry;
}

Result<ModelEntry> ModelLibrary::first_usable() {
  const auto first_in = [](const Snapshot& snapshot) {
    return std::ranges::find_if(snapshot.entries, [](const ModelEntry& entry) {
      return entry.status.problem.empty() && !is_puzzle(entry);
    });
  };
  auto snapshot = seen();
  if (!snapshot || first_in(*snapshot) == snapshot->entries.end() ||
      !is_unchanged(*first_in(*snapshot))) {
    snapshot = look();
  }
  const auto first = first_in(*snapshot);
  if (first == snapshot->entries.end()) {
    return Error{ErrorCode::NotFound, "there is no model that can be used"};
  }
  return *first;
}

Result<protocol::ModelStatus> ModelLibrary::inspect(const fs::path& path) {
  const auto file = named_checkpoint(path);
  if (!file) return file.error();
  ModelEntry entry{.status = read_model_status(*file),
                   .path = *file,
                   .shards = {},
                   .vocabulary = vocabulary_,
                   .written = {}};
  if (entry.status.problem.empty() && !is_puzzle(entry)) choose_vocabulary(entry);
  return entry.status;
}

Result<uint64_t> ModelLibrary::remove(const std::string& id) {
  const auto snapshot = look();
  const auto found = snapshot->by_id.find(id);
  if (found == snapshot->by_id.end()) {
    return Error{ErrorCode::NotFound, "there is no model \"" + id + "\""};
  }
  const ModelEntry& entry = snapshot->entries[found->second];
  if (entry.status.is_builtin) {
    return Error{ErrorCode::Conflict, "this model belongs to the program and cannot be deleted"};
  }
  if (!entry.status.is_deletable) {
    return Error{ErrorCode::Conflict, "this file is outside the model folder; delete it there"};
  }
  if (Status removed = remove_checkpoint(entry.path, home_.models()); !removed) {
    return removed.error();
  }
  {
    const std::lock_guard lock(mutex_);
    known_.erase(entry.path);
  }
  const uint64_t size = entry.status.size_bytes;
  look();
  return size;
}

Result<std::string> ModelLibrary::sha256(const fs::path& path, const std::stop_token& stop) {
  const Stamp stamp = stamp_of(path, shards_of(path));
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [&] { return !being_hashed_.contains(path); };
    if (!hashed_.wait(lock, stop, is_free)) return Error{ErrorCode::Cancelled, "cancelled"};
    if (auto known = hashes_.find(path, stamp)) return *std::move(known);
    being_hashed_.insert(path);
  }
  auto hash = checkpoint_sha256(path, [&](uint64_t, uint64_t) { return !stop.stop_requested(); });
  if (hash && stamp_of(path, shards_of(path)) == stamp) hashes_.put(path, stamp, *hash);
  {
    const std::lock_guard lock(mutex_);
    being_hashed_.erase(path);
  }
  hashed_.notify_all();
  return hash;
}

}  // namespace greylag
