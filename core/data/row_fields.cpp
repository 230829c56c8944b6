// SPDX-License-Identifier: Apache-2.0
#include "core/data/row_fields.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "core/data/json_depth.h"
#include "core/data/text_case.h"
#include "core/tokenizer/utf8.h"

namespace greylag {
namespace {

using nlohmann::json;

// Remembers the first key that stands twice in one object.
class DuplicateKeys {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& value) {
    const auto level = static_cast<size_t>(depth);
    if (event == json::parse_event_t::object_start) keys_.at(level + 1).clear();
    if (event == json::parse_event_t::key && key_.empty()) {
      const auto& key = value.get_ref<const std::string&>();
      if (!keys_.at(level).insert(key).second) key_ = key;
    }
    return true;
  }
  const std::string& key() const { return key_; }

 private:
  std::array<std::unordered_set<std::string>, kDeepestRow + 2> keys_;
  std::string key_;
};

}  // namespace

bool is_empty_value(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.is_null() || (value.is_structured() && value.empty());
}

Read<json> parse_object(std::string_view text) {
  if (const size_t bad = find_bad_utf8(text); bad != std::string_view::npos) {
    return Refusal{RowProblem::BadUtf8,
                   "byte " + std::to_string(bad + 1) +
                       " of the row is not valid UTF-8; save the file as UTF-8"};
  }
  if (nesting_depth(text) > kDeepestRow) {
    return Refusal{RowProblem::BadJson, "nested more than 32 deep"};
  }
  DuplicateKeys duplicates;
  json row = json::parse(text, std::ref(duplicates), false);
  if (row.is_discarded()) {
    return Refusal{RowProblem::BadJson, "not valid JSON; each row must be one JSON object"};
  }
  if (!row.is_object()) {
    return Refusal{RowProblem::NotAnObject, "not a JSON object; each row must be one"};
  }
  if (!duplicates.key().empty()) {
    return Refusal{RowProblem::Ambiguous,
                   "the key " + in_quotes(duplicates.key()) + " stands twice"};
  }
  return row;
}

RowFields::RowFields(const json& object) {
  fields_.reserve(object.size());
  for (const auto& [key, value] : object.items()) {
    fields_.push_back({lower_case(key), key, &value});
  }
}

const json* RowFields::peek(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  return found == fields_.end() ? nullptr : found->value;
}

const json* RowFields::take(std::string_view name) {
  const auto found = std::ranges::find(fields_, name, &Field::name);
  if (found == fields_.end()) return nullptr;
  found->is_read = true;
  return found->value;
}

bool RowFields::says(std::string_view name) const {
  const json* value = peek(name);
  return value != nullptr && !is_empty_value(*value);
}

bool RowFields::has_any(Names names) const {
  return std::ranges::any_of(names, [this](std::string_view name) { return has(name); });
}

Read<std::optional<std::string>> RowFields::only_one_of(Names names) const {
  std::optional<std::string> found;
  for (const std::string_view name : names) {
    if (!says(name)) continue;
    if (found) {
      return Refusal{RowProblem::Ambiguous, "has both " + in_quotes(*found) + " and " +
                                                in_quotes(name) + "; keep the one to be read"};
    }
    found = name;
  }
  return found;
}

std::vector<std::string> RowFields::unread() const {
  std::vector<std::string> keys;
  for (const Field& field : fields_) {
    if (!field.is_read && !is_empty_value(*field.value)) keys.push_back(field.key);
  }
  return keys;
}

}  // namespace greylag
