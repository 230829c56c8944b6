// SPDX-License-Identifier: Apache-2.0
// Tokens are written in GPT-2's byte alphabet: printable Latin-1 stands for itself, the other 68
// bytes for U+0100 and up, in order.
#include "core/tokenizer/neox_table.h"

#include <nlohmann/json.hpp>
#include <optional>

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
    for (Status (TableReader::*step)() : {&TableReader::check_kind, &TableReader::read_vocabulary,
                                          &TableReader::read_added, &TableReader::read_merges}) {
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

  // Makes room for an id; false when it is no usable number.
  bool claim(const json& id) {
    if (!id.is_number_unsigned() || id.get<uint64_t>() >= kLargestId) return false;
    const size_t needed = id.get<size_t>() + 1;
    if (table_.tokens.size() < needed) table_.tokens.resize(needed);
    return true;
  }

  Status read_vocabulary() {
    const json* words = member(*model_, "vocab");
    if (words == nullptr || !words->is_object()) return bad_table("model.vocab is no object");
    for (const auto& [word, id] : words->items()) {
      if (!claim(id)) return bad_table("the id of \"" + word + "\" is no number below 1048576");
      ids_[word] = id.get<int32_t>();
      // Words outside the byte alphabet (special ones) can come out of no merge and no byte.
      if (auto bytes = to_bytes(word)) table_.tokens[id.get<size_t>()] = std::move(*bytes);
    }
    for (const auto& [code, byte] : alphabet_) {
      std::string letter;
      append_utf8(letter, code);
      const auto id = ids_.find(letter);
      const bool is_in_utf8 = byte < 0xF5 && byte != 0xC0 && byte != 0xC1;
      if (id == ids_.end() && is_in_utf8) {
        return bad_table("no token for byte " + std::to_string(byte));
      }
      table_.byte_ids[byte] = id == ids_.end() ? -1 : id->second;
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
      if (id == nullptr || content == nullptr || !content->is_string() || !claim(*id)) {
        return bad_table("an added token lacks its id or content");
      }
      const auto& word = content->get_ref<const std::string&>();
      const json* special = member(token, "special");
      if (special != nullptr && *special == true) {
        special_.push_back(id->get<int32_t>());
        table_.tokens[id->get<size_t>()].clear();
      } else if (word.size() < 2 || word.find_first_not_of(' ') != std::string::npos) {
        return bad_table("an added token that is neither special nor a run of spaces");
      } else {
        table_.space_runs[word.size()] = id->get<int32_t>();
        table_.tokens[id->get<size_t>()] = word;
      }
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
      if (std::find(special_.begin(), special_.end(), both->second) == special_.end()) {
        table_.merges.try_emplace(NeoxTable::pair_key(left->second, right->second),
                                  NeoxTable::Merge{rank, both->second});
      }
      ++rank;
    }
    return {};
  }

  const json& root_;
  const json* model_ = nullptr;
  std::unordered_map<char32_t, uint8_t> alphabet_;
  std::unordered_map<std::string, int32_t> ids_;  // word of the byte alphabet -> id
  std::vector<int32_t> special_;
  NeoxTable table_;
};

}  // namespace

Result<NeoxTable> read_neox_table(std::string_view text) {
  const json root = json::parse(text, nullptr, false);
  if (root.is_discarded()) return bad_table("not valid JSON");
  return TableReader(root).read();
}

}  // namespace greylag
