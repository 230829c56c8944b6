// SPDX-License-Identifier: Apache-2.0
// Which files may be checkpoints, and under which name? The kind of a file is told by its content;
// its name says only whether a user means it to be one, and what to call it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

// The file that a user means by a path: itself, or the one that stands for a folder
// (main_checkpoint_file). Errors of check_regular_file; InvalidArgument for a folder without one.
Result<std::filesystem::path> named_checkpoint(const std::filesystem::path& path);

// By name, in any case: .pth, .pt, .ckpt, .safetensors, .st, .gguf, .bin, .state. Such a file is
// shown also when it cannot be read, with the reason.
bool has_checkpoint_ending(const std::filesystem::path& file);

// What a file of HOME or the command line is called: its name without such an ending.
std::string checkpoint_id(const std::filesystem::path& file);

// The ending that files of a format have ("pth" -> ".pth"; format as CheckpointReader has it).
std::string_view ending_of_format(std::string_view format);

// What an import is called that comes from there: its own name, or, where every file of its kind
// has that name (model.safetensors, adapter_model.bin, pytorch_model.bin, ...), its folder's; for
// the cache of Hugging Face's hub that of the repository.
std::string import_name(const std::filesystem::path& source);

// name, or name-2, name-3, ...: the first that is_taken does not know.
template <typename IsTaken>
std::string free_name(const std::string& name, IsTaken is_taken) {
  std::string free = name;
  for (int number = 2; is_taken(free); ++number) free = name + "-" + std::to_string(number);
  return free;
}

}  // namespace greylag
