// SPDX-License-Identifier: Apache-2.0
// What the pickle may build: storages (BINPERSID), tensors and ordered dicts (REDUCE), and the
// discarded _metadata of a module's state dict (BUILD); then the state dict itself.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "core/checkpoint/file_text.h"
#include "core/checkpoint/pickle_vm.h"

namespace greylag::pickle {

namespace {

constexpr size_t kMostTensors = 1'000'000;

Error bad_pickle(std::string_view rule) { return bad_file(fmt::format("data.pkl: {}", rule)); }

bool is_storage_key(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_device(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ':' || c == '_';
  });
}

}  // namespace

// ('storage', torch.FloatStorage, '12', 'cpu', 4096)
Status Machine::load_storage() {
  const Result<Value> id = pop();
  if (!id) return id.error();
  const auto refuse = [] { return bad_pickle("a persistent id is not that of a storage"); };
  if (id->kind != Kind::Tuple) return refuse();
  const std::vector<Value>& parts = sequence(*id).items;
  if (parts.size() != 5 || parts[0].kind != Kind::Text || text(parts[0]) != "storage" ||
      parts[1].kind != Kind::Global || parts[1].global != Global::StorageType ||
      parts[2].kind != Kind::Text || parts[3].kind != Kind::Text || parts[4].kind != Kind::Int) {
    return refuse();
  }
  if (!is_storage_key(text(parts[2])) || !is_device(text(parts[3])) || parts[4].number < 0) {
    return refuse();
  }
  storages_.push_back({.dtype = parts[1].dtype,
                       .key = text(parts[2]),
                       .elements = static_cast<uint64_t>(parts[4].number)});
  return push({.kind = Kind::Storage, .number = static_cast<int64_t>(storages_.size()) - 1});
}

Status Machine::reduce() {
  const Result<Value> arguments = pop();
  if (!arguments) return arguments.error();
  const Result<Value> callee = pop();
  if (!callee) return callee.error();
  if (callee->kind != Kind::Global || arguments->kind != Kind::Tuple) {
    return bad_pickle("REDUCE on something that is not an allowed name with a tuple");
  }
  const std::vector<Value> items = sequence(*arguments).items;
  switch (callee->global) {
    case Global::OrderedDict:
      if (!items.empty()) return bad_pickle("OrderedDict takes no arguments");
      return push_dict(true);
    case Global::RebuildTensor:
      return rebuild_tensor(items);
    case Global::RebuildParameter:
      return rebuild_parameter(items);
    case Global::Size:
      if (items.size() != 1 || items[0].kind != Kind::Tuple) {
        return bad_pickle("torch.Size takes one tuple");
      }
      return push(items[0]);
    case Global::StorageType:
    case Global::DType:
      break;
  }
  return bad_pickle("REDUCE on a type that builds nothing");
}

bool Machine::is_empty_ordered_dict(const Value& value) const {
  return value.kind == Kind::Dict && dict(value).is_ordered && dict(value).items.empty();
}

