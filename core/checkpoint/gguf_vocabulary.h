// SPDX-License-Identifier: Apache-2.0
// The vocabulary of a GGUF file, one entry per row of the model: texts with Python's escapes (facts
// inference 3.2) and llama.cpp's kinds. Both empty: the file has none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace greylag {

struct GgufVocabulary {
  std::vector<std::string> tokens;  // tokenizer.ggml.tokens
  std::vector<int32_t> types;       // tokenizer.ggml.token_type: 1 normal, 3 control, 5 unused
};

}  // namespace greylag
