// SPDX-License-Identifier: Apache-2.0
// Which vocabulary does a model need, and does the one at hand fit it? The number of rows tells: a
// vocabulary of the wrong kind would load and then write gibberish, so it is refused.
#include <system_error>

#include "core/base/file.h"
#include "core/tokenizer/gguf_table.h"
#include "core/tokenizer/tokenizer.h"
#include "core/tokenizer/vocabulary_folder.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using Choice = Result<std::shared_ptr<const Tokenizer>>;

// Rows are padded to a multiple of this at most.
constexpr int64_t kLargestPadding = 128;

// The kind that all known models of so many rows use.
std::optional<VocabularyKind> kind_of_rows(int64_t rows) {
  if (rows == 65536) return VocabularyKind::World;
  if (rows == 50277 || rows == 50304) return VocabularyKind::Neox;
  return std::nullopt;
}

Status check_fit(const Tokenizer& tokenizer, int64_t rows) {
  const std::string tokens = std::to_string(tokenizer.size());
  const int64_t spare = rows - tokenizer.size();
  const auto kind = kind_of_rows(rows);
  // A vocabulary that fills the rows was made for them, whatever its kind.
  const bool is_filling = spare >= 0 && spare < kLargestPadding;
  if (kind && names_of(*kind).tokenizer != tokenizer.kind() && !is_filling) {
    const VocabularyNames& wanted = names_of(*kind);
    const VocabularyNames& given =
        names_of(*kind == VocabularyKind::World ? VocabularyKind::Neox : VocabularyKind::World);
    return Error{ErrorCode::BadFile,
                 "this is a " + std::string(given.name) + " vocabulary of " + tokens +
                     " tokens, but a model of " + std::to_string(rows) + " rows needs the " +
                     std::string(wanted.name) + " vocabulary, " + std::string(wanted.file)};
  }
  if (spare < 0) {
    return Error{ErrorCode::BadFile, "the vocabulary has " + tokens + " tokens, more than the " +
                                         std::to_string(rows) + " rows of the model"};
  }
  return {};
}

Choice load_for_rows(const fs::path& file, int64_t rows) {
  Choice tokenizer = load_tokenizer(file);
  if (!tokenizer) return tokenizer;
  if (Status fit = check_fit(**tokenizer, rows); !fit) {
    return fit.error().in(path_to_utf8(file.filename()));
  }
  return tokenizer;
}

// Of two kinds the one that fits.
Choice choose_in_folder(const fs::path& folder, const FolderVocabularies& found, int64_t rows) {
  if (!found.world || !found.neox) {
    return load_for_rows(found.world ? *found.world : *found.neox, rows);
  }
  if (const auto kind = kind_of_rows(rows)) return load_for_rows(*found.of(*kind), rows);
  Choice world = load_for_rows(*found.world, rows);
  Choice neox = load_for_rows(*found.neox, rows);
  if (world && neox) return load_tokenizer(folder);  // which says that there are two
  return world ? world : neox;
}

Choice choose_explicit(const fs::path& path, int64_t rows) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return load_for_rows(path, rows);
  const Result<FolderVocabularies> found = find_vocabularies(path);
  if (!found) return found.error();
  return choose_in_folder(path, *found, rows);
}

// NeoX models have no table that could be read here, so theirs is passed over for the files.
bool is_passed_over(std::string_view own_model, int64_t rows) {
  return own_model == "gpt2" && kind_of_rows(rows) == VocabularyKind::Neox;
}

Choice choose_own(std::span<const std::string> table, std::string_view model, int64_t rows) {
  const std::string place = "the vocabulary inside the model file";
  if (table.size() != static_cast<uint64_t>(rows)) {
    return Error{ErrorCode::BadFile, place + " has " + std::to_string(table.size()) +
                                         " tokens, but the model has " + std::to_string(rows) +
                                         " rows"};
  }
  Choice tokenizer = tokenizer_from_table(table, model);
  if (!tokenizer) {
    const Error error = tokenizer.error().in(place);
    return Error{error.code, error.message + "; name another vocabulary with --vocab"};
  }
  return tokenizer;
}

// Nothing found is no error yet.
std::optional<Choice> find_beside(const fs::path& checkpoint, int64_t rows) {
  std::error_code ignored;
  const bool is_folder = fs::is_directory(checkpoint, ignored);
  fs::path folder = is_folder ? checkpoint : checkpoint.parent_path();
  if (folder.empty()) folder = ".";
  const auto kind = kind_of_rows(rows);
  if (kind && fs::is_regular_file(folder / names_of(*kind).file, ignored)) {
    return load_for_rows(folder / names_of(*kind).file, rows);
  }
  if (!fs::is_regular_file(folder / "config.json", ignored)) return std::nullopt;
  const Result<FolderVocabularies> found = find_vocabularies(folder);
  if (!found) {
    // Files of such a name that are no vocabulary belong to something else.
    const bool is_unclear = found.error().code == ErrorCode::InvalidArgument;
    return is_unclear ? std::optional<Choice>(found.error()) : std::nullopt;
  }
  if (kind && !found->of(*kind)) return std::nullopt;
  return choose_in_folder(folder, *found, rows);
}

}  // namespace

Choice choose_tokenizer(int64_t vocab, const fs::path& checkpoint,
                        const std::optional<fs::path>& explicit_file,
                        const fs::path& tokenizers_dir, std::span<const std::string> own_table,
                        std::string_view own_model) {
  if (explicit_file) return choose_explicit(*explicit_file, vocab);
  if (!own_table.empty() && !is_passed_over(own_model, vocab)) {
    return choose_own(own_table, own_model, vocab);
  }
  if (vocab == 256) return make_byte_tokenizer();
  if (auto beside = find_beside(checkpoint, vocab)) return std::move(*beside);
  const auto kind = kind_of_rows(vocab);
  if (!kind) {
    return Error{ErrorCode::NotFound, "no vocabulary is known for a model of " +
                                          std::to_string(vocab) +
                                          " rows: name its vocabulary file with --vocab"};
  }
  const VocabularyNames& wanted = names_of(*kind);
  std::error_code ignored;
  const fs::path file = tokenizers_dir / wanted.file;
  if (fs::is_regular_file(file, ignored)) return load_for_rows(file, vocab);
  return Error{ErrorCode::NotFound, "this model needs the " + std::string(wanted.name) +
                                        " vocabulary: put " + std::string(wanted.file) + " (" +
                                        std::string(wanted.origin) + ") beside the model or into " +
                                        path_to_utf8(tokenizers_dir) + ", or name it with --vocab"};
}

Result<std::shared_ptr<const Tokenizer>> choose_tokenizer(
    int64_t vocab, const std::filesystem::path& checkpoint,
    const std::optional<std::filesystem::path>& explicit_file,
    const std::filesystem::path& tokenizers_dir) {
  if (explicit_file || !is_gguf(checkpoint)) {
    return choose_tokenizer(vocab, checkpoint, explicit_file, tokenizers_dir, {}, {});
  }
  const Result<GgufTable> own = read_gguf_table(checkpoint);
  if (!own) return own.error();
  return choose_tokenizer(vocab, checkpoint, explicit_file, tokenizers_dir, own->tokens,
                          own->model);
}

}  // namespace greylag
