// SPDX-License-Identifier: Apache-2.0
// Which vocabulary file is it? Files are told apart by content: '{' opens a tokenizer.json, a
// digit a World vocabulary, "GGUF" a model that carries one.
#include <system_error>

#include "core/base/file.h"
#include "core/base/regular_file.h"
#include "core/tokenizer/gguf_table.h"
#include "core/tokenizer/neox_tokenizer.h"
#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/vocabulary_folder.h"
#include "core/tokenizer/world_tokenizer.h"

namespace greylag {
namespace {

constexpr uint64_t kLargestVocabulary = 64ull << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Result<std::shared_ptr<const Tokenizer>> parse_tokenizer(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return Error{ErrorCode::BadFile, "the file is empty"};
  if (text.starts_with(kByteOrderMark)) {
    return Error{ErrorCode::BadFile,
                 "line 1: the file starts with a byte order mark; save it as plain UTF-8"};
  }
  if (text[start] == '{') {
#ifdef GREYLAG_NEOX
    return parse_neox_tokenizer(text);
#else
    return Error{ErrorCode::BadFile, "this build cannot read GPT-NeoX vocabularies"};
#endif
  }
  if (text[start] < '0' || text[start] > '9') {
    return Error{ErrorCode::BadFile,
                 "neither a World vocabulary (lines \"1 '\\x00' 1\") nor a tokenizer.json"};
  }
  auto tokens = parse_world_vocabulary(text);
  if (!tokens) return tokens.error();
  return make_world_tokenizer(std::move(*tokens));
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) {
    const Result<FolderVocabularies> found = find_vocabularies(file);
    if (!found) return found.error();
    if (found->world && found->neox) {
      return Error{ErrorCode::InvalidArgument,
                   "the folder " + path_to_utf8(file) + " holds a World vocabulary (" +
                       path_to_utf8(found->world->filename()) + ") and a GPT-NeoX vocabulary (" +
                       path_to_utf8(found->neox->filename()) + "): name the file to use"};
    }
    return load_tokenizer(found->world ? *found->world : *found->neox);
  }
  const std::string context = "vocabulary " + path_to_utf8(file.filename());
  if (Status regular = check_regular_file(file); !regular) return regular.error().in(context);
  if (is_gguf(file)) {
    const Result<GgufTable> table = read_gguf_table(file);
    if (!table) return table.error().in(context);
    auto tokenizer = tokenizer_from_table(table->tokens, table->model);
    return tokenizer ? tokenizer : tokenizer.error().in(context);
  }
  auto text = read_text_file(file, kLargestVocabulary);
  if (!text) return text.error().in(context);
  auto tokenizer = parse_tokenizer(*text);
  if (!tokenizer) return tokenizer.error().in(context);
  return tokenizer;
}

}  // namespace greylag
