// SPDX-License-Identifier: Apache-2.0
// The parts of a reader that do not depend on the format.
#include "core/checkpoint/reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/checkpoint/file_text.h"

namespace greylag {

const TensorInfo* CheckpointReader::find(std::string_view name) const {
  const auto all = tensors();
  const auto found = std::ranges::find(all, name, &TensorInfo::name);
  return found == all.end() ? nullptr : &*found;
}

Result<std::vector<float>> CheckpointReader::read_f32(std::string_view name) {
  using gpu::DType;
  const TensorInfo* info = find(name);
  if (info == nullptr) {
    return Error{ErrorCode::NotFound, fmt::format("there is no tensor {}", printable(name))};
  }
  if (info->dtype != DType::F32 && info->dtype != DType::F16 && info->dtype != DType::BF16 &&
      info->dtype != DType::F64) {
    return bad_file(fmt::format("{}: dtype {} where floats are expected", printable(name),
                                gpu::dtype_name(info->dtype)));
  }
  std::vector<std::byte> bytes(static_cast<size_t>(info->size_bytes));
  if (const Status status = read(*info, bytes); !status) return status.error();
  std::vector<float> values(static_cast<size_t>(info->shape.elements()));
  if (values.empty()) return values;
  gpu::convert(bytes.data(), info->dtype, values.data(), DType::F32, info->shape.elements());
  return values;
}

}  // namespace greylag
