// SPDX-License-Identifier: Apache-2.0
// The complete list of names that a checkpoint may mention.
#include "core/checkpoint/pickle_value.h"

namespace greylag::pickle {

std::optional<Value> find_global(std::string_view module, std::string_view name) {
  using gpu::DType;
  struct Allowed {
    std::string_view module, name;
    Global global;
    DType dtype = DType::F32;
  };
  static constexpr Allowed kAllowed[] = {
      {"collections", "OrderedDict", Global::OrderedDict},
      {"torch._utils", "_rebuild_tensor_v2", Global::RebuildTensor},
      {"torch._utils", "_rebuild_parameter", Global::RebuildParameter},
      {"torch", "Size", Global::Size},
      {"torch", "BFloat16Storage", Global::StorageType, DType::BF16},
      {"torch", "HalfStorage", Global::StorageType, DType::F16},
      {"torch", "FloatStorage", Global::StorageType, DType::F32},
      {"torch", "DoubleStorage", Global::StorageType, DType::F64},
      {"torch", "LongStorage", Global::StorageType, DType::I64},
      {"torch", "IntStorage", Global::StorageType, DType::I32},
      {"torch", "ShortStorage", Global::StorageType, DType::I16},
      {"torch", "CharStorage", Global::StorageType, DType::I8},
      {"torch", "ByteStorage", Global::StorageType, DType::U8},
      {"torch", "BoolStorage", Global::StorageType, DType::Bool},
      {"torch", "bfloat16", Global::DType, DType::BF16},
      {"torch", "float16", Global::DType, DType::F16},
      {"torch", "float32", Global::DType, DType::F32},
      {"torch", "float64", Global::DType, DType::F64},
      {"torch", "int64", Global::DType, DType::I64},
      {"torch", "int32", Global::DType, DType::I32},
      {"torch", "int16", Global::DType, DType::I16},
      {"torch", "int8", Global::DType, DType::I8},
      {"torch", "uint8", Global::DType, DType::U8},
      {"torch", "bool", Global::DType, DType::Bool},
  };
  for (const Allowed& allowed : kAllowed) {
    if (allowed.module == module && allowed.name == name) {
      return Value{.kind = Kind::Global, .global = allowed.global, .dtype = allowed.dtype};
    }
  }
  return std::nullopt;
}

}  // namespace greylag::pickle
