// SPDX-License-Identifier: Apache-2.0
// Vocabularies for tests: the shared ones (a test without them skips) and one that is made up.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "core/tokenizer/tokenizer.h"

namespace greylag::testing_data {

// $GREYLAG_SHARED/name; empty when it is not there.
inline std::filesystem::path shared_file(const std::string& name) {
  const char* shared = std::getenv("GREYLAG_SHARED");
  if (shared == nullptr) return {};
  const std::filesystem::path path = std::filesystem::path(shared) / name;
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::filesystem::path world_file() { return shared_file("parity/rwkv_vocab_v20230424.txt"); }
inline std::filesystem::path neox_file() { return shared_file("parity/20B_tokenizer.json"); }
inline std::filesystem::path corpus_file() { return shared_file("corpus/tinyshakespeare.txt"); }

// Loaded once per program; null when the file is not there.
inline std::shared_ptr<const Tokenizer> world() {
  static const auto tokenizer = [] {
    auto loaded = world_file().empty() ? Result<std::shared_ptr<const Tokenizer>>(nullptr)
                                       : load_tokenizer(world_file());
    return loaded ? *loaded : nullptr;
  }();
  return tokenizer;
}

// Lines of a valid World vocabulary: the 256 bytes, then two- and three-byte strings.
inline std::vector<std::string> made_up_world_lines() {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::vector<std::string> lines;
  for (size_t id = 1; id <= 65529; ++id) {
    const size_t n = id <= 256 ? id - 1 : id - 257;
    std::string literal = "b'", size = "1";
    const auto put = [&](size_t byte) {
      literal.append("\\x") += kHex[byte / 16];
      literal += kHex[byte % 16];
    };
    put(n % 256);
    if (id > 256) {
      put(n / 256);
      put(7);
      size = "3";
    }
    lines.push_back(std::to_string(id) + " " + literal + "' " + size);
  }
  return lines;
}

inline std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text.append(line) += '\n';
  return text;
}

}  // namespace greylag::testing_data
