// SPDX-License-Identifier: Apache-2.0
// Vocabulary files of both kinds. A whole World file has 65529 lines, more than an input: its
// parser sees the input's lines and must refuse them, and a tokenizer is made of the lines
// themselves.
#include <set>

#include "core/base/log.h"
#include "core/tokenizer/neox_tokenizer.h"
#include "core/tokenizer/world_tokenizer.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace greylag;

void check_tokens(const Tokenizer& tokenizer, const std::vector<int32_t>& tokens) {
  for (const int32_t token : tokens) {
    check(token > 0 && token < tokenizer.size(), "a token that no text has");
  }
}

void read_neox(std::string_view text) {
  const auto tokenizer = parse_neox_tokenizer(text);
  if (!tokenizer) return fuzz::expect_refusal(tokenizer.error());
  const auto tokens = (*tokenizer)->encode(text);
  check_tokens(**tokenizer, tokens);
  (*tokenizer)->decode(tokens);
}

// The single bytes and each line that is no single byte.
std::vector<std::string> tokens_of(std::string_view text) {
  std::set<std::string> tokens;
  for (int byte = 0; byte < 256; ++byte) tokens.insert(std::string(1, static_cast<char>(byte)));
  while (!text.empty()) {
    const size_t end = text.find('\n');
    if (end != 0) tokens.emplace(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return {tokens.begin(), tokens.end()};
}

void read_world(std::string_view text) {
  const auto parsed = parse_world_vocabulary(text);
  check(!parsed.ok(), "a World vocabulary of a few lines was accepted");
  fuzz::expect_refusal(parsed.error());
  const auto tokenizer = make_world_tokenizer(tokens_of(text));
  const auto tokens = tokenizer->encode(text);
  check_tokens(*tokenizer, tokens);
  check(tokenizer->decode(tokens) == text, "the text does not come back from its tokens");
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text = fuzz::as_text(bytes, size);
  if (text.starts_with('{')) {
    read_neox(text);
  } else {
    read_world(text);
  }
  return 0;
}
