// SPDX-License-Identifier: Apache-2.0
#include "core/tokenizer/gguf_table.h"

#include <array>
#include <fstream>
#include <string_view>

#include "core/checkpoint/reader.h"

namespace greylag {

bool is_gguf(const std::filesystem::path& file) {
  std::array<char, 4> magic{};
  std::ifstream in(file, std::ios::binary);
  in.read(magic.data(), magic.size());
  return in && std::string_view(magic.data(), magic.size()) == "GGUF";
}

Result<GgufTable> read_gguf_table(const std::filesystem::path& file) {
  const Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(file);
  if (!reader) return reader.error();
  GgufTable table;
  const std::span<const std::string> tokens = (*reader)->token_table();
  table.tokens.assign(tokens.begin(), tokens.end());
  const auto model = (*reader)->metadata().find("tokenizer.ggml.model");
  if (model != (*reader)->metadata().end()) table.model = model->second;
  return table;
}

}  // namespace greylag
