// SPDX-License-Identifier: Apache-2.0
// Building places the nodes breadth first, each at the first base where all its children fit.
#include "core/tokenizer/byte_trie.h"

#include <algorithm>
#include <numeric>

namespace greylag {

class ByteTrie::Builder {
 public:
  Builder(std::span<const std::string> tokens, std::vector<Unit>& units)
      : tokens_(tokens), units_(units), order_(tokens.size()) {
    std::iota(order_.begin(), order_.end(), 0u);
    std::sort(order_.begin(), order_.end(),
              [&](uint32_t a, uint32_t b) { return tokens_[a] < tokens_[b]; });
  }

  void build() {
    grow(1);
    is_used_[0] = true;
    std::vector<Node> nodes{{0, 0, order_.size(), 0}};
    for (size_t i = 0; i < nodes.size(); ++i) place(nodes[i], nodes);
  }

 private:
  // The tokens order_[low, high) share their first `depth` bytes; those bytes lead to `unit`.
  struct Node {
    size_t unit, low, high, depth;
  };

  uint8_t byte_at(size_t place, size_t depth) const {
    return static_cast<uint8_t>(tokens_[order_[place]][depth]);
  }

  void place(Node node, std::vector<Node>& nodes) {
    if (tokens_[order_[node.low]].size() == node.depth) {
      units_[node.unit].token = static_cast<uint16_t>(order_[node.low] + 1);
      if (++node.low == node.high) return;
    }
    std::vector<Node> children;
    for (size_t i = node.low; i < node.high; ++i) {
      if (i == node.low || byte_at(i, node.depth) != byte_at(i - 1, node.depth)) {
        children.push_back({byte_at(i, node.depth), i, i, node.depth + 1});
      }
      children.back().high = i + 1;
    }
    const size_t base = find_base(children);
    is_base_[base] = true;
    units_[node.unit].base = static_cast<uint32_t>(base);
    for (Node& child : children) {
      const auto label = static_cast<uint8_t>(child.unit);
      child.unit += base;
      units_[child.unit].label = label;
      is_used_[child.unit] = true;
      nodes.push_back(child);
    }
  }

  // children[i].unit holds the label until the base is known.
  size_t find_base(const std::vector<Node>& children) {
    const size_t first = children.front().unit;
    size_t unit = std::max(first_free_, first + 1);
    const size_t start = unit;
    for (;; ++unit) {
      grow(unit + 256);
      if (is_used_[unit]) continue;
      const size_t base = unit - first;
      if (is_base_[base]) continue;
      const auto is_free = [&](const Node& child) { return !is_used_[base + child.unit]; };
      if (std::all_of(children.begin(), children.end(), is_free)) break;
    }
    // After a long way in vain, later nodes start here: a little space for much time.
    constexpr size_t kPatience = 64;
    if (unit - start > kPatience) first_free_ = unit;
    while (first_free_ < is_used_.size() && is_used_[first_free_]) ++first_free_;
    return unit - first;
  }

  void grow(size_t unit) {
    if (unit + 256 < units_.size()) return;
    const size_t size = std::max(units_.size() * 2, unit + 512);
    units_.resize(size);
    is_used_.resize(size);
    is_base_.resize(size);
  }

  std::span<const std::string> tokens_;
  std::vector<Unit>& units_;
  std::vector<uint32_t> order_;  // token indices in byte order
  std::vector<char> is_used_, is_base_;
  size_t first_free_ = 1;
};

ByteTrie::ByteTrie(std::span<const std::string> tokens) {
  Builder(tokens, units_).build();
  size_t end = units_.size();
  while (end > 1 && units_[end - 1].token == 0 && units_[end - 1].base == 0) --end;
  units_.resize(end + 256);  // base + any byte stays inside
  units_.shrink_to_fit();
}

ByteTrie::Match ByteTrie::longest(std::string_view text) const {
  Match best;
  const Unit* units = units_.data();
  uint32_t base = units[0].base;
  for (size_t i = 0; i < text.size() && base != 0; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    const Unit unit = units[base + byte];
    if (unit.label != byte) break;
    if (unit.token != 0) best = {unit.token, i + 1};
    base = unit.base;
  }
  return best;
}

}  // namespace greylag
