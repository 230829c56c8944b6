// SPDX-License-Identifier: Apache-2.0
#include "core/server/json_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace greylag {
namespace {

using nlohmann::json;

Error wrong(std::string message) { return Error{ErrorCode::InvalidArgument, std::move(message)}; }

// Builds the value from nlohmann's SAX events; each returns false to end the parse, with the reason
// in problem(). The library's own callback parser looks at a whole array again after each of its
// objects; this one touches every value once.
class StrictBuilder {
 public:
  const std::string& problem() const { return problem_; }
  json take() { return std::move(root_); }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return refuse("the body is not valid JSON"); }
  bool start_object(size_t) { return open(json::value_t::object); }
  bool start_array(size_t) { return open(json::value_t::array); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (!count()) return false;
    const auto [member, is_new] =
        open_.back()->get_ref<json::object_t&>().try_emplace(std::move(name));
    if (!is_new) {
      return refuse(fmt::format("the key \"{}\" occurs twice", member->first.substr(0, 64)));
    }
    member_ = &member->second;
    return true;
  }

  bool parse_error(size_t position, const std::string&, const json::exception&) {
    return refuse(fmt::format("the body is not valid JSON (byte {})", position));
  }

 private:
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool count() {
    if (++nodes_ <= kJsonNodes) return true;
    return refuse("the JSON body holds more than a million values");
  }

  bool add(json value) { return place(std::move(value)) != nullptr; }

  bool open(json::value_t type) {
    if (open_.size() == kJsonDepth) {
      return refuse(fmt::format("the JSON body is nested deeper than {} levels", kJsonDepth));
    }
    json* const container = place(json(type));
    if (container == nullptr) return false;
    open_.push_back(container);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  // Where the value now lies; null when it is one too many. The place stays valid while the value
  // is open: its container takes nothing more until then.
  json* place(json value) {
    if (!count()) return nullptr;
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) {
      return &open_.back()->get_ref<json::array_t&>().emplace_back(std::move(value));
    }
    return &(*member_ = std::move(value));
  }

  json root_;
  std::vector<json*> open_;  // containers around the next value, outermost first
  json* member_ = nullptr;   // of the innermost object: the value of the key read last
  size_t nodes_ = 0;
  std::string problem_;
};

}  // namespace

Result<json> parse_json_object(std::string_view text) {
  // The library takes a NUL for the end of the text, whatever follows.
  if (text.find('\0') != std::string_view::npos) {
    return wrong("the body is not valid JSON (a NUL byte)");
  }
  StrictBuilder builder;
  if (!json::sax_parse(text, &builder)) return wrong(builder.problem());
  json value = builder.take();
  if (!value.is_object()) return wrong("the body must be a JSON object");
  return value;
}

std::optional<int64_t> whole_number(const json& value) {
  if (value.is_number_unsigned()) {
    return static_cast<int64_t>(std::min<uint64_t>(value.get<uint64_t>(), INT64_MAX));
  }
  if (value.is_number_integer()) return value.get<int64_t>();
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  if (!std::isfinite(number) || number != std::floor(number)) return std::nullopt;
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (number >= kEnd) return INT64_MAX;
  return number < -kEnd ? INT64_MIN : static_cast<int64_t>(number);
}

const json* FieldReader::find(const char* name) const {
  const auto it = object_.find(name);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

void FieldReader::refuse(const std::string& param, const std::string& message) {
  if (error_) return;
  error_ = wrong(message);
  param_ = param;
}

std::optional<double> FieldReader::clamped_number(const char* name, double low, double high) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) {
    refuse(name, fmt::format("{} must be a number", name));
    return std::nullopt;
  }
  return std::clamp(value->get<double>(), low, high);
}

std::optional<int64_t> FieldReader::clamped_integer(const char* name, int64_t low, int64_t high) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number(*value);
  if (!number) {
    refuse(name, fmt::format("{} must be a whole number", name));
    return std::nullopt;
  }
  return std::clamp(*number, low, high);
}

std::optional<int64_t> FieldReader::integer(const char* name, int64_t low, int64_t high) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const auto number = whole_number(*value);
  if (!number || *number < low || *number > high) {
    refuse(name, fmt::format("{} must be a whole number between {} and {}", name, low, high));
    return std::nullopt;
  }
  return number;
}

std::optional<bool> FieldReader::boolean(const char* name) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  const auto number = whole_number(*value);
  if (!number || *number < 0 || *number > 1) {
    refuse(name, fmt::format("{} must be true or false", name));
    return std::nullopt;
  }
  return *number == 1;
}

std::optional<std::string> FieldReader::string(const char* name, size_t longest) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string() || value->get_ref<const std::string&>().size() > longest) {
    refuse(name, fmt::format("{} must be a string of at most {} bytes", name, longest));
    return std::nullopt;
  }
  return value->get<std::string>();
}

}  // namespace greylag
