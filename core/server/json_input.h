// SPDX-License-Identifier: Apache-2.0
// Is this JSON from outside fit to be read? Syntax, UTF-8, depth, number of values and duplicate
// keys are checked in the one pass that builds it, before anyone looks at a field; then fields are
// read with their type and range.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

inline constexpr int kJsonDepth = 32;
inline constexpr size_t kJsonNodes = 1'000'000;  // values and keys

// An object, or InvalidArgument saying what is wrong. Time is n log n in the text's length; memory
// at most about 100 bytes a value beside the text of its strings.
Result<nlohmann::json> parse_json_object(std::string_view text);

// A number without a fraction, also one spelled as a float (24.0), since some languages have no
// other numbers; values beyond int64 become its nearest end. nullopt for everything else.
std::optional<int64_t> whole_number(const nlohmann::json& value);

// Reads optional fields of an object; null counts as absent. The first thing that is wrong stays in
// error() with the field's name in param(); later reads still return, so that one check at the end
// is enough.
class FieldReader {
 public:
  explicit FieldReader(const nlohmann::json& object) : object_(object) {}

  bool has(const char* name) const { return object_.contains(name); }  // also when it is null
  // Null when absent or null.
  const nlohmann::json* find(const char* name) const;
  // A value beyond the range becomes its nearest end.
  std::optional<double> clamped_number(const char* name, double low, double high);
  std::optional<int64_t> clamped_integer(const char* name, int64_t low, int64_t high);
  // A value beyond the range is refused.
  std::optional<int64_t> integer(const char* name, int64_t low, int64_t high);
  std::optional<bool> boolean(const char* name);  // also 0 and 1
  std::optional<std::string> string(const char* name, size_t longest);
  void refuse(const std::string& param, const std::string& message);

  bool ok() const { return !error_; }
  const Error& error() const { return *error_; }
  const std::string& param() const { return param_; }

 private:
  const nlohmann::json& object_;
  std::optional<Error> error_;
  std::string param_;
};

}  // namespace greylag
