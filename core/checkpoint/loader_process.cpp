// SPDX-License-Identifier: Apache-2.0
// open_checkpoint: opens the file, has it parsed by whom its origin asks for, checks the table.
// greylag-loader links parse_checkpoint (open_checkpoint.cpp), but nothing of this file.
#include "core/checkpoint/loader_process.h"

#include <string>
#include <system_error>

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
  std::error_code failure;
  const auto kind = std::filesystem::status(path, failure).type();
  if (kind == std::filesystem::file_type::not_found) {
    return Error{ErrorCode::NotFound, "there is no such file"};
  }
  if (kind == std::filesystem::file_type::directory) {
    return bad_file("this is a folder, not a model file");
  }
  if (kind != std::filesystem::file_type::regular) return bad_file("this is not a regular file");
  const auto size = std::filesystem::file_size(path, failure);
  if (!failure && size == 0) return bad_file("the file is empty");
  Result<InputFile> file = InputFile::open(path);
  if (!file) return file.error();
  Result<TensorTable> table = origin == Origin::Own ? parse_here(*file) : parse_outside_file(*file);
  if (!table) return table.error();
  return CheckpointReader::create(std::move(*file), std::move(*table));
}

}  // namespace greylag
