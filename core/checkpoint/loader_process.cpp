// SPDX-License-Identifier: Apache-2.0
// open_checkpoint: opens the file, has it parsed by whom its origin asks for, checks the table.
// greylag-loader links parse_checkpoint (open_checkpoint.cpp), but nothing of this file.
#include "core/checkpoint/loader_process.h"

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/sandbox.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/table_codec.h"

namespace greylag {
namespace {

Result<TensorTable> parse_here(const InputFile& file) {
  return look_at_mapped(file, parse_checkpoint);
}

std::filesystem::path loader_path() { return platform::executable_dir() / "greylag-loader"; }

bool has_loader(const std::filesystem::path& loader) {
  std::error_code ignored;
  return std::filesystem::exists(loader, ignored);
}

Result<CheckpointReader::Part> open_part(const std::filesystem::path& path, Origin origin) {
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (!failure && size == 0) return bad_file("the file is empty");
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  Result<TensorTable> table = origin == Origin::Own ? parse_here(*file) : parse_outside_file(*file);
  if (!table) return table.error();
  return CheckpointReader::Part{std::move(*file), std::move(*table)};
}

// Every tensor of the index is in the file that it names: none is missing, no file is another
// model's.
Status check_index(const CheckpointFiles& index, std::span<const CheckpointReader::Part> parts) {
  std::vector<std::unordered_set<std::string_view>> names(parts.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    for (const StoredTensor& tensor : parts[i].table.tensors) names[i].insert(tensor.info.name);
  }
  for (const auto& [tensor, number] : index.tensors) {
    if (names[number].contains(strip_name_prefix(tensor))) continue;
    return bad_file(fmt::format("{}: by the index {} holds it, which does not", printable(tensor),
                                path_to_utf8(index.files[number].filename())));
  }
  return {};
}

}  // namespace

std::string sandbox_status() {
  const sandbox::Walls walls = sandbox::available_walls();
  if (walls.has_seccomp && !has_loader(loader_path())) {
    return "none: greylag-loader is not beside this program";
  }
  return sandbox::walls_text(walls);
}

Result<TensorTable> parse_outside_file(const InputFile& file) {
  const std::filesystem::path loader = loader_path();
  if (!sandbox::available_walls().has_seccomp || !has_loader(loader)) {
    return parse_here(file);
  }
  return parse_in_loader(loader, file);
}

Result<TensorTable> parse_in_loader(const std::filesystem::path& loader, const InputFile& file) {
  const Result<std::string> answer = sandbox::run_sandboxed(loader, file);
  if (!answer) return answer.error();
  return decode_table(std::as_bytes(std::span(answer->data(), answer->size())));
}

Result<std::unique_ptr<CheckpointReader>> open_checkpoint(const std::filesystem::path& path,
                                                          Origin origin) {
  const Result<CheckpointFiles> found = find_checkpoint_files(path);
  if (!found) return found.error();
  std::vector<CheckpointReader::Part> parts;
  for (const std::filesystem::path& file : found->files) {
    Result<CheckpointReader::Part> part = open_part(file, origin);
    if (part) {
      parts.push_back(std::move(*part));
    } else if (found->tensors.empty()) {
      return part.error();
    } else {
      return part.error().in(path_to_utf8(file.filename()));
    }
  }
  if (Status indexed = check_index(*found, parts); !indexed) return indexed.error();
  return CheckpointReader::create(std::move(parts));
}

}  // namespace greylag
