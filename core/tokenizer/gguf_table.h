// SPDX-License-Identifier: Apache-2.0
// Which vocabulary does a GGUF file carry? Its strings as they stand there; token_table.cpp reads
// them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct GgufTable {
  std::vector<std::string> tokens;  // empty: the file has none
  std::string model;                // tokenizer.ggml.model
};

// By the first bytes.
bool is_gguf(const std::filesystem::path& file);
// Errors of open_checkpoint.
Result<GgufTable> read_gguf_table(const std::filesystem::path& file);

}  // namespace greylag
