// SPDX-License-Identifier: Apache-2.0
// The vocabulary of 256-row models: a token is a byte. Byte 0 ends a document, so NUL bytes of a
// text are dropped.
#include <array>

#include "core/tokenizer/tokenizer.h"

namespace greylag {
namespace {

class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer() {
    for (size_t i = 0; i < bytes_.size(); ++i) bytes_[i] = static_cast<char>(i);
  }
  std::string_view kind() const override { return "byte"; }
  int32_t size() const override { return 256; }

  std::vector<int32_t> encode(std::string_view text) const override {
    std::vector<int32_t> ids;
    ids.reserve(text.size());
    for (const char c : text) {
      if (c != '\0') ids.push_back(static_cast<unsigned char>(c));
    }
    return ids;
  }

  std::string_view bytes(int32_t id) const override {
    if (id < 1 || id >= size()) return {};
    return {&bytes_[static_cast<size_t>(id)], 1};
  }

 private:
  std::array<char, 256> bytes_;
};

}  // namespace

std::string Tokenizer::decode(std::span<const int32_t> ids) const {
  std::string text;
  for (const int32_t id : ids) text.append(bytes(id));
  return text;
}

std::shared_ptr<const Tokenizer> make_byte_tokenizer() { return std::make_shared<ByteTokenizer>(); }

}  // namespace greylag
