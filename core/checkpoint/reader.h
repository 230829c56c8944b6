// SPDX-License-Identifier: Apache-2.0
// What does a model file hold? Names, dtypes, shapes and bytes, without running or trusting it.
// Opening looks at structure only (directory, pickle, header, extents), whatever the file's size;
// data is read on demand. A file that is cut or lost while it is open is an error of a read.
// Rules: facts reliability-and-security 2.1 (.pth), 2.2 (.safetensors), 2.3 (GGUF).
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/input_file.h"
#include "core/base/result.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/checkpoint/tensor_table.h"

namespace greylag {

// Not thread-safe; several readers of one file are fine.
class CheckpointReader {
 public:
  // Takes the file over. BadFile when the table breaks a rule of check_table.
  static Result<std::unique_ptr<CheckpointReader>> create(InputFile file, TensorTable table);
  // Of a model in several files, each with its table; metadata, token table and format are the
  // first's. BadFile: also a tensor that two of them hold.
  struct Part {
    InputFile file;
    TensorTable table;
  };
  static Result<std::unique_ptr<CheckpointReader>> create(std::vector<Part> parts);

  std::string_view format() const { return table_.format; }  // "pth", "safetensors", ...
  // In file order. The prefixes of wrappers (strip_name_prefix) are stripped; a GGUF or rwkv.cpp
  // file shows the names, shapes and orientations of a .pth.
  std::span<const TensorInfo> tensors() const { return infos_; }
  // Null when there is none.
  const TensorInfo* find(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return table_.metadata; }
  // The file's own vocabulary, as its strings stand there (GGUF); else empty.
  std::span<const std::string> token_table() const { return table_.tokens; }

  // Contiguous bytes in info.dtype; out has exactly info.size_bytes. BadFile on a CRC error (.pth,
  // first read of that storage) and when the file was cut since it was opened; Internal when its
  // disk fails. info must come from tensors() of this reader.
  Status read(const TensorInfo& info, std::span<std::byte> out);
  // Rows [begin, begin + count) of all dimensions but the last.
  Status read_rows(const TensorInfo& info, int64_t begin, int64_t count, std::span<std::byte> out);
  // The tensor as f32 (from any float or block format). NotFound, BadFile.
  Result<std::vector<float>> read_f32(std::string_view name);
  // Checks every checksum in the file.
  Status verify();

 private:
  explicit CheckpointReader(std::vector<Part> parts);
  Status check_region(size_t region);
  Status load_stretch(const StoredTensor& tensor, uint64_t offset);

  std::vector<InputFile> files_;
  TensorTable table_;                // of all files
  std::vector<size_t> region_file_;  // the file that each region lies in
  std::vector<TensorInfo> infos_;
  std::unordered_map<std::string_view, size_t> index_;  // by name
  std::vector<bool> is_checked_;                        // regions whose CRC was right
  // The strided tensor that was read last, from its first element to its last; a block format
  // decoded to f32. Kept for the rows that follow.
  const StoredTensor* stretch_of_ = nullptr;
  std::vector<std::byte> stretch_;
};

enum class Origin {
  Outside,  // may be hostile: parsed by a locked-in loader process where there can be one
  Own,      // made by this program: parsed in this process, 1 ms sooner
};

// A file, a folder with one model or adapter, or the index of a model in several files
// (checkpoint_files.h). By content, not by extension. BadFile names the rule that the file breaks;
// a file of another kind (7z, tar, legacy pickle, text) is named as such. A loader process that was
// killed by its walls, a fault or a limit: BadFile too; one that cannot be started: Internal. Any
// thread.
Result<std::unique_ptr<CheckpointReader>> open_checkpoint(const std::filesystem::path& path,
                                                          Origin origin = Origin::Outside);

// What is around the process that parses files from outside: "seccomp and Landlock", "seccomp", or
// "none: " and why they are parsed in this process.
std::string sandbox_status();

// The table of a file's bytes: what open_checkpoint does between mapping and reading.
Result<TensorTable> parse_checkpoint(std::span<const std::byte> file);

}  // namespace greylag
