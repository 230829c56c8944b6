// SPDX-License-Identifier: Apache-2.0
// Tokens are written in GPT-2's byte alphabet: printable Latin-1 stands for itself, the other 68
// bytes for U+0100 and up, in order. Trainers number the letters by code point and the merged
// tokens by the rank of their merge, and every token is reached: a table that breaks this was cut
// or tampered with and is refused.
#include "core/tokenizer/neox_table.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;

constexpr int64_t kLargestId = 1 << 20;

Error bad_table(const std::string& rule) { return {ErrorCode::BadFile, "tokenizer.json: " + rule}; }

bool stands_for_itself(int byte) {
  return (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
}

// Code point of the byte alphabet -> byte.
std::unordered_map<char32_t, uint8_t> byte_alphabet() {
  std::unordered_map<char32_t, uint8_t> bytes;
  char32_t next = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    const char32_t code = stands_for_itself(byte) ? static_cast<char32_t>(byte) : next++;
    bytes[code] = static_cast<uint8_t>(byte);
  }
  return bytes;
}

class TableReader {
 public:
  explicit TableReader(const json& root) : root_(root), alphabet_(byte_alphabet()) {}

  Result<NeoxTable> read() {
    for (Status (TableReader::*step)() :
         {&TableReader::check_kind, &TableReader::read_vocabulary, &TableReader::read_added,
          &TableReader::check_ids, &TableReader::read_letters, &TableReader::read_merges,
          &TableReader::check_merges}) {
      if (Status status = (this->*step)(); !status) return status.error();
    }
    return std::move(table_);
  }

 private:
  const json* member(const json& object, const char* key) const {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
  }

  bool is_kind(const json* object, const char* kind) const {
    const json* type = object == nullptr ? nullptr : member(*object, "type");
    return type != nullptr && *type == kind;
  }

  // Is the key there with another value than the usual one (or an empty one)?
  bool is_set(const json& object, const char* key, bool usual) const {
    const json* value = member(object, key);
    return value != nullptr && *value != usual && *value != "" && *value != 0;
  }

  Status check_kind() {
    model_ = member(root_, "model");
    if (!is_kind(model_, "BPE")) return bad_table("model.type is not BPE");
    const json* normalizer = member(root_, "normalizer");
    if (normalizer != nullptr && !is_kind(normalizer, "NFC")) {
      return bad_table("a normalizer other than NFC is not supported");
    }
    table_.is_normalised = normalizer != nullptr;
    const json* words = member(root_, "pre_tokenizer");
    if (!is_kind(words, "ByteLevel")) return bad_table("pre_tokenizer.type is not ByteLevel");
    const json* prefix = member(*words, "add_prefix_space");
    if (prefix == nullptr || *prefix != false) {
      return bad_table("pre_tokenizer.add_prefix_space is not false");
    }
    if (is_set(*words, "use_regex", true)) return bad_table("pre_tokenizer.use_regex is not true");
    for (const char* key : {"dropout", "unk_token", "continuing_subword_prefix",
                            "end_of_word_suffix", "byte_fallback", "ignore_merges"}) {
      if (is_set(*model_, key, false)) {
        return bad_table("model." + std::string(key) + " is set, which is not supported");
      }
    }
    return {};
  }

  std::optional<std::string> to_bytes(std::string_view word) const {
    std::string bytes;
    while (!word.empty()) {
      const Utf8Unit unit = next_utf8(word);
      const auto byte = alphabet_.find(unit.code);
      if (unit.state != Utf8State::Whole || byte == alphabet_.end()) return std::nullopt;
      bytes += static_cast<char>(byte->second);
      word.remove_prefix(unit.length);
    }
    return bytes;
  }

