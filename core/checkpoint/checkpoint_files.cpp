// SPDX-License-Identifier: Apache-2.0
// An index is from outside: bounded, and its file names are plain names of its own folder.
// Names and index: huggingface/huggingface_hub, serialization/_base.py.
#include "core/checkpoint/checkpoint_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/base/file.h"
#include "core/base/input_file.h"
#include "core/base/sha256.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIndexEnd = ".index.json";
constexpr uint64_t kMostIndexBytes = 8 << 20;
constexpr size_t kMostFiles = 1'000;

bool is_index(const fs::path& path) { return path_to_utf8(path.filename()).ends_with(kIndexEnd); }

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 255 && is_valid_utf8(name) && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\:\0", 4)) == std::string_view::npos;
}

Result<CheckpointFiles> read_index(const fs::path& index) {
  const Result<std::string> text = read_text_file(index, kMostIndexBytes);
  if (!text) return text.error();
  Result<CheckpointFiles> found = parse_checkpoint_index(*text, index.parent_path());
  if (!found) return found.error().in(path_to_utf8(index.filename()));
  return found;
}

// The model of a folder, the adapter of a folder, or its only file that may be one of them.
Result<fs::path> file_of_folder(const fs::path& folder) {
  std::error_code failed;
  for (const char* name :
       {"model.safetensors.index.json", "model.safetensors", "pytorch_model.bin.index.json",
        "pytorch_model.bin", "adapter_model.safetensors", "adapter_model.bin"}) {
    if (fs::is_regular_file(folder / name, failed)) return folder / name;
  }
  std::vector<fs::path> others;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    std::error_code unreadable;
    const fs::path extension = it->path().extension();
    const bool may_be_one = extension == ".safetensors" || extension == ".pth" ||
                            extension == ".gguf" || extension == ".st" || extension == ".bin";
    if (may_be_one && it->is_regular_file(unreadable)) others.push_back(it->path());
  }
  if (others.size() == 1) return others.front();
  return bad_file(others.empty() ? "this is a folder without a model (model.safetensors or its "
                                   "index, adapter_model.safetensors, or one model file)"
                                 : "this is a folder with several model files; name one of them");
}

}  // namespace

Result<CheckpointFiles> parse_checkpoint_index(std::string_view text, const fs::path& folder) {
  const nlohmann::json index = nlohmann::json::parse(text, nullptr, false);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (!index.is_object() || map == index.end() || !map->is_object() || map->empty()) {
    return bad_file("weight_map: it is missing, or no list of tensors and files");
  }
  std::map<std::string, size_t> numbers;  // by file name
  for (const auto& [tensor, file] : map->items()) {
    if (!is_valid_tensor_name(tensor) || !file.is_string() ||
        !is_plain_name(file.get_ref<const std::string&>())) {
      return bad_file(
          fmt::format("weight_map: {}: it names no file of this folder", printable(tensor)));
    }
    numbers.emplace(file.get<std::string>(), 0);
  }
  if (numbers.size() > kMostFiles) return bad_file("weight_map: more than 1000 files");
  CheckpointFiles found;
  for (auto& [name, number] : numbers) {
    number = found.files.size();
    found.files.push_back(folder / path_from_utf8(name));
    std::error_code failed;
    if (!fs::is_regular_file(found.files.back(), failed)) {
      return bad_file(fmt::format("the file {} is missing", printable(name)));
    }
  }
  for (const auto& [tensor, file] : map->items()) {
    found.tensors[tensor] = numbers[file.get<std::string>()];
  }
  return found;
}

Result<fs::path> main_checkpoint_file(const fs::path& path) {
  std::error_code failed;
  switch (fs::status(path, failed).type()) {
    case fs::file_type::not_found:
      return Error{ErrorCode::NotFound, "there is no such file"};
    case fs::file_type::directory:
      return file_of_folder(path);
    case fs::file_type::regular:
      return path;
    default:
      return bad_file("this is not a regular file");
  }
}

Result<CheckpointFiles> find_checkpoint_files(const fs::path& path) {
  const Result<fs::path> file = main_checkpoint_file(path);
  if (!file) return file.error();
  if (is_index(*file)) return read_index(*file);
  return CheckpointFiles{{*file}, {}};
}

Status remove_checkpoint(const fs::path& path, const fs::path& keep, const fs::path& companion) {
  const auto found = find_checkpoint_files(path);
  std::vector<fs::path> files = {path};  // an index before the files that it names
  if (found) files.insert(files.end(), found->files.begin(), found->files.end());
  if (!companion.empty()) files.push_back(companion);
  for (const fs::path& file : files) {
    std::error_code failed;
    fs::remove(file, failed);
    if (failed) return Error{ErrorCode::Internal, "cannot delete the file: " + failed.message()};
  }
  std::error_code not_empty;
  if (path.parent_path() != keep) fs::remove(path.parent_path(), not_empty);
  return {};
}

uint64_t checkpoint_size_bytes(const fs::path& path) {
  const Result<CheckpointFiles> found = find_checkpoint_files(path);
  uint64_t sum = 0;
  if (!found) return sum;
  for (const fs::path& file : found->files) {
    std::error_code failed;
    const uintmax_t size = fs::file_size(file, failed);
    if (!failed) sum += size;
  }
  return sum;
}

Result<std::string> checkpoint_sha256(const fs::path& path,
                                      const std::function<bool(uint64_t, uint64_t)>& progress) {
  const Result<CheckpointFiles> found = find_checkpoint_files(path);
  if (!found) return found.error();
  if (found->files.size() == 1) return sha256_file(found->files.front(), progress);
  constexpr uint64_t kPiece = 1 << 20;
  const uint64_t total = checkpoint_size_bytes(path);
  uint64_t done = 0;
  Sha256 hash;
  std::vector<std::byte> piece;
  for (const fs::path& name : found->files) {
    const Result<InputFile> file = InputFile::open(name);
    if (!file) return file.error();
    for (uint64_t at = 0; at < file->size_bytes(); at += piece.size()) {
      piece.resize(static_cast<size_t>(std::min(kPiece, file->size_bytes() - at)));
      if (Status read = file->read(at, piece); !read) return read.error();
      hash.update(piece);
      done += piece.size();
      if (progress && !progress(done, total)) return Error{ErrorCode::Cancelled, "cancelled"};
    }
  }
  return hash.hex();
}

}  // namespace greylag
