// SPDX-License-Identifier: Apache-2.0
// What can a value in the restricted unpickler be? A tag and a number: containers, storages and
// tensors are indices into arenas, text is a range of the pickle, a global is an enum. Nothing here
// can be called.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "gpu/tensor.h"

namespace greylag::pickle {

enum class Kind : uint8_t {
  Unset,  // an empty memo place
  None,
  Bool,
  Int,
  Float,
  Text,
  Global,
  Tuple,
  List,
  Dict,
  Storage,
  Tensor,
};

enum class Global : uint8_t {
  OrderedDict,
  RebuildTensor,
  RebuildParameter,
  Size,
  StorageType,  // with a dtype
  DType,        // with a dtype
};

struct Value {
  Kind kind = Kind::Unset;
  Global global = Global::OrderedDict;  // Kind::Global
  gpu::DType dtype = gpu::DType::F32;   // Global::StorageType, Global::DType
  int64_t number = 0;                   // Bool, Int; arena index; Text: begin << 32 | length
};

// Tuples and lists.
struct Sequence {
  std::vector<Value> items;
  int depth = 1;  // of nesting, itself included
};

struct Dict {
  std::vector<std::pair<Value, Value>> items;
  int depth = 1;
  bool is_ordered = false;  // a collections.OrderedDict
};

struct Storage {
  gpu::DType dtype = gpu::DType::F32;
  std::string_view key;  // digits: the entry data/<key>
  uint64_t elements = 0;
};

struct Tensor {
  int64_t storage = 0;  // arena index
  uint64_t offset = 0;  // elements
  gpu::Shape shape;
  std::array<int64_t, gpu::Shape::kMaxRank> strides{};
};

// Null for every name that is not on the list.
std::optional<Value> find_global(std::string_view module, std::string_view name);

}  // namespace greylag::pickle