  // Gives an id to a word; it may have it already.
  Status claim(const json& id, const std::string& word) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= kLargestId) {
      return bad_table("the id of " + in_quotes(word) + " is no number below 1048576");
    }
    if (word.empty()) return bad_table("a token without letters");
    const auto place = id.get<size_t>();
    if (words_.size() <= place) words_.resize(place + 1);
    const auto [known, is_first] = ids_.try_emplace(word, static_cast<int32_t>(place));
    if (words_[place].empty() ? !is_first : words_[place] != word) {
      return bad_table(words_[place].empty()
                           ? "two ids for " + in_quotes(word)
                           : "two tokens with the id " + std::to_string(place) + ", " +
                                 in_quotes(words_[place]) + " and " + in_quotes(word));
    }
    words_[place] = word;
    return {};
  }

  Status read_vocabulary() {
    const json* words = member(*model_, "vocab");
    if (words == nullptr || !words->is_object()) return bad_table("model.vocab is no object");
    for (const auto& [word, id] : words->items()) {
      if (Status claimed = claim(id, word); !claimed) return claimed;
    }
    return {};
  }

  Status read_added() {
    const json* added = member(root_, "added_tokens");
    if (added == nullptr) return {};
    if (!added->is_array()) return bad_table("added_tokens is no array");
    for (const json& token : *added) {
      const json* id = member(token, "id");
      const json* content = member(token, "content");
      if (id == nullptr || content == nullptr || !content->is_string()) {
        return bad_table("an added token lacks its id or content");
      }
      const auto& word = content->get_ref<const std::string&>();
      if (Status claimed = claim(*id, word); !claimed) return claimed;
      if (is_special(id->get<size_t>()) || is_run(id->get<size_t>())) {
        return bad_table("the added token " + in_quotes(word) + " is there twice");
      }
      if (is_set(token, "special", false)) {
        special_.insert(id->get<int32_t>());
        continue;
      }
      const bool is_plain = !is_set(token, "lstrip", false) && !is_set(token, "rstrip", false) &&
                            !is_set(token, "single_word", false);
      if (!is_plain || word.size() < 2 || word.find_first_not_of(' ') != std::string::npos) {
        return bad_table("the added token " + in_quotes(word) +
                         " is neither special nor a plain run of spaces");
      }
      table_.space_runs[word.size()] = id->get<int32_t>();
      runs_.insert(id->get<int32_t>());
    }
    return {};
  }

  bool is_special(size_t id) const { return special_.contains(static_cast<int32_t>(id)); }
  bool is_run(size_t id) const { return runs_.contains(static_cast<int32_t>(id)); }

  // Ids without holes, each with its bytes. Id 0 ends a document and must never come out of text.
  Status check_ids() {
    table_.tokens.resize(words_.size());
    if (!is_special(0)) return bad_table("the token with the id 0 is not a special one");
    for (size_t id = 0; id < words_.size(); ++id) {
      const std::string& word = words_[id];
      if (word.empty()) {
        return bad_table("no token has the id " + std::to_string(id) + ", but " +
                         std::to_string(words_.size() - 1) + " is used");
      }
      if (is_special(id)) continue;
      auto bytes = is_run(id) ? std::optional(word) : to_bytes(word);
      if (!bytes) {
        return bad_table("the token " + in_quotes(word) + " is not written in the byte alphabet");
      }
      table_.tokens[id] = std::move(*bytes);
    }
    return {};
  }

  Status read_letters() {
    std::map<char32_t, int32_t> by_code;
    for (const auto& [code, byte] : alphabet_) {
      std::string letter;
      append_utf8(letter, code);
      const auto id = ids_.find(letter);
      const bool is_there = id != ids_.end() && !special_.contains(id->second);
      const bool is_in_utf8 = byte < 0xF5 && byte != 0xC0 && byte != 0xC1;
      if (!is_there && is_in_utf8) return bad_table("no token for byte " + std::to_string(byte));
      table_.byte_ids[byte] = is_there ? id->second : -1;
      if (is_there) by_code[code] = id->second;
    }
    int32_t last = -1;
    for (const auto& [code, id] : by_code) {
      if (id < last) {
        return bad_table("the single letters are not numbered in their order: " +
                         in_quotes(words_[static_cast<size_t>(id)]) + " has the id " +
                         std::to_string(id) + ", after " + std::to_string(last));
      }
      last = id;
    }
    return {};
  }

  // "left right" or ["left", "right"].
  std::optional<std::pair<std::string, std::string>> split_merge(const json& merge) const {
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string()) {
      return std::pair(merge[0].get<std::string>(), merge[1].get<std::string>());
    }
    if (!merge.is_string()) return std::nullopt;
    const auto& text = merge.get_ref<const std::string&>();
    const size_t space = text.find(' ');
    if (space == std::string::npos) return std::nullopt;
    return std::pair(text.substr(0, space), text.substr(space + 1));
  }

  Status read_merges() {
    const json* merges = member(*model_, "merges");
    if (merges == nullptr || !merges->is_array()) return bad_table("model.merges is no array");
    int32_t rank = 0;
    for (const json& merge : *merges) {
      const auto pair = split_merge(merge);
      const auto left = pair ? ids_.find(pair->first) : ids_.end();
      const auto right = pair ? ids_.find(pair->second) : ids_.end();
      const auto both = pair ? ids_.find(pair->first + pair->second) : ids_.end();
      if (left == ids_.end() || right == ids_.end() || both == ids_.end()) {
        return bad_table("merge " + std::to_string(rank) + " names no pair of tokens");
      }
      const auto key = NeoxTable::pair_key(left->second, right->second);
      if (!table_.merges.try_emplace(key, NeoxTable::Merge{rank, both->second}).second) {
        return bad_table("merge " + std::to_string(rank) + " repeats an earlier one");
      }
      if (Status order = check_order(rank, both->second); !order) return order;
      ++rank;
    }
    // A special token never comes out of text.
    std::erase_if(table_.merges,
                  [this](const auto& merge) { return special_.contains(merge.second.id); });
    return {};
  }

  // Merge `rank` makes token `id`.
  Status check_order(int32_t rank, int32_t id) {
    if (made_.empty()) made_.resize(words_.size());
    const auto place = static_cast<size_t>(id);
    if (made_[place] || is_special(place)) return {};
    made_[place] = true;
    if (id < last_made_) {
      return bad_table("merge " + std::to_string(rank) + " makes " + in_quotes(words_[place]) +
                       " with the id " + std::to_string(id) + ", after the id " +
                       std::to_string(last_made_) + "; ids follow the order of the merges");
    }
    last_made_ = id;
    return {};
  }

  Status check_merges() {
    made_.resize(words_.size());
    for (size_t id = 0; id < words_.size(); ++id) {
      const bool is_made = made_[id] || table_.tokens[id].size() < 2 || is_run(id);
      if (!is_made && !is_special(id)) {
        return bad_table("no merge makes the token " + in_quotes(words_[id]) + " (id " +
                         std::to_string(id) + "): merges are missing");
      }
    }
    return {};
  }

  const json& root_;
  const json* model_ = nullptr;
  std::unordered_map<char32_t, uint8_t> alphabet_;
  std::unordered_map<std::string, int32_t> ids_;  // word as it stands in the file -> id
  std::vector<std::string> words_;                // by id; empty: not given
  std::unordered_set<int32_t> special_, runs_;    // ids of added tokens
  std::vector<bool> made_;                        // by id: a merge makes it
  int32_t last_made_ = -1;                        // the id that the latest merge made first
  NeoxTable table_;
};

}  // namespace

Result<NeoxTable> read_neox_table(std::string_view text) {
  const json root = json::parse(text, nullptr, false);
  if (root.is_discarded()) return bad_table("not valid JSON");
  return TableReader(root).read();
}

}  // namespace greylag
