// SPDX-License-Identifier: Apache-2.0
// Tables of names; the sentences for what does not go.
#include "core/convert/conversion_target.h"

#include <fmt/format.h>

#include <array>

#include "core/base/file.h"

namespace greylag {
namespace {

using gpu::DType;

constexpr std::array kTypes = {DType::F32,  DType::F16,     DType::BF16, DType::Q8_0, DType::Q4_0,
                               DType::Q4_1, DType::Q5_0,    DType::Q5_1, DType::Q4_K, DType::Q5_K,
                               DType::Q6_K, DType::Int8Row, DType::NF4};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::string_view output_format_name(OutputFormat format) {
  switch (format) {
    case OutputFormat::Pth:
      return "pth";
    case OutputFormat::Safetensors:
      return "safetensors";
    case OutputFormat::Gguf:
      return "gguf";
  }
  return "";
}

Result<OutputFormat> output_format_of(const std::filesystem::path& path) {
  const std::string extension = lower(path_to_utf8(path.extension()));
  for (const OutputFormat format :
       {OutputFormat::Pth, OutputFormat::Safetensors, OutputFormat::Gguf}) {
    if (extension == fmt::format(".{}", output_format_name(format))) return format;
  }
  return Error{ErrorCode::InvalidArgument, path_to_utf8(path.filename()) +
                                               ": the output's name must end in .pth, "
                                               ".safetensors or .gguf, which picks its format"};
}

Result<gpu::DType> parse_conversion_type(std::string_view name) {
  const std::string wanted = lower(name);
  for (const DType dtype : kTypes) {
    if (gpu::dtype_name(dtype) == wanted) return dtype;
  }
  if (wanted == "q4_k_m" || wanted == "q4_k_s") return DType::Q4_K;
  if (wanted == "q5_k_m" || wanted == "q5_k_s") return DType::Q5_K;
  return Error{ErrorCode::InvalidArgument, fmt::format("there is no type \"{}\"; the types are {}",
                                                       name, conversion_type_names())};
}

std::string conversion_type_names() {
  std::string names;
  for (const DType dtype : kTypes) {
    if (!names.empty()) names += ", ";
    names += gpu::dtype_name(dtype);
  }
  return names;
}

bool can_hold(OutputFormat format, DType dtype) {
  switch (format) {
    case OutputFormat::Pth:
      return !gpu::is_block_format(dtype);
    case OutputFormat::Safetensors:
      return true;
    case OutputFormat::Gguf:
      return dtype != DType::Int8Row && dtype != DType::NF4;
  }
  return false;
}

Status check_can_hold(OutputFormat format, DType dtype) {
  if (can_hold(format, dtype)) return {};
  const std::string_view type = gpu::dtype_name(dtype);
  if (can_hold(OutputFormat::Gguf, dtype)) {
    return Error{ErrorCode::InvalidArgument,
                 fmt::format("a .pth holds f32, f16 and bf16 only; for {} give the output a name "
                             "that ends in .gguf or .safetensors",
                             type)};
  }
  return Error{ErrorCode::InvalidArgument,
               fmt::format("a .{} cannot hold {}; give the output a name that ends in .safetensors",
                           output_format_name(format), type)};
}

}  // namespace greylag
