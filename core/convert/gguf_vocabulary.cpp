// SPDX-License-Identifier: Apache-2.0
// A file's own table goes through a tokenizer like any other, which checks it.
#include "core/convert/gguf_vocabulary.h"

#include <memory>

#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

Result<GgufVocabulary> find_table(const CheckpointReader& reader, int64_t rows,
                                  const std::filesystem::path& checkpoint,
                                  const std::optional<std::filesystem::path>& explicit_file,
                                  const std::filesystem::path& tokenizers_dir) {
  // The reader gives a table of this model only.
  const std::string_view model = reader.token_table().empty() ? "" : kTokenTableModel;
  const Result<std::shared_ptr<const Tokenizer>> tokenizer = choose_tokenizer(
      rows, checkpoint, explicit_file, tokenizers_dir, reader.token_table(), model);
  if (!tokenizer) return tokenizer.error();
  return token_table(**tokenizer, rows);
}

}  // namespace

Result<GgufVocabulary> gguf_vocabulary(const CheckpointReader& reader, int64_t rows,
                                       const std::filesystem::path& checkpoint,
                                       const std::optional<std::filesystem::path>& explicit_file,
                                       const std::filesystem::path& tokenizers_dir,
                                       const std::function<void(const std::string&)>& note) {
  Result<GgufVocabulary> table =
      find_table(reader, rows, checkpoint, explicit_file, tokenizers_dir);
  if (table) return table;
  if (explicit_file || table.error().code != ErrorCode::NotFound) {
    return table.error().in("vocabulary");
  }
  if (note) {
    note("the .gguf gets no vocabulary, and other programs will ask for one: " +
         table.error().message);
  }
  return GgufVocabulary();
}

}  // namespace greylag
