// SPDX-License-Identifier: Apache-2.0
// GGUF files that are faultless but for one change.
#pragma once

#include <string>
#include <vector>

#include "tests/core/checkpoint/raw_gguf.h"
#include "tests/hostile/hostile_file.h"

namespace greylag::test {

// Collects valid files that were bent in one place.
struct BentGguf {
  template <class Bend>
  void add(const std::string& what, const std::string& rule, const Bend& bend) {
    RawGguf gguf = valid_gguf();
    bend(gguf);
    files.push_back({what, gguf_bytes(gguf), rule});
  }
  std::vector<HostileFile> files;
};

// token_embd.weight {64, 2}.
inline RawGgufTensor& first(RawGguf& gguf) { return gguf.tensors.front(); }

}  // namespace greylag::test
