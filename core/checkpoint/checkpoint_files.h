// SPDX-License-Identifier: Apache-2.0
// Which files are one model? Mostly one. A folder as Hugging Face's libraries write it is its
// model.safetensors or its adapter_model.safetensors (.bin of older ones); a model in several files
// is the index of them, model.safetensors.index.json, in which each tensor names its file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct CheckpointFiles {
  std::vector<std::filesystem::path> files;  // of an index: by name; at least one
  // Of an index: tensor, as the index calls it -> number of its file. Else empty.
  std::map<std::string, size_t> tensors;
};

// The file that stands for the model: the file or index itself, or that of a folder. NotFound,
// BadFile as below.
Result<std::filesystem::path> main_checkpoint_file(const std::filesystem::path& path);

// The file itself, a folder's one, or an index's all. Nothing but an index is read. NotFound: there
// is nothing of that name; BadFile: neither a file nor a folder with a model, or an index that
// names a file outside its folder or one that is missing.
Result<CheckpointFiles> find_checkpoint_files(const std::filesystem::path& path);

// What weight_map of an index says. BadFile names the rule; see find_checkpoint_files.
Result<CheckpointFiles> parse_checkpoint_index(std::string_view json,
                                               const std::filesystem::path& folder);

// Deletes the files of a model, damaged or not, then its companion, if that is not empty, and the
// folder that held them unless something else lies in it or it is `keep`: what a user put beside a
// model is not ours. path: as main_checkpoint_file gives it. Internal.
Status remove_checkpoint(const std::filesystem::path& path, const std::filesystem::path& keep,
                         const std::filesystem::path& companion = {});

// All files together; 0 when there are none.
uint64_t checkpoint_size_bytes(const std::filesystem::path& path);
// SHA-256 of the files' bytes, one after the other by name: of a single file its own. Errors of
// find_checkpoint_files and sha256_file; Cancelled once progress returns false.
Result<std::string> checkpoint_sha256(const std::filesystem::path& path,
                                      const std::function<bool(uint64_t, uint64_t)>& progress = {});

}  // namespace greylag
