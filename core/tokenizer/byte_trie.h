// SPDX-License-Identifier: Apache-2.0
// Which token of a vocabulary is the longest that a text starts with? A double-array trie: the
// child of a node over byte c is the unit at base + c, if that unit's label is c. No two nodes
// share a base, so the label alone proves the parent. 8 bytes a unit, one look-up a byte.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace greylag {

// Immutable; any thread.
class ByteTrie {
 public:
  struct Match {
    uint32_t token = 0;  // 0: none
    size_t length = 0;
  };

  // tokens[i] is found as token i + 1. Not empty, all different, at most 65535.
  explicit ByteTrie(std::span<const std::string> tokens);
  Match longest(std::string_view text) const;

 private:
  struct Unit {
    uint32_t base = 0;   // 0: a leaf
    uint16_t token = 0;  // 0: no token ends here
    uint8_t label = 0;   // an unused unit has label 0, base 0 and token 0: it matches nothing
  };
  class Builder;
  std::vector<Unit> units_;  // units_[0] is the root
};

}  // namespace greylag
