// SPDX-License-Identifier: Apache-2.0
// Greedy longest match over the trie; the parser makes sure that every single byte is a token, so
// that each step moves on.
#include "core/tokenizer/world_tokenizer.h"

#include <utility>

#include "core/tokenizer/byte_trie.h"

namespace greylag {
namespace {

class WorldTokenizer : public Tokenizer {
 public:
  explicit WorldTokenizer(std::vector<std::string> tokens)
      : tokens_(std::move(tokens)), trie_(tokens_) {}

  std::string_view kind() const override { return "world"; }
  int32_t size() const override { return static_cast<int32_t>(tokens_.size()) + 1; }

  std::vector<int32_t> encode(std::string_view text) const override {
    std::vector<int32_t> ids;
    ids.reserve(text.size() / 3 + 1);
    while (!text.empty()) {
      const ByteTrie::Match match = trie_.longest(text);
      ids.push_back(static_cast<int32_t>(match.token));
      text.remove_prefix(match.length);
    }
    return ids;
  }

  std::string_view bytes(int32_t id) const override {
    if (id < 1 || id >= size()) return {};
    return tokens_[static_cast<size_t>(id) - 1];
  }

 private:
  std::vector<std::string> tokens_;  // of id i at i - 1
  ByteTrie trie_;
};

}  // namespace

std::shared_ptr<const Tokenizer> make_world_tokenizer(std::vector<std::string> tokens) {
  return std::make_shared<WorldTokenizer>(std::move(tokens));
}

}  // namespace greylag
