// SPDX-License-Identifier: Apache-2.0
// Which keys of a row were read, and which were not? A row's members are taken by name, whatever
// the case of its letters, and what nobody took can be told.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/data/dataset.h"

namespace greylag {

// Why a row cannot be learned: a problem and its sentence.
struct Refusal {
  RowProblem problem;
  std::string message;
};
template <typename T>
using Read = std::variant<T, Refusal>;

using Names = std::span<const std::string_view>;

// The JSON object that `text` is. Refuses bad UTF-8, deep nesting, what is no object, and keys that
// stand twice in an object, of which a parser would drop one.
Read<nlohmann::json> parse_object(std::string_view text);

// "", null, [] and {}: a key that says nothing.
bool is_empty_value(const nlohmann::json& value);

// The members of one JSON object, which must outlive it. One thread.
class RowFields {
 public:
  // Keys that differ only in case are one key here: the first is taken, the others stay unread.
  explicit RowFields(const nlohmann::json& object);

  // A member, read from now on; null when it is absent. Names are in lower case.
  const nlohmann::json* take(std::string_view name);
  // The same, and it stays as it was.
  const nlohmann::json* peek(std::string_view name) const;
  // The name of the one that is there and says something; nothing when none is. Refuses two.
  Read<std::optional<std::string>> only_one_of(Names names) const;
  bool has(std::string_view name) const { return peek(name) != nullptr; }
  bool has_any(Names names) const;
  // There, and not empty.
  bool says(std::string_view name) const;
  // Keys that nobody took and that say something, as they are written, sorted.
  std::vector<std::string> unread() const;

 private:
  struct Field {
    std::string name;  // lower case
    std::string key;
    const nlohmann::json* value;
    bool is_read = false;
  };
  std::vector<Field> fields_;
};

}  // namespace greylag
