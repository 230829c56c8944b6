// SPDX-License-Identifier: Apache-2.0
// What the writers ask of their input, how they move it, and the form for tensors held in memory.
#include "core/checkpoint/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/writer_input.h"

namespace greylag {

Result<uint64_t> check_writer_input(std::span<const TensorInfo> tensors) {
  const auto refuse = [](std::string_view name, std::string_view rule) {
    return Error{ErrorCode::InvalidArgument, fmt::format("{}: {}", printable(name), rule)};
  };
  std::unordered_set<std::string_view> names;
  CheckedSize total = 0;
  for (const TensorInfo& info : tensors) {
    if (!is_valid_tensor_name(info.name)) return refuse(info.name, "not a valid tensor name");
    if (!names.insert(info.name).second) return refuse(info.name, "the name occurs twice");
    const bool fits =
        element_count(info.shape).is_valid() &&
        (!gpu::is_block_format(info.dtype) ||
         (info.shape.rank() > 0 && gpu::can_hold_rows_of(info.dtype, info.shape[-1])));
    if (!fits || gpu::size_bytes(info.dtype, info.shape) != info.size_bytes) {
      return refuse(info.name, "size and shape disagree");
    }
    total = total + info.size_bytes;
  }
  if (!total.is_valid()) return refuse("file", "the total size overflows");
  return total.value();
}

TensorData::TensorData(OutputFile& file, std::span<const TensorInfo> tensors,
                       const TensorSource& source)
    : file_(file), source_(source) {
  uint64_t largest = 0;
  for (const TensorInfo& info : tensors) largest = std::max(largest, info.size_bytes);
  buffer_ = std::make_unique_for_overwrite<std::byte[]>(static_cast<size_t>(largest));
}

Status TensorData::write(const TensorInfo& info, const OutputFile::Observer& see) {
  if (file_.keeps(info.size_bytes)) return file_.skip(info.size_bytes, see);
  const std::span<std::byte> bytes(buffer_.get(), static_cast<size_t>(info.size_bytes));
  if (Status status = source_(info, bytes); !status) return status;
  if (see) see(bytes);
  return file_.write(bytes);
}

Status write_safetensors(const std::filesystem::path& path, std::span<const NamedTensor> tensors,
                         const std::map<std::string, std::string>& metadata) {
  std::vector<TensorInfo> infos;
  for (const NamedTensor& tensor : tensors) infos.push_back(tensor.info);
  size_t next = 0;
  const TensorSource source = [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
    const std::span<const std::byte> bytes = tensors[next++].bytes;
    if (bytes.size() != out.size()) {
      return Error{ErrorCode::InvalidArgument, info.name + ": size and shape disagree"};
    }
    if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size());
    return {};
  };
  return write_safetensors(path, infos, metadata, source);
}

}  // namespace greylag
