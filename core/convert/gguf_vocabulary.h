// SPDX-License-Identifier: Apache-2.0
// Which vocabulary goes into a .gguf? Programs that run one take it from there.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"
#include "core/checkpoint/writer.h"

namespace greylag {

// That of choose_tokenizer for a model of `rows` rows, in the form of a GGUF token table. Where
// none is found, or it is one that has no such form, an empty one, and `note` is told. Errors: of
// an explicit_file all of choose_tokenizer and token_table; of others BadFile, InvalidArgument.
Result<GgufVocabulary> gguf_vocabulary(const CheckpointReader& reader, int64_t rows,
                                       const std::filesystem::path& checkpoint,
                                       const std::optional<std::filesystem::path>& explicit_file,
                                       const std::filesystem::path& tokenizers_dir,
                                       const std::function<void(const std::string&)>& note);

}  // namespace greylag
