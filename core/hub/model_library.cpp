// SPDX-License-Identifier: Apache-2.0
#include "core/hub/model_library.h"

#include <algorithm>
#include <system_error>

#include "core/base/file.h"
#include "core/base/regular_file.h"
#include "core/base/sha256.h"
#include "core/checkpoint/reader.h"
#include "core/hub/file_name.h"
#include "core/model/config.h"
#include "core/model/puzzle_config.h"
#include "core/runs/run_folder.h"
#include "core/tokenizer/tokenizer.h"
#include "gpu/tensor.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sorted_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.is_regular_file(failed) && is_model_file(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<fs::path> sorted_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.is_directory(failed)) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

bool is_puzzle(const ModelEntry& entry) { return entry.status.architecture == "puzzle"; }

}  // namespace

bool is_model_file(const fs::path& path) {
  const std::string name = path_to_utf8(path.filename());
  const auto extension = path.extension();
  return !name.starts_with('.') && (extension == ".pth" || extension == ".safetensors" ||
                                    extension == ".gguf" || extension == ".bin");
}

protocol::ModelStatus read_model_status(const fs::path& path) {
  protocol::ModelStatus status;
  status.path = path_to_utf8(path);
  status.id = path_to_utf8(path.stem());
  std::error_code absent;
  const auto size = fs::file_size(path, absent);
  status.size_bytes = absent ? 0 : size;
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
    : home_(std::move(home)), named_(std::move(named)), vocabulary_(std::move(vocabulary)) {}

std::vector<ModelEntry> ModelLibrary::list() {
  std::vector<ModelEntry> out = scan_all();
  std::erase_if(out, is_puzzle);
  return out;
}

std::vector<ModelEntry> ModelLibrary::puzzles() {
  std::vector<ModelEntry> out = scan_all();
  std::erase_if(out, [](const ModelEntry& entry) { return !is_puzzle(entry); });
  return out;
}

std::vector<ModelEntry> ModelLibrary::scan_all() {
  std::vector<ModelEntry> out;
  for (const fs::path& path : named_) add(path, {}, false, false, vocabulary_, out);
  scan(home_.models(), false, out);
  scan(resource_dir() / "models", true, out);
  scan_runs(out);
  return out;
}

void ModelLibrary::scan(const fs::path& folder, bool is_builtin, std::vector<ModelEntry>& out) {
  for (const fs::path& path : sorted_files(folder)) {
    add(path, {}, is_builtin, !is_builtin, vocabulary_, out);
  }
}

// The checkpoints of full finetunes are models; the others are adapters (adapter_library).
void ModelLibrary::scan_runs(std::vector<ModelEntry>& out) {
  for (const fs::path& folder : sorted_folders(home_.runs())) {
    const auto run = RunFolder::open(folder);
    if (!run || run->config().method != "full") continue;
    const auto& config = run->config();
    std::optional<fs::path> vocabulary = vocabulary_;
    if (!config.vocabulary.empty()) vocabulary = path_from_utf8(config.vocabulary);
    for (const auto& checkpoint : run->checkpoints()) {
      const std::string id =
          path_to_utf8(folder.filename()) + "@" + std::to_string(checkpoint.step);
      add(path_from_utf8(checkpoint.file), id, false, false, vocabulary, out);
    }
  }
}

void ModelLibrary::add(const fs::path& path, std::string id, bool is_builtin, bool is_deletable,
                       const std::optional<fs::path>& vocabulary, std::vector<ModelEntry>& out) {
  std::error_code failed;
  const uintmax_t size = fs::file_size(path, failed);
  const auto written = fs::last_write_time(path, failed);
  ModelEntry entry;
  {
    const std::lock_guard lock(mutex_);
    Known& known = known_[path];
    if (failed || known.status.id.empty() || known.size != size || known.written != written) {
      known = {size, written, read_model_status(path), {}};
    }
    entry.status = known.status;
  }
  if (id.empty()) id = entry.status.id;
  const auto is_same = [&](const ModelEntry& other) { return other.status.id == id; };
  if (std::any_of(out.begin(), out.end(), is_same)) id = path_to_utf8(path.filename());
  if (std::any_of(out.begin(), out.end(), is_same)) return;  // HOME's file hides the built-in one
  entry.status.id = id;
  entry.status.is_builtin = is_builtin;
  entry.status.is_deletable = is_deletable;
  entry.path = path;
  entry.vocabulary = vocabulary;
  entry.written = written;
  if (entry.status.problem.empty() && !is_puzzle(entry)) choose_vocabulary(entry);
  out.push_back(std::move(entry));
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
  for (ModelEntry& entry : list()) {
    if (entry.status.id == id) return std::move(entry);
  }
  return Error{ErrorCode::NotFound, "there is no model \"" + id + "\""};
}

Result<protocol::ModelStatus> ModelLibrary::inspect(const fs::path& path) {
  if (Status file = check_regular_file(path); !file) return file.error();
  ModelEntry entry{
      .status = read_model_status(path), .path = path, .vocabulary = vocabulary_, .written = {}};
  if (entry.status.problem.empty() && !is_puzzle(entry)) choose_vocabulary(entry);
  return entry.status;
}

Result<uint64_t> ModelLibrary::remove(const std::string& id) {
  const std::vector<ModelEntry> all = scan_all();
  const auto entry =
      std::ranges::find_if(all, [&](const ModelEntry& one) { return one.status.id == id; });
  if (entry == all.end()) {
    return Error{ErrorCode::NotFound, "there is no model \"" + id + "\""};
  }
  if (entry->status.is_builtin) {
    return Error{ErrorCode::Conflict, "this model belongs to the program and cannot be deleted"};
  }
  if (!entry->status.is_deletable) {
    return Error{ErrorCode::Conflict, "this file is outside the model folder; delete it there"};
  }
  std::error_code failed;
  fs::remove(entry->path, failed);
  if (failed) return Error{ErrorCode::Internal, "cannot delete the file: " + failed.message()};
  const std::lock_guard lock(mutex_);
  known_.erase(entry->path);
  return entry->status.size_bytes;
}

Result<std::string> ModelLibrary::sha256(const fs::path& path, const std::stop_token& stop) {
  std::error_code failed;
  const uintmax_t size = fs::file_size(path, failed);
  const auto written = fs::last_write_time(path, failed);
  {
    std::unique_lock lock(mutex_);
    const auto is_free = [&] { return !being_hashed_.contains(path); };
    if (!hashed_.wait(lock, stop, is_free)) return Error{ErrorCode::Cancelled, "cancelled"};
    const auto it = known_.find(path);
    if (it != known_.end() && it->second.size == size && it->second.written == written &&
        !it->second.sha256.empty()) {
      return it->second.sha256;
    }
    being_hashed_.insert(path);
  }
  auto hash = sha256_file(path, [&](uint64_t, uint64_t) { return !stop.stop_requested(); });
  {
    const std::lock_guard lock(mutex_);
    being_hashed_.erase(path);
    const auto it = known_.find(path);
    if (hash && it != known_.end() && it->second.size == size && it->second.written == written) {
      it->second.sha256 = *hash;
    }
  }
  hashed_.notify_all();
  return hash;
}

}  // namespace greylag
