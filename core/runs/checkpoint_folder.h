// SPDX-License-Identifier: Apache-2.0
// One checkpoint of a run on disk: checkpoints/step-XXXXXXXX with a manifest of sizes and hashes.
// Facts: reliability-and-security 3.1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "core/base/result.h"
#include "core/protocol/training.h"

namespace greylag {

struct CheckpointManifest {
  struct File {
    std::string name;
    uint64_t size_bytes = 0;
    std::string sha256;
  };
  int64_t step = 0;
  std::vector<File> files;
  std::map<std::string, std::string> fields;
};

// "step-00000050"
std::string checkpoint_name(int64_t step);

// Hashes every file of the folder and writes manifest.json last; then flushes the folder.
Status write_manifest(const std::filesystem::path& folder, int64_t step,
                      const std::map<std::string, std::string>& fields);
// NotFound, BadFile.
Result<CheckpointManifest> read_manifest(const std::filesystem::path& folder);
// Sizes and hashes of all files. BadFile names the file.
Status verify_checkpoint(const std::filesystem::path& folder);

// step-* folders that have a readable manifest, by step; is_best is set on the one with the
// smallest validation loss. A loss that is not finite counts as none.
std::vector<protocol::RunCheckpoint> list_checkpoints(const std::filesystem::path& checkpoints);

// Removes a folder of plain files; a missing one is no error. Not std::filesystem::remove_all: in a
// process that loads PyTorch's own LibTorch 2.x, that call crashed on an existing folder.
void remove_folder(const std::filesystem::path& folder, std::error_code& error);

// Writes a run's checkpoint: `fill` puts its files into a new folder under run/checkpoints, the
// manifest is added, all of it is flushed, named step-XXXXXXXX and verified; then all but the
// keep_last newest and the best one go. A checkpoint of the same step (a damaged one, or one saved
// by hand before a resume) gives way. NoSpace when expected_bytes and some room do not fit; what
// fill returns; nothing is left of a checkpoint that failed.
Status save_checkpoint(const std::filesystem::path& run, int64_t step, uint64_t expected_bytes,
                       const std::map<std::string, std::string>& fields, int64_t keep_last,
                       const std::function<Status(const std::filesystem::path& folder)>& fill);

// Deletes all but the keep_last newest and the best one, each by rename to .trash-* first.
void apply_retention(const std::filesystem::path& checkpoints, int64_t keep_last);
// Removes what a crash left: .tmp-* and .trash-*.
bool has_leftovers(const std::filesystem::path& checkpoints);
void clean_leftovers(const std::filesystem::path& checkpoints);

}  // namespace greylag
