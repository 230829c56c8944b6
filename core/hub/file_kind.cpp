// SPDX-License-Identifier: Apache-2.0
// The hub's cache: models--OWNER--NAME/snapshots/COMMIT/FILE (huggingface_hub, file_download.py).
#include "core/hub/file_kind.h"

#include <algorithm>
#include <array>
#include <system_error>

#include "core/base/file.h"
#include "core/base/regular_file.h"
#include "core/checkpoint/checkpoint_files.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 8> kEndings{".pth", ".pt",   ".ckpt", ".safetensors",
                                                   ".st",  ".gguf", ".bin",  ".state"};
constexpr std::string_view kIndexEnding = ".safetensors.index.json";

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

bool is_generic(const std::string& name) {
  static constexpr std::array<std::string_view, 7> kNames{
      "model", "pytorch_model", "adapter_model", "adapter", "consolidated", "checkpoint", "state"};
  const std::string plain = lower(name);
  return std::ranges::find(kNames, plain) != kNames.end() || plain.starts_with("model-0") ||
         plain.starts_with("pytorch_model-0");
}

bool is_commit(const std::string& name) {
  return name.size() == 40 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Of a folder on the way to the file; empty when it says nothing.
std::string folder_name(const fs::path& folder) {
  const std::string name = path_to_utf8(folder.filename());
  if (is_commit(name) && folder.parent_path().filename() == "snapshots") {
    const std::string cache = path_to_utf8(folder.parent_path().parent_path().filename());
    const size_t owner_end = cache.rfind("--");
    return owner_end == std::string::npos ? cache : cache.substr(owner_end + 2);
  }
  return name;
}

}  // namespace

Result<fs::path> named_checkpoint(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    if (Status regular = check_regular_file(path); !regular) return regular.error();
    return path;
  }
  Result<fs::path> file = main_checkpoint_file(path);
  if (!file) return Error{ErrorCode::InvalidArgument, file.error().message};
  return file;
}

bool has_checkpoint_ending(const fs::path& file) {
  return std::ranges::find(kEndings, lower(path_to_utf8(file.extension()))) != kEndings.end();
}

std::string checkpoint_id(const fs::path& file) {
  const std::string name = path_to_utf8(file.filename());
  if (lower(name).ends_with(kIndexEnding)) return name.substr(0, name.size() - kIndexEnding.size());
  return has_checkpoint_ending(file) ? path_to_utf8(file.stem()) : name;
}

std::string_view ending_of_format(std::string_view format) {
  if (format == "pth") return ".pth";
  if (format == "gguf") return ".gguf";
  if (format == "rwkv.cpp") return ".bin";
  return ".safetensors";
}

std::string import_name(const fs::path& source) {
  std::error_code failed;
  const fs::path whole = folder_path(source);
  if (fs::is_directory(whole, failed)) return folder_name(whole);
  const std::string own = checkpoint_id(whole);
  if (!is_generic(own)) return own;
  const std::string folder = folder_name(whole.parent_path());
  return folder.empty() ? own : folder;
}

}  // namespace greylag