// (storage, offset, size, stride, requires_grad, backward_hooks)
Status Machine::rebuild_tensor(const std::vector<Value>& arguments) {
  const auto refuse = [](std::string_view rule) {
    return bad_pickle(fmt::format("_rebuild_tensor_v2: {}", rule));
  };
  if (arguments.size() != 6 || arguments[0].kind != Kind::Storage ||
      arguments[1].kind != Kind::Int || arguments[2].kind != Kind::Tuple ||
      arguments[3].kind != Kind::Tuple || arguments[4].kind != Kind::Bool ||
      !is_empty_ordered_dict(arguments[5])) {
    return refuse("the arguments are not storage, offset, size, stride, flag, empty hooks");
  }
  const std::vector<Value>& sizes = sequence(arguments[2]).items;
  const std::vector<Value>& strides = sequence(arguments[3]).items;
  if (sizes.size() > size_t{gpu::Shape::kMaxRank} || sizes.size() != strides.size()) {
    return refuse("size and stride have different lengths, or more than 8 dimensions");
  }
  if (arguments[1].number < 0) return refuse("the offset is negative");
  Tensor tensor;
  tensor.storage = arguments[0].number;
  tensor.offset = static_cast<uint64_t>(arguments[1].number);
  std::array<int64_t, gpu::Shape::kMaxRank> lengths{};
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i].kind != Kind::Int || strides[i].kind != Kind::Int || sizes[i].number < 0 ||
        strides[i].number < 0) {
      return refuse("a size or stride is negative or not a number");
    }
    lengths[i] = sizes[i].number;
    tensor.strides[i] = strides[i].number;
  }
  tensor.shape = gpu::Shape(std::span<const int64_t>(lengths.data(), sizes.size()));
  if (tensors_.size() >= kMostTensors) return refuse("more than 1 million tensors");
  tensors_.push_back(tensor);
  return push({.kind = Kind::Tensor, .number = static_cast<int64_t>(tensors_.size()) - 1});
}

// (tensor, requires_grad, backward_hooks): the flag is of no use here.
Status Machine::rebuild_parameter(const std::vector<Value>& arguments) {
  if (arguments.size() != 3 || arguments[0].kind != Kind::Tensor ||
      arguments[1].kind != Kind::Bool || !is_empty_ordered_dict(arguments[2])) {
    return bad_pickle("_rebuild_parameter: the arguments are not tensor, flag, empty hooks");
  }
  return push(arguments[0]);
}

Status Machine::build() {
  const Result<Value> state = pop();
  if (!state) return state.error();
  const Result<Value> object = pop();
  if (!object) return object.error();
  const auto is_metadata = [&](const std::pair<Value, Value>& item) {
    return item.first.kind == Kind::Text && text(item.first) == "_metadata";
  };
  if (object->kind != Kind::Dict || !dict(*object).is_ordered || state->kind != Kind::Dict ||
      !std::ranges::all_of(dict(*state).items, is_metadata)) {
    return bad_pickle("BUILD on something else than the _metadata of an OrderedDict");
  }
  return push(*object);
}

namespace {

// The dict that holds the tensors, or an error.
Result<Value> find_tensors(const Machine& machine, const Value& top) {
  if (top.kind == Kind::Tensor) {
    return bad_pickle("it holds a single tensor, not a dict of named tensors");
  }
  if (top.kind != Kind::Dict) return bad_pickle("it does not hold a dict of tensors");
  for (const auto& [key, value] : machine.dict(top).items) {
    if (key.kind != Kind::Text || value.kind != Kind::Dict) continue;
    for (const std::string_view known :
         {"state_dict", "model", "module", "model_state_dict", "weights"}) {
      if (machine.text(key) == known) return value;
    }
  }
  return top;
}

}  // namespace

Result<std::vector<NamedTensor>> read_state_dict(std::span<const std::byte> pickle) {
  Machine machine(pickle);
  const Result<Value> top = machine.run();
  if (!top) return top.error();
  const Result<Value> found = find_tensors(machine, *top);
  if (!found) return found.error();
  std::vector<NamedTensor> tensors;
  std::unordered_set<std::string_view> names;
  for (const auto& [key, value] : machine.dict(*found).items) {
    if (key.kind != Kind::Text || !is_valid_tensor_name(machine.text(key))) {
      return bad_pickle("a tensor's name is not text of 1 to 1024 bytes");
    }
    const std::string_view name = machine.text(key);
    if (value.kind != Kind::Tensor) {
      return bad_pickle(fmt::format("key {} does not hold a tensor", printable(name)));
    }
    if (!names.insert(name).second) {
      return bad_pickle(fmt::format("the name {} occurs twice", printable(name)));
    }
    const Tensor& tensor = machine.tensor(value);
    tensors.push_back({std::string(name), tensor, machine.storage(tensor.storage)});
  }
  return tensors;
}

}  // namespace greylag::pickle
