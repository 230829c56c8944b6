// SPDX-License-Identifier: Apache-2.0
// What does a GPT-NeoX tokenizer.json hold, as tables? Read and checked once, then immutable.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"

namespace greylag {

struct NeoxTable {
  struct Merge {
    int32_t rank, id;
  };
  static uint64_t pair_key(int32_t left, int32_t right) {
    return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
  }

  std::vector<std::string> tokens;  // bytes of each id; empty for special ones
  // -1: no token; so are bytes that never occur in UTF-8.
  std::array<int32_t, 256> byte_ids{};
  std::unordered_map<uint64_t, Merge> merges;  // by pair_key
  std::map<size_t, int32_t> space_runs;        // length of a run of spaces -> its id
  bool is_normalised = false;                  // NFC before all else
};

// BadFile says what is missing or not supported.
Result<NeoxTable> read_neox_table(std::string_view json);

}  // namespace greylag
