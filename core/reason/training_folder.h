// SPDX-License-Identifier: Apache-2.0
// Files of a training's folder: its lock, its rows, its checkpoints. Layout: puzzle_trainer.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"

namespace greylag::reason {

class TrainingFolder {
 public:
  // Creates the folder where there is none and locks it. Conflict while another process has it.
  static Result<TrainingFolder> open(const std::filesystem::path& path);
  TrainingFolder(TrainingFolder&& other) noexcept;
  TrainingFolder& operator=(TrainingFolder&&) = delete;
  ~TrainingFolder();

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.json"; }
  std::filesystem::path reasoner() const { return path_ / "reasoner.safetensors"; }

  Status append_row(const std::string& json);
  // Bytes of the rows so far; rows behind an offset are dropped.
  uint64_t rows_bytes() const;
  Status cut_rows(uint64_t offset);

  // Newest checkpoint whose sizes and hashes are right, and its step.
  struct Checkpoint {
    std::filesystem::path path;
    int64_t step = 0;
    uint64_t rows_bytes = 0;
    std::string config;  // config.json as it was; empty in those of older versions
  };
  std::optional<Checkpoint> newest() const;
  // `fill` writes into a temporary folder, which then takes its name. Keeps the newest keep_last.
  // NoSpace before anything is touched.
  Status save(int64_t step, uint64_t expected_bytes, int64_t keep_last, const std::string& config,
              const std::function<Status(const std::filesystem::path& folder)>& fill);

 private:
  TrainingFolder(std::filesystem::path path, int64_t lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int64_t lock_ = -1;
};

}  // namespace greylag::reason
