// SPDX-License-Identifier: Apache-2.0
// How does text become tokens? One interface for World, byte and NeoX vocabularies. Id 0 (end of
// document) never comes from text. Immutable after load; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/gguf_vocabulary.h"

namespace greylag {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::string_view kind() const = 0;  // "world", "byte", "neox"
  // Ids encode() can give are below this.
  virtual int32_t size() const = 0;
  // Any bytes. Byte vocabulary: token = byte, where NUL bytes are dropped (0 ends a document).
  virtual std::vector<int32_t> encode(std::string_view text) const = 0;
  // The bytes of one token; empty for 0 and for ids outside the vocabulary.
  virtual std::string_view bytes(int32_t id) const = 0;
  std::string decode(std::span<const int32_t> ids) const;
};

// Loads a vocabulary file (World text file, NeoX tokenizer.json, a GGUF model that carries one) by
// content, or that of a folder
// (rwkv_vocab_*.txt, vocab.txt, tokenizer.json; of two kinds InvalidArgument). BadFile names line
// and rule.
Result<std::shared_ptr<const Tokenizer>> load_tokenizer(const std::filesystem::path& file);
std::shared_ptr<const Tokenizer> make_byte_tokenizer();

// A vocabulary as it stands in a GGUF file (layout and escapes: token_table.cpp).
inline constexpr std::string_view kTokenTableModel = "rwkv";  // tokenizer.ggml.model
// tokens, model: the values of the GGUF keys above. 65536 tokens are a World vocabulary, 256 are
// bytes. BadFile names id and rule.
Result<std::shared_ptr<const Tokenizer>> tokenizer_from_table(std::span<const std::string> tokens,
                                                              std::string_view model);
// The inverse, for a model of `rows` rows. Errors: NotFound for a GPT-NeoX vocabulary, which has no
// such table; InvalidArgument when rows is not what the vocabulary needs (World 65536, byte 256).
Result<GgufVocabulary> token_table(const Tokenizer& tokenizer, int64_t rows);

// Which vocabulary does a model of `vocab` rows use? In this order:
// 1. explicit_file, a file or a folder, if given;
// 2. the table that the checkpoint itself carries (own_table empty: none; own_model is its
//    tokenizer.ggml.model), which must have `vocab` tokens;
// 3. 256 rows: bytes;
// 4. beside the checkpoint: rwkv_vocab_v20230424.txt (65536 rows) or 20B_tokenizer.json (50277 or
//    50304 rows), or in a Hugging Face folder (one with a config.json) whatever load_tokenizer
//    finds in a folder; checkpoint may be that folder itself;
// 5. these two files in tokenizers_dir.
// NotFound says in one clear sentence what to get and where to put it; BadFile when the vocabulary
// has more tokens than the model has rows, or is of another kind than models of so many rows use.
Result<std::shared_ptr<const Tokenizer>> choose_tokenizer(
    int64_t vocab, const std::filesystem::path& checkpoint,
    const std::optional<std::filesystem::path>& explicit_file,
    const std::filesystem::path& tokenizers_dir, std::span<const std::string> own_table,
    std::string_view own_model);
// The same with the table that the checkpoint carries if it is a GGUF file.
Result<std::shared_ptr<const Tokenizer>> choose_tokenizer(
    int64_t vocab, const std::filesystem::path& checkpoint,
    const std::optional<std::filesystem::path>& explicit_file,
    const std::filesystem::path& tokenizers_dir);

// Joins token bytes and gives out whole UTF-8 only. Bytes that can never become valid turn into
// U+FFFD. One generation each.
class Utf8Stream {
 public:
  // Returns what became whole by adding `bytes`.
  std::string push(std::string_view bytes);
  // The held tail as U+FFFD (or empty).
  std::string finish();

 private:
  std::string held_;
};

}  // namespace greylag
