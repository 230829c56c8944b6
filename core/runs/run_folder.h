// SPDX-License-Identifier: Apache-2.0
// What is true about a finetuning run? Its folder:
//   config.yaml            RunConfig
//   trainer.json           {"pid","start_mark","journal_bytes"} of the trainer that the engine
//                          started last, whether or not it came to own the folder; and how long the
//                          journal was before
//   owner.json             {"pid","start_mark"} of the trainer
//   heartbeat              touched by the trainer at least every 2 s
//   journal.jsonl          {"event":"started|data|saved|skipped|paused|resumed|changed|
//                          out_of_patience|finished|stopped|failed",...}, append only; paused with
//                          an "error" when a disk was full and the trainer ended; changed: what of
//                          config.yaml a resume took over, {"lr":"0.001 -> 0.0005"}; data: how many
//                          rows there are, and how many were left out, cut or alike
//   metrics.jsonl          one Metric per optimizer step, cut to the checkpoint's offset on resume
//   timing.jsonl           one Timing per optimizer step
//   control/               commands of others to the trainer, a file each, taken in order: pause
//                          resume stop save (control_queue.h)
//   checkpoints/step-XXXXXXXX/{core|adapter|state|model}.safetensors, trainer.safetensors,
//                          manifest.json; an hrm run has core and, if it trains the base too,
//                          adapter or model
//   skipped-XXXXXXXX.json  what is known of a step that was not finite
//   trainer.log            stderr of the trainer
// Both sides use this class: the trainer writes, the engine and the command line read and control.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/training.h"

namespace greylag {

class RunFolder {
 public:
  // Creates the folder (Conflict if it holds a run already) and writes config.yaml.
  static Result<RunFolder> create(const std::filesystem::path& folder,
                                  const protocol::RunConfig& config);
  // NotFound, BadFile.
  static Result<RunFolder> open(const std::filesystem::path& folder);

  const std::filesystem::path& path() const { return path_; }
  const protocol::RunConfig& config() const { return config_; }
  Status write_config(const protocol::RunConfig& config);

  // ---- read side, any process
  protocol::RunStatus status() const;
  // True while the owner process lives (pid and start mark).
  bool is_live() const;
  // True also while a trainer that was started for it has not come that far.
  bool has_live_trainer() const;
  // Rows with step > from.
  protocol::MetricList metrics(int64_t from) const;
  std::vector<protocol::RunCheckpoint> checkpoints() const;
  // Newest checkpoint whose manifest verifies (sizes and hashes).
  std::optional<std::filesystem::path> newest_verified_checkpoint() const;
  // word: pause | resume | stop | save, behind those that wait already. Conflict when no trainer
  // lives (resume then means: start `greylag-train resume FOLDER`).
  Status control(const std::string& word);
  // Of the trainer that was started for this folder when its journal was so long: until it writes
  // there, status() knows by this whether it is still on its way ("starting") or ended before
  // ("failed", with what it said last).
  Status note_trainer(int64_t pid, uint64_t start_mark, uint64_t journal_bytes);
  uint64_t journal_bytes() const;

  // ---- trainer side
  // Takes ownership (owner.json, a lock); Conflict while another trainer lives.
  Status take_ownership();
  // Gives ownership back before the process ends.
  void release_ownership();
  void beat();
  // The oldest pending control word, consumed; empty if none.
  std::string take_control();
  Status journal(const std::string& event, const std::map<std::string, std::string>& fields = {});
  Status append_metric(const protocol::Metric& metric);
  Status append_timing(const protocol::Timing& timing);
  uint64_t metrics_offset() const;  // bytes
  Status cut_metrics(uint64_t offset);
  // Drops the rows of timing.jsonl with a later step.
  Status cut_timings(int64_t last_step);

  // A checkpoint is written into checkpoints/.tmp-<step>/ by `fill`, then gets manifest.json (size
  // and SHA-256 of each file, the given fields), fsync, rename to step-XXXXXXXX, fsync, read-back.
  // Then retention: keep_last newest plus the best validation loss. NoSpace before anything is
  // touched when free space is below 1.05 x expected_bytes + 64 MiB.
  Status save_checkpoint(int64_t step, uint64_t expected_bytes,
                         const std::map<std::string, std::string>& fields,
                         const std::function<Status(const std::filesystem::path& folder)>& fill);
  // Fields given at save.
  static Result<std::map<std::string, std::string>> manifest_fields(
      const std::filesystem::path& checkpoint);

 private:
  RunFolder() = default;
  std::filesystem::path path_;
  protocol::RunConfig config_;
  int64_t lock_ = -1;
};

}  // namespace greylag
