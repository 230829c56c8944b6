// SPDX-License-Identifier: Apache-2.0
// A state machine over nlohmann's SAX events: top object -> tensor object -> its three keys.
#include "core/checkpoint/safetensors_header.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"

namespace greylag {

namespace {

constexpr size_t kMostTensors = 1'000'000;
constexpr size_t kMostMetadata = 65'536;

std::optional<gpu::DType> find_dtype(std::string_view name) {
  using gpu::DType;
  static constexpr std::pair<std::string_view, DType> kTypes[] = {
      {"F32", DType::F32}, {"F16", DType::F16},   {"BF16", DType::BF16}, {"F64", DType::F64},
      {"I64", DType::I64}, {"I32", DType::I32},   {"I16", DType::I16},   {"I8", DType::I8},
      {"U8", DType::U8},   {"BOOL", DType::Bool},
  };
  for (const auto& [known, dtype] : kTypes) {
    if (known == name) return dtype;
  }
  return std::nullopt;
}

// Returns false (ending the parse) with error() filled at the first broken rule.
class HeaderSax final : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader take_header() { return std::move(header_); }
  const std::string& error() const { return error_; }

  bool null() override { return refuse("null is not allowed"); }
  bool boolean(bool) override { return refuse("true and false are not allowed"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return refuse("a number that is not a 64-bit integer");
  }
  bool binary(binary_t&) override { return refuse("binary is not allowed"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool key(string_t& value) override;
  bool start_object(std::size_t) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return refuse(fmt::format("not valid JSON at byte {}", position));
  }

 private:
  enum class Place { Outside, Top, Tensor, Metadata, ShapeList, OffsetList, Done };
  enum class Field { None, Dtype, Shape, Offsets };

  bool refuse(std::string_view rule) {
    error_ = name_.empty() ? std::string(rule) : fmt::format("{}: {}", printable(name_), rule);
    return false;
  }
  bool start_field(std::string_view key);
  bool finish_tensor();

  Place place_ = Place::Outside;
  SafetensorsHeader header_;
  std::unordered_set<std::string> names_;
  std::string name_;           // of the tensor, or "__metadata__"
  bool wants_object_ = false;  // a key of the top object was read
  Field field_ = Field::None;
  std::string metadata_key_;
  std::optional<gpu::DType> dtype_;
  std::optional<std::vector<uint64_t>> shape_, offsets_;
  std::string error_;
};

bool HeaderSax::start_object(std::size_t) {
  if (place_ == Place::Outside) {
    place_ = Place::Top;
    return true;
  }
  if (place_ != Place::Top || !wants_object_) return refuse("an object where none belongs");
  wants_object_ = false;
  place_ = name_ == "__metadata__" ? Place::Metadata : Place::Tensor;
  dtype_.reset();
  shape_.reset();
  offsets_.reset();
  return true;
}

bool HeaderSax::key(string_t& value) {
  switch (place_) {
    case Place::Top:
      name_ = value;
      wants_object_ = true;
      if (!names_.insert(value).second) return refuse("the key occurs twice");
      if (!is_valid_tensor_name(value)) return refuse("the name is not 1 to 1024 bytes of text");
      return true;
    case Place::Metadata:
      metadata_key_ = value;
      if (header_.metadata.contains(value)) {
        return refuse(fmt::format("the key {} occurs twice", printable(value)));
      }
      return true;
    case Place::Tensor:
      return start_field(value);
    default:
      return refuse("a key where none belongs");
  }
}

bool HeaderSax::start_field(std::string_view key) {
  if (field_ != Field::None) return refuse("a key without a value");
  const bool occurs_twice = (key == "dtype" && dtype_) || (key == "shape" && shape_) ||
                            (key == "data_offsets" && offsets_);
  if (occurs_twice) return refuse(fmt::format("the key {} occurs twice", key));
  if (key == "dtype") {
    field_ = Field::Dtype;
  } else if (key == "shape") {
    field_ = Field::Shape;
  } else if (key == "data_offsets") {
    field_ = Field::Offsets;
  } else {
    return refuse(fmt::format("the key {} is not allowed", printable(key)));
  }
  return true;
}

bool HeaderSax::string(string_t& value) {
  if (place_ == Place::Metadata) {
    if (header_.metadata.size() >= kMostMetadata) return refuse("more than 65536 keys");
    header_.metadata.emplace(metadata_key_, value);
    return true;
  }
  if (place_ != Place::Tensor || field_ != Field::Dtype) return refuse("text where none belongs");
  dtype_ = find_dtype(value);
  if (!dtype_) return refuse(fmt::format("dtype {} is not supported", printable(value)));
  field_ = Field::None;
  return true;
}

bool HeaderSax::start_array(std::size_t) {
  if (place_ == Place::Tensor && field_ == Field::Shape) {
    place_ = Place::ShapeList;
    shape_.emplace();
    return true;
  }
  if (place_ == Place::Tensor && field_ == Field::Offsets) {
    place_ = Place::OffsetList;
    offsets_.emplace();
    return true;
  }
  return refuse("a list where none belongs");
}

bool HeaderSax::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::ShapeList) {
    if (shape_->size() >= size_t{gpu::Shape::kMaxRank}) return refuse("more than 8 dimensions");
    shape_->push_back(value);
    return true;
  }
  if (place_ == Place::OffsetList) {
    if (offsets_->size() >= 2) return refuse("data_offsets are not two numbers");
    offsets_->push_back(value);
    return true;
  }
  return refuse("a number where none belongs");
}

bool HeaderSax::end_array() {
  place_ = Place::Tensor;
  field_ = Field::None;
  return true;
}

bool HeaderSax::end_object() {
  if (place_ == Place::Tensor && !finish_tensor()) return false;
  if (place_ == Place::Top) {
    place_ = Place::Done;
    return true;
  }
  place_ = Place::Top;
  name_.clear();
  return true;
}

bool HeaderSax::finish_tensor() {
  if (!dtype_ || !shape_ || !offsets_) return refuse("dtype, shape or data_offsets is missing");
  if (offsets_->size() != 2) return refuse("data_offsets are not two numbers");
  if (header_.entries.size() >= kMostTensors) return refuse("more than 1 million tensors");
  std::vector<int64_t> sizes;
  for (const uint64_t n : *shape_) {
    if (n > uint64_t{INT64_MAX}) return refuse("its size overflows");
    sizes.push_back(static_cast<int64_t>(n));
  }
  const gpu::Shape shape{std::span<const int64_t>(sizes)};
  const CheckedSize size_bytes = element_count(shape) * gpu::dtype_size(*dtype_);
  if (!size_bytes.is_valid()) return refuse("its size overflows");
  const auto [begin, end] = std::pair((*offsets_)[0], (*offsets_)[1]);
  if (!(CheckedSize(begin) + size_bytes).equals(end)) {
    return refuse("data_offsets do not fit dtype and shape");
  }
  SafetensorsEntry entry;
  entry.info = {name_, *dtype_, shape, size_bytes.value()};
  entry.begin = begin;
  entry.end = end;
  header_.entries.push_back(std::move(entry));
  return true;
}

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json) {
  if (!json.starts_with('{')) return bad_file("header: it does not start with {");
  // The parser takes a NUL for the end of its input and would not look at what follows.
  if (json.find('\0') != std::string_view::npos) return bad_file("header: not valid JSON (NUL)");
  HeaderSax sax;
  const bool is_parsed = nlohmann::json::sax_parse(json.begin(), json.end(), &sax);
  if (!is_parsed) return bad_file("header: " + sax.error());
  return sax.take_header();
}

}  // namespace greylag
