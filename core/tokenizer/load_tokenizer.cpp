// SPDX-License-Identifier: Apache-2.0
// Which vocabulary file is it, and which one does a model need? Files are told apart by content:
// '{' opens a tokenizer.json, a digit a World vocabulary.
#include <system_error>

#include "core/base/file.h"
#include "core/tokenizer/neox_tokenizer.h"
#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/world_tokenizer.h"

namespace greylag {
namespace {

constexpr uint64_t kLargestVocabulary = 64ull << 20;

// A vocabulary that is looked for by name.
struct KnownVocabulary {
  const char* name;
  const char* file;
  const char* origin;
};
constexpr KnownVocabulary kWorld{"World", "rwkv_vocab_v20230424.txt",
                                 "it comes with RWKV-7 World and G1 checkpoints"};
constexpr KnownVocabulary kNeox{"GPT-NeoX", "20B_tokenizer.json",
                                "it comes with Pile and Pythia checkpoints"};

Result<std::shared_ptr<const Tokenizer>> parse_tokenizer(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return Error{ErrorCode::BadFile, "the file is empty"};
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

Result<std::shared_ptr<const Tokenizer>> load_for_rows(const std::filesystem::path& file,
                                                       int64_t vocab) {
  auto tokenizer = load_tokenizer(file);
  if (tokenizer && tokenizer.value()->size() > vocab) {
    return Error{ErrorCode::BadFile, path_to_utf8(file.filename()) + ": the vocabulary has " +
                                         std::to_string(tokenizer.value()->size()) +
                                         " tokens, more than the " + std::to_string(vocab) +
                                         " rows of the model"};
  }
  return tokenizer;
}

Result<std::shared_ptr<const Tokenizer>> find_vocabulary(const KnownVocabulary& known,
                                                         int64_t vocab,
                                                         const std::filesystem::path& checkpoint,
                                                         const std::filesystem::path& folder) {
  for (const auto& place : {checkpoint.parent_path(), folder}) {
    const std::filesystem::path file = place / known.file;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) return load_for_rows(file, vocab);
  }
  return Error{ErrorCode::NotFound, std::string("this model needs the ") + known.name +
                                        " vocabulary: put " + known.file + " (" + known.origin +
                                        ") beside the model or into " + path_to_utf8(folder) +
                                        ", or name it with --vocab"};
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const std::filesystem::path& file) {
  const std::string context = "vocabulary " + path_to_utf8(file.filename());
  auto text = read_text_file(file, kLargestVocabulary);
  if (!text) return text.error().in(context);
  auto tokenizer = parse_tokenizer(*text);
  if (!tokenizer) return tokenizer.error().in(context);
  return tokenizer;
}

Result<std::shared_ptr<const Tokenizer>> choose_tokenizer(
    int64_t vocab, const std::filesystem::path& checkpoint,
    const std::optional<std::filesystem::path>& explicit_file,
    const std::filesystem::path& tokenizers_dir) {
  if (explicit_file) return load_for_rows(*explicit_file, vocab);
  if (vocab == 256) return make_byte_tokenizer();
  if (vocab == 65536) return find_vocabulary(kWorld, vocab, checkpoint, tokenizers_dir);
  if (vocab == 50277 || vocab == 50304) {
    return find_vocabulary(kNeox, vocab, checkpoint, tokenizers_dir);
  }
  return Error{ErrorCode::NotFound, "no vocabulary is known for a model of " +
                                        std::to_string(vocab) +
                                        " rows: name its vocabulary file with --vocab"};
}

}  // namespace greylag
