// SPDX-License-Identifier: Apache-2.0
// Which models are there? HOME/models, the models shipped with the program, files named on the
// command line, and the checkpoints of full finetunes. Headers only are read, and only when a file
// has changed. Ids are file names without extension; files are found by id alone.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/protocol/engine.h"

namespace greylag {

struct ModelEntry {
  protocol::ModelStatus status;  // is_loaded and is_loading are the server's to fill
  std::filesystem::path path;
  std::optional<std::filesystem::path> vocabulary;  // as chosen by the user or the run
  std::filesystem::file_time_type written;
};

// Any thread.
class ModelLibrary {
 public:
  // named: files of --model; vocabulary: --vocab, for all models.
  ModelLibrary(Home home, std::vector<std::filesystem::path> named,
               std::optional<std::filesystem::path> vocabulary);

  std::vector<ModelEntry> list();
  // Puzzle reasoners among them (architecture "puzzle"), which list and find leave out: they do not
  // talk. Of their status id, path, size and problem are filled.
  std::vector<ModelEntry> puzzles();
  Result<ModelEntry> find(const std::string& id);  // NotFound
  // What is in any file, without installing it. Errors of check_regular_file.
  Result<protocol::ModelStatus> inspect(const std::filesystem::path& path);
  // Removes the file of a model or a puzzle reasoner; returns its size. Conflict for a model that
  // is not ours to delete.
  Result<uint64_t> remove(const std::string& id);
  // SHA-256 of a model's file, kept until the file changes. Slow the first time: one thread reads
  // the file, others that ask for it wait. Cancelled when stop fires.
  Result<std::string> sha256(const std::filesystem::path& path, const std::stop_token& stop = {});

 private:
  struct Known {
    uintmax_t size = 0;
    std::filesystem::file_time_type written;
    protocol::ModelStatus status;
    std::string sha256;
  };
  std::vector<ModelEntry> scan_all();
  void scan(const std::filesystem::path& folder, bool is_builtin, std::vector<ModelEntry>& out);
  void scan_runs(std::vector<ModelEntry>& out);
  void add(const std::filesystem::path& path, std::string id, bool is_builtin, bool is_deletable,
           const std::optional<std::filesystem::path>& vocabulary, std::vector<ModelEntry>& out);
  void choose_vocabulary(ModelEntry& entry) const;

  const Home home_;
  const std::vector<std::filesystem::path> named_;
  const std::optional<std::filesystem::path> vocabulary_;
  std::mutex mutex_;  // guards what follows
  std::map<std::filesystem::path, Known> known_;
  std::set<std::filesystem::path> being_hashed_;
  std::condition_variable_any hashed_;
};

// What the header says; problem is set when Greylag cannot run it.
protocol::ModelStatus read_model_status(const std::filesystem::path& path);
bool is_model_file(const std::filesystem::path& path);  // by name: .pth, .safetensors, .gguf, .bin

}  // namespace greylag
