// SPDX-License-Identifier: Apache-2.0
// Header first: sizes are known before any data, so one pass suffices.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/base/file.h"
#include "core/checkpoint/block_tensor.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/writer.h"
#include "core/checkpoint/writer_input.h"

namespace greylag {

namespace {

constexpr size_t kAlignment = 64;

std::string_view format_dtype_name(gpu::DType dtype) {
  using gpu::DType;
  switch (dtype) {
    case DType::F32:
      return "F32";
    case DType::F16:
      return "F16";
    case DType::BF16:
      return "BF16";
    case DType::F64:
      return "F64";
    case DType::I64:
      return "I64";
    case DType::I32:
      return "I32";
    case DType::I16:
      return "I16";
    case DType::I8:
      return "I8";
    case DType::U8:
      return "U8";
    case DType::Bool:
      return "BOOL";
    default:
      return "";  // block formats are packed before
  }
}

std::string json_text(std::string_view text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

// Length field and header, padded with spaces so that the data starts aligned.
std::string make_header(std::span<const TensorInfo> tensors,
                        const std::map<std::string, std::string>& metadata) {
  std::vector<std::string> members;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata) {
      pairs.push_back(fmt::format("{}:{}", json_text(key), json_text(value)));
    }
    members.push_back(fmt::format("\"__metadata__\":{{{}}}", fmt::join(pairs, ",")));
  }
  uint64_t offset = 0;
  for (const TensorInfo& info : tensors) {
    std::vector<int64_t> sizes;
    for (int d = 0; d < info.shape.rank(); ++d) sizes.push_back(info.shape[d]);
    members.push_back(fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{},{}]}}",
                                  json_text(info.name), format_dtype_name(info.dtype),
                                  fmt::join(sizes, ","), offset, offset + info.size_bytes));
    offset += info.size_bytes;
  }
  std::string json = fmt::format("{{{}}}", fmt::join(members, ","));
  while ((json.size() + 8) % kAlignment != 0) json += ' ';
  std::string header;
  for (int shift = 0; shift < 64; shift += 8) {
    header += static_cast<char>(json.size() >> shift & 0xFF);
  }
  return header + json;
}

}  // namespace

Status write_safetensors(OutputFile& file, std::span<const TensorInfo> tensors,
                         const std::map<std::string, std::string>& given,
                         const TensorSource& source) {
  if (const Result<uint64_t> total = check_writer_input(tensors); !total) return total.error();
  std::map<std::string, std::string> metadata = given;
  std::vector<TensorInfo> carriers(tensors.begin(), tensors.end());
  for (TensorInfo& info : carriers) {
    if (!gpu::is_block_format(info.dtype)) continue;
    metadata[block_key(info.name)] = block_note(info);
    info = pack_block_tensor(info);
  }
  for (const auto& [key, value] : metadata) {
    if (!is_valid_tensor_name(key) || !is_valid_utf8(value)) {
      return Error{ErrorCode::InvalidArgument, "metadata is not valid text"};
    }
  }
  if (Status status = file.write(make_header(carriers, metadata)); !status) return status;
  TensorData data(file, tensors, source);
  for (const TensorInfo& info : tensors) {
    if (Status status = data.write(info); !status) return status;
  }
  return {};
}

Status write_safetensors(const std::filesystem::path& path, std::span<const TensorInfo> tensors,
                         const std::map<std::string, std::string>& metadata,
                         const TensorSource& source) {
  Result<AtomicFile> file = AtomicFile::create(path);
  if (!file) return file.error();
  if (Status status = write_safetensors(*file, tensors, metadata, source); !status) return status;
  return file->commit();
}

}  // namespace greylag
