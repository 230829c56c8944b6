// SPDX-License-Identifier: Apache-2.0
#include "core/tokenizer/vocabulary_folder.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "core/base/file.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;

constexpr VocabularyNames kWorld{VocabularyKind::World, "world", "World",
                                 "rwkv_vocab_v20230424.txt",
                                 "it comes with RWKV-7 World and G1 checkpoints"};
constexpr VocabularyNames kNeox{VocabularyKind::Neox, "neox", "GPT-NeoX", "20B_tokenizer.json",
                                "it comes with Pile and Pythia checkpoints"};

bool is_vocabulary_name(const std::string& name) {
  return name == "vocab.txt" || name == "tokenizer.json" || name == kNeox.file ||
         (name.starts_with("rwkv_vocab_") && name.ends_with(".txt"));
}

std::string start_of(const fs::path& file) {
  std::array<char, 64> start{};
  std::ifstream stream(file, std::ios::binary);
  stream.read(start.data(), start.size());
  return {start.data(), static_cast<size_t>(stream.gcount())};
}

std::string list_of(const std::vector<fs::path>& files) {
  std::string list;
  for (const fs::path& file : files) {
    list += (list.empty() ? "" : ", ") + path_to_utf8(file.filename());
  }
  return list;
}

// One file of a kind; nothing when there is none.
Result<std::optional<fs::path>> only_one(const fs::path& folder, const std::vector<fs::path>& files,
                                         const VocabularyNames& names) {
  if (files.size() < 2) return files.empty() ? std::nullopt : std::optional(files[0]);
  const auto published = std::find_if(files.begin(), files.end(), [&](const fs::path& file) {
    return path_to_utf8(file.filename()) == names.file;
  });
  if (published != files.end()) return std::optional(*published);
  return Error{ErrorCode::InvalidArgument,
               "the folder " + path_to_utf8(folder) + " holds several " + std::string(names.name) +
                   " vocabularies (" + list_of(files) + "): name the file to use"};
}

// The files that have a vocabulary's name, in order of their names.
Result<std::vector<fs::path>> candidates(const fs::path& folder) {
  std::error_code failed;
  fs::directory_iterator entry(folder, failed);
  std::vector<fs::path> files;
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    std::error_code odd;
    if (is_vocabulary_name(path_to_utf8(entry->path().filename())) && entry->is_regular_file(odd)) {
      files.push_back(entry->path());
    }
  }
  if (failed) {
    return Error{ErrorCode::NotFound,
                 "the folder " + path_to_utf8(folder) + " cannot be read: " + failed.message()};
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

const VocabularyNames& names_of(VocabularyKind kind) {
  return kind == VocabularyKind::World ? kWorld : kNeox;
}

std::optional<VocabularyKind> vocabulary_kind(std::string_view start) {
  start.remove_prefix(std::min(start.find_first_not_of(" \t\r\n"), start.size()));
  if (start.starts_with('{')) return VocabularyKind::Neox;
  const size_t digits = std::min(start.find_first_not_of("0123456789"), start.size());
  if (digits == 0 || !start.substr(digits).starts_with(' ')) return std::nullopt;
  std::string_view literal = start.substr(digits + 1);
  if (literal.starts_with('b')) literal.remove_prefix(1);
  if (!literal.starts_with('\'') && !literal.starts_with('"')) return std::nullopt;
  return VocabularyKind::World;
}

Result<FolderVocabularies> find_vocabularies(const fs::path& folder) {
  const Result<std::vector<fs::path>> files = candidates(folder);
  if (!files) return files.error();
  std::vector<fs::path> world, neox;
  for (const fs::path& file : *files) {
    const auto kind = vocabulary_kind(start_of(file));
    if (kind) (*kind == VocabularyKind::World ? world : neox).push_back(file);
  }
  if (world.empty() && neox.empty()) {
    if (files->empty()) {
      return Error{ErrorCode::NotFound, "the folder " + path_to_utf8(folder) +
                                            " holds no vocabulary (rwkv_vocab_*.txt or vocab.txt "
                                            "for World, tokenizer.json for GPT-NeoX)"};
    }
    return Error{ErrorCode::BadFile, "the folder " + path_to_utf8(folder) +
                                         " holds no vocabulary: " + list_of(*files) +
                                         " is neither World lines nor a tokenizer.json"};
  }
  const auto one_world = only_one(folder, world, kWorld);
  if (!one_world) return one_world.error();
  const auto one_neox = only_one(folder, neox, kNeox);
  if (!one_neox) return one_neox.error();
  return FolderVocabularies{*one_world, *one_neox};
}

}  // namespace greylag
