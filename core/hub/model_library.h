// SPDX-License-Identifier: Apache-2.0
// Which models are there? HOME/models, the models shipped with the program, files named on the
// command line, and the checkpoints of full finetunes. What is a model is told by content, whatever
// its name; a folder of HOME/models as Hugging Face's libraries write it is one model, also in
// several files. Ids are names without extension. The answer is kept: list looks at the files anew,
// find trusts what was seen for as long as the file it is asked for has not changed, so that a
// request costs the look at one file. Headers only are read, and only when a file has changed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/hub/known_hashes.h"
#include "core/protocol/engine.h"
#include "core/runs/run_index.h"

namespace greylag {

struct ModelEntry {
  protocol::ModelStatus status;  // is_loaded and is_loading are the server's to fill
  std::filesystem::path path;    // of a model in several files the index, else the file
  std::vector<std::filesystem::path> shards;        // of an index; else empty
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
  // Looks at the files; true when the list is another than at the last call. For the one who
  // watches.
  bool look_for_changes();
  // The first that can be used. NotFound: none can.
  Result<ModelEntry> first_usable();
  // Of HOME, as of now; for what else reads runs.
  std::vector<std::shared_ptr<const IndexedRun>> runs() { return runs_.look(); }
  // Puzzle reasoners among them (architecture "puzzle"), which list and find leave out: they do not
  // talk. Of their status id, path, size and problem are filled.
  std::vector<ModelEntry> puzzles();
  Result<ModelEntry> find(const std::string& id);  // NotFound
  // What is in any file or folder, without installing it. Errors of named_checkpoint.
  Result<protocol::ModelStatus> inspect(const std::filesystem::path& path);
  // Removes the file of a model or a puzzle reasoner, or the folder that is one; returns its size.
  // Conflict for a model that is not ours to delete.
  Result<uint64_t> remove(const std::string& id);
  // SHA-256 of a model (checkpoint_sha256), kept until its files change. Slow the first time: one
  // thread reads the file, others that ask for it wait. Cancelled when stop fires.
  Result<std::string> sha256(const std::filesystem::path& path, const std::stop_token& stop = {});

 private:
  // What the files were when they were looked at: all bytes, the newest time.
  using Stamp = KnownHashes::Stamp;
  struct Known {
    Stamp stamp;
    protocol::ModelStatus status;
  };
  struct Snapshot {
    std::vector<ModelEntry> entries;
    std::map<std::string, size_t> by_id;
  };
  // A file that may be a model.
  struct Candidate {
    std::filesystem::path path;
    std::string id;
    bool is_builtin = false;
    bool is_deletable = false;
    bool is_named_so = true;  // false: nothing is said about it when it is no checkpoint
    std::optional<std::filesystem::path> vocabulary;
  };
  static Stamp stamp_of(const std::filesystem::path& path,
                        const std::vector<std::filesystem::path>& shards);
  static bool is_unchanged(const ModelEntry& entry);
  std::shared_ptr<const Snapshot> seen() const;  // null before the first look
  std::shared_ptr<const Snapshot> look();
  void forget_others(const Snapshot& seen);
  void scan(const std::filesystem::path& folder, bool is_builtin, Snapshot& out);
  void scan_runs(Snapshot& out);
  void add(const Candidate& candidate, Snapshot& out);
  void choose_vocabulary(ModelEntry& entry) const;

  const Home home_;
  const std::vector<std::filesystem::path> named_;
  const std::optional<std::filesystem::path> vocabulary_;
  RunIndex runs_;
  KnownHashes hashes_;
  std::shared_ptr<const Snapshot> watched_;   // of the thread that calls look_for_changes
  mutable std::mutex snapshot_mutex_;         // guards snapshot_
  std::shared_ptr<const Snapshot> snapshot_;  // as of the last look
  std::mutex mutex_;                          // guards what follows
  std::map<std::filesystem::path, Known> known_;
  std::set<std::filesystem::path> being_hashed_;
  std::condition_variable_any hashed_;
};

// What the header says; problem is set when Greylag cannot run it.
protocol::ModelStatus read_model_status(const std::filesystem::path& path);

}  // namespace greylag
