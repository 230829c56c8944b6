// SPDX-License-Identifier: Apache-2.0
#include "core/server/json_input.h"

#include <fmt/format.h>

#include <cmath>
#include <set>
#include <vector>

namespace greylag {
namespace {

Error wrong(std::string message) { return Error{ErrorCode::InvalidArgument, std::move(message)}; }

}  // namespace

Status check_json_size(std::string_view text) {
  int depth = 0;
  size_t nodes = 0;
  bool is_in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kJsonDepth) {
        return wrong(fmt::format("the JSON body is nested deeper than {} levels", kJsonDepth));
      }
      ++nodes;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' || c == ':') {
      ++nodes;
    }
    if (nodes > kJsonNodes) return wrong("the JSON body holds more than a million values");
  }
  return {};
}

Result<nlohmann::json> parse_json_object(std::string_view text) {
  if (const Status size = check_json_size(text); !size) return size.error();
  std::vector<std::set<std::string>> keys;
  std::string duplicate;
  const auto watch = [&](int, nlohmann::json::parse_event_t event, nlohmann::json& value) {
    if (event == nlohmann::json::parse_event_t::object_start) keys.emplace_back();
    if (event == nlohmann::json::parse_event_t::object_end) keys.pop_back();
    if (event == nlohmann::json::parse_event_t::key &&
        !keys.back().insert(value.get<std::string>()).second) {
      duplicate = value.get<std::string>();
    }
    return true;
  };
  nlohmann::json json = nlohmann::json::parse(text, watch, false);
  if (json.is_discarded()) return wrong("the body is not valid JSON");
  if (!json.is_object()) return wrong("the body must be a JSON object");
  if (!duplicate.empty()) return wrong("the key \"" + duplicate + "\" occurs twice");
  return json;
}

const nlohmann::json* FieldReader::find(const char* name) const {
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

void FieldReader::refuse(const std::string& param, const std::string& message) {
  if (error_) return;
  error_ = wrong(message);
  param_ = param;
}

std::optional<double> FieldReader::number(const char* name, double low, double high) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : NAN;
  if (!std::isfinite(number) || number < low || number > high) {
    refuse(name, fmt::format("{} must be a number between {} and {}", name, low, high));
    return std::nullopt;
  }
  return number;
}

std::optional<int64_t> FieldReader::integer(const char* name, int64_t low, int64_t high) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool fits =
      value->is_number_integer() &&
      !(value->is_number_unsigned() && value->get<uint64_t>() > static_cast<uint64_t>(INT64_MAX));
  if (!fits || value->get<int64_t>() < low || value->get<int64_t>() > high) {
    refuse(name, fmt::format("{} must be a whole number between {} and {}", name, low, high));
    return std::nullopt;
  }
  return value->get<int64_t>();
}

std::optional<bool> FieldReader::boolean(const char* name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) {
    refuse(name, fmt::format("{} must be true or false", name));
    return std::nullopt;
  }
  return value->get<bool>();
}

std::optional<std::string> FieldReader::string(const char* name, size_t longest) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || value->get_ref<const std::string&>().size() > longest) {
    refuse(name, fmt::format("{} must be a string of at most {} bytes", name, longest));
    return std::nullopt;
  }
  return value->get<std::string>();
}

}  // namespace greylag
