// SPDX-License-Identifier: Apache-2.0
// Which vocabularies does a folder hold? Hugging Face folders carry them under several names; what
// a file is, its first characters say.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

enum class VocabularyKind { World, Neox };

// By the first characters of a file: "1 '\x00' 1" opens a World vocabulary, '{' a tokenizer.json.
std::optional<VocabularyKind> vocabulary_kind(std::string_view start);

struct VocabularyNames {
  VocabularyKind kind;
  std::string_view tokenizer;  // Tokenizer::kind()
  std::string_view name;       // for people
  std::string_view file;       // as it is published
  std::string_view origin;
};
const VocabularyNames& names_of(VocabularyKind kind);

struct FolderVocabularies {
  std::optional<std::filesystem::path> world, neox;
  const std::optional<std::filesystem::path>& of(VocabularyKind kind) const {
    return kind == VocabularyKind::World ? world : neox;
  }
};

// Looks at rwkv_vocab_*.txt, vocab.txt, tokenizer.json and 20B_tokenizer.json. Of several files of
// one kind the one with the published name counts, else InvalidArgument. NotFound when there is
// none; BadFile when there is one of these names but nothing that is a vocabulary.
Result<FolderVocabularies> find_vocabularies(const std::filesystem::path& folder);

}  // namespace greylag
