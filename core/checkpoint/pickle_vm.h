// SPDX-License-Identifier: Apache-2.0
// What does data.pkl say? A restricted unpickler: 31 opcodes of protocol 2, the names of
// pickle_value.cpp, and two ways to build a tensor. No code of a file can run, because a global is
// an enum and REDUCE a switch over it. Memory is bounded by a small multiple of the pickle's size.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/pickle_value.h"

namespace greylag::pickle {

struct NamedTensor {
  std::string name;  // as in the file
  Tensor tensor;
  Storage storage;  // its key points into the pickle's bytes
};

// The tensors of a state dict in order: a flat dict, or one level below "state_dict", "model",
// "module", "model_state_dict" or "weights". Extents are not checked here. BadFile: "data.pkl:
// ...".
Result<std::vector<NamedTensor>> read_state_dict(std::span<const std::byte> pickle);

// The machine itself; use read_state_dict.
class Machine {
 public:
  explicit Machine(std::span<const std::byte> pickle);
  // The value on the stack at STOP, which must be the last byte.
  Result<Value> run();

  std::string_view text(const Value& value) const;
  const Sequence& sequence(const Value& value) const;
  const Dict& dict(const Value& value) const;
  const Tensor& tensor(const Value& value) const;
  const Storage& storage(int64_t index) const;

 private:
  struct Reader;
  Status step(uint8_t opcode, Reader& reader);
  Status step_scalar(uint8_t opcode, Reader& reader);
  Status step_container(uint8_t opcode);
  Status step_memo(uint8_t opcode, Reader& reader);

  Status push(Value value);
  Result<Value> pop();
  Status push_sequence(Kind kind, std::vector<Value> items);
  // Everything above the topmost mark, which is removed.
  Result<std::vector<Value>> pop_to_mark();
  Status push_tuple_of(size_t count);
  Status put(uint64_t index);
  Status get(uint64_t index);
  Status push_global(std::string_view module, std::string_view name);
  Status append(std::vector<Value> items);
  Status set_items(std::vector<Value> items);
  Status build();
  Status load_storage();
  Status reduce();
  Status rebuild_tensor(const std::vector<Value>& arguments);
  Status rebuild_parameter(const std::vector<Value>& arguments);
  Status push_dict(bool is_ordered);
  bool is_empty_ordered_dict(const Value& value) const;
  int depth_of(const Value& value) const;
  size_t container_count() const { return sequences_.size() + dicts_.size(); }

  std::span<const std::byte> pickle_;
  std::vector<Value> stack_;
  std::vector<size_t> marks_;  // stack heights
  std::vector<Value> memo_;
  std::vector<Sequence> sequences_;
  std::vector<Dict> dicts_;
  std::vector<Storage> storages_;
  std::vector<Tensor> tensors_;
};

}  // namespace greylag::pickle
