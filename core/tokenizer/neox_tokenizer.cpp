// SPDX-License-Identifier: Apache-2.0
// Byte-pair encoding with the merges of a loaded table. The best pair is taken from a heap (lowest
// rank, then leftmost), so that a long word costs n log n.
#include "core/tokenizer/neox_tokenizer.h"

#include <algorithm>
#include <queue>
#include <tuple>
#include <utility>

#include "core/tokenizer/neox_table.h"

namespace greylag {
namespace {

constexpr size_t kNone = static_cast<size_t>(-1);

// One word's symbols as a linked list that merges shrink.
class WordMerger {
 public:
  WordMerger(const NeoxTable& table, std::string_view word) : table_(table) {
    symbols_.reserve(word.size());
    for (size_t i = 0; i < word.size(); ++i) {
      const int32_t id = table.byte_ids[static_cast<unsigned char>(word[i])];
      symbols_.push_back({id, i == 0 ? kNone : i - 1, i + 1 == word.size() ? kNone : i + 1});
    }
    for (size_t i = 0; i + 1 < symbols_.size(); ++i) propose(i);
  }

  void merge_all() {
    while (!proposals_.empty()) {
      const Proposal best = proposals_.top();
      proposals_.pop();
      Symbol& left = symbols_[best.left];
      // Either symbol may have changed since the proposal.
      if (left.id != best.left_id || left.next == kNone) continue;
      Symbol& right = symbols_[left.next];
      if (right.id != best.right_id) continue;
      left.id = best.merged_id;
      right.id = -1;
      left.next = right.next;
      if (left.next != kNone) {
        symbols_[left.next].previous = best.left;
        propose(best.left);
      }
      if (left.previous != kNone) propose(left.previous);
    }
  }

  void append_to(std::vector<int32_t>& ids) const {
    for (size_t i = 0; i != kNone; i = symbols_[i].next) ids.push_back(symbols_[i].id);
  }

 private:
  struct Symbol {
    int32_t id;  // -1: merged into its left neighbour
    size_t previous, next;
  };
  struct Proposal {
    int32_t rank;
    size_t left;
    int32_t left_id, right_id, merged_id;
    bool operator>(const Proposal& other) const {
      return std::tie(rank, left) > std::tie(other.rank, other.left);
    }
  };

  void propose(size_t left) {
    const Symbol& a = symbols_[left];
    const Symbol& b = symbols_[a.next];
    const auto merge = table_.merges.find(NeoxTable::pair_key(a.id, b.id));
    if (merge == table_.merges.end()) return;
    proposals_.push({merge->second.rank, left, a.id, b.id, merge->second.id});
  }

  const NeoxTable& table_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Proposal, std::vector<Proposal>, std::greater<>> proposals_;
};

class NeoxTokenizer : public Tokenizer {
 public:
  explicit NeoxTokenizer(NeoxTable table) : table_(std::move(table)) {}

  std::string_view kind() const override { return "neox"; }
  int32_t size() const override { return static_cast<int32_t>(table_.tokens.size()); }

  std::vector<int32_t> encode(std::string_view text) const override {
    std::string normal;
    const bool is_ascii =
        std::all_of(text.begin(), text.end(), [](char c) { return (c & 0x80) == 0; });
    if (!is_ascii) {
      normal = replace_unknown(text);
      if (table_.is_normalised) normal = normalise_nfc(normal);
      text = normal;
    }
    std::vector<int32_t> ids;
    ids.reserve(text.size() / 3 + 1);
    while (!text.empty()) {
      const size_t run = table_.space_runs.empty() ? std::string_view::npos : text.find("  ");
      encode_words(text.substr(0, run), ids);
      if (run == std::string_view::npos) break;
      text.remove_prefix(run);
      text.remove_prefix(encode_spaces(text, ids));
    }
    return ids;
  }

  std::string_view bytes(int32_t id) const override {
    if (id < 0 || id >= size()) return {};
    return table_.tokens[static_cast<size_t>(id)];
  }

 private:
  // U+FFFD for bytes without a token.
  std::string replace_unknown(std::string_view text) const {
    std::string known;
    known.reserve(text.size());
    for (const char c : text) {
      if (table_.byte_ids[static_cast<unsigned char>(c)] >= 0) {
        known += c;
      } else {
        known += "\xEF\xBF\xBD";
      }
    }
    return known;
  }

  void encode_words(std::string_view text, std::vector<int32_t>& ids) const {
    while (!text.empty()) {
      const std::string_view word = next_word(text);
      WordMerger merger(table_, word);
      merger.merge_all();
      merger.append_to(ids);
      text.remove_prefix(word.size());
    }
  }

  // The text starts with two spaces. Takes the longest run that is a token, again and again; what
  // is left belongs to the words. Returns the number of spaces taken.
  size_t encode_spaces(std::string_view text, std::vector<int32_t>& ids) const {
    const size_t run = std::min(text.find_first_not_of(' '), text.size());
    size_t taken = 0;
    for (auto best = table_.space_runs.rbegin(); best != table_.space_runs.rend(); ++best) {
      while (run - taken >= best->first) {
        ids.push_back(best->second);
        taken += best->first;
      }
    }
    if (taken > 0) return taken;
    encode_words(text.substr(0, run), ids);
    return run;
  }

  NeoxTable table_;
};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> parse_neox_tokenizer(std::string_view json) {
  Result<NeoxTable> table = read_neox_table(json);
  if (!table) return table.error();
  return std::shared_ptr<const Tokenizer>(std::make_shared<NeoxTokenizer>(std::move(*table)));
}

}  // namespace greylag
