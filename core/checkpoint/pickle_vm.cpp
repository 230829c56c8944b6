// SPDX-License-Identifier: Apache-2.0
// The opcodes. Limits: 64 MiB, 20 M opcodes, 1 M stack and memo places, 4 M containers, nesting 64.
#include "core/checkpoint/pickle_vm.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/log.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/pickle_opcodes.h"

namespace greylag::pickle {

namespace {

constexpr size_t kMostBytes = 64u << 20;
constexpr uint64_t kMostSteps = 20'000'000;
constexpr size_t kMostStack = 1'000'000;
constexpr size_t kMostMemo = 1'000'000;
constexpr size_t kMostContainers = 4'000'000;
constexpr int kMostDepth = 64;

Error bad_pickle(std::string_view rule) { return bad_file(fmt::format("data.pkl: {}", rule)); }

}  // namespace

// Adds lines (the operands of GLOBAL) to the cursor.
struct Machine::Reader : ByteCursor {
  explicit Reader(std::span<const std::byte> bytes) : ByteCursor(bytes) {}
  std::string_view line() {
    constexpr size_t kLongest = 256;
    ByteCursor ahead = *this;
    const std::string_view rest = ahead.take_text(std::min(kLongest, remaining()));
    const size_t length = rest.find('\n');
    if (length == std::string_view::npos) {
      take(remaining() + uint64_t{1});  // fails the cursor
      return {};
    }
    return take_text(length + 1).substr(0, length);
  }
};

Machine::Machine(std::span<const std::byte> pickle) : pickle_(pickle) {}

Result<Value> Machine::run() {
  if (pickle_.size() > kMostBytes) return bad_pickle("it is larger than 64 MiB");
  Reader reader(pickle_);
  if (reader.u8() != kProto) return bad_pickle("it does not start with PROTO");
  if (const uint8_t protocol = reader.u8(); !reader.ok() || protocol != 2) {
    return bad_pickle(fmt::format("pickle protocol {} is not allowed, only 2", protocol));
  }
  for (uint64_t steps = 0; steps < kMostSteps; ++steps) {
    const uint8_t opcode = reader.u8();
    if (!reader.ok()) return bad_pickle("it ends without STOP");
    if (opcode == kStop) {
      if (reader.remaining() != 0) return bad_pickle("there are bytes after STOP");
      if (stack_.size() != 1 || !marks_.empty()) {
        return bad_pickle("the stack does not hold exactly one value at STOP");
      }
      return stack_.back();
    }
    if (const Status status = step(opcode, reader); !status) return status.error();
    if (!reader.ok()) return bad_pickle("an operand runs past the end");
  }
  return bad_pickle("more than 20 million opcodes");
}

Status Machine::step(uint8_t opcode, Reader& reader) {
  switch (opcode) {
    case kNone:
    case kNewTrue:
    case kNewFalse:
    case kBinInt:
    case kBinInt1:
    case kBinInt2:
    case kLong1:
    case kBinFloat:
    case kBinUnicode:
      return step_scalar(opcode, reader);
    case kBinPut:
    case kLongBinPut:
    case kBinGet:
    case kLongBinGet:
      return step_memo(opcode, reader);
    case kGlobal: {
      const std::string_view module = reader.line();
      const std::string_view name = reader.line();
      return reader.ok() ? push_global(module, name) : Status(bad_pickle("a name is too long"));
    }
    case kProto:
      return bad_pickle("PROTO occurs twice");
    default:
      return step_container(opcode);
  }
}

Status Machine::step_scalar(uint8_t opcode, Reader& reader) {
  switch (opcode) {
    case kNone:
      return push({.kind = Kind::None});
    case kNewTrue:
    case kNewFalse:
      return push({.kind = Kind::Bool, .number = opcode == kNewTrue});
    case kBinInt:
      return push({.kind = Kind::Int, .number = static_cast<int32_t>(reader.u32())});
    case kBinInt1:
      return push({.kind = Kind::Int, .number = reader.u8()});
    case kBinInt2:
      return push({.kind = Kind::Int, .number = reader.u16()});
    case kBinFloat:
      return push({.kind = Kind::Float, .number = static_cast<int64_t>(reader.u64())});
    case kLong1: {
      const uint8_t length = reader.u8();
      if (length > 8) return bad_pickle("LONG1 is longer than 8 bytes");
      const auto bytes = reader.take(length);
      uint64_t number = 0;
      for (size_t i = 0; i < bytes.size(); ++i) {
        number |= std::to_integer<uint64_t>(bytes[i]) << (8 * i);
      }
      const bool is_negative = !bytes.empty() && (std::to_integer<int>(bytes.back()) & 0x80) != 0;
      if (is_negative && bytes.size() < 8) number |= ~uint64_t{0} << (8 * bytes.size());
      return push({.kind = Kind::Int, .number = static_cast<int64_t>(number)});
    }
    default: {  // kBinUnicode
      const uint32_t length = reader.u32();
      const auto begin = static_cast<int64_t>(reader.position());
      const std::string_view text = reader.take_text(length);
      if (!reader.ok()) return bad_pickle("a text runs past the end");
      if (!is_valid_utf8(text)) return bad_pickle("a text is not valid UTF-8");
      return push({.kind = Kind::Text, .number = begin << 32 | int64_t{length}});
    }
  }
}

Status Machine::step_container(uint8_t opcode) {
  switch (opcode) {
    case kMark:
      if (marks_.size() >= kMostDepth) return bad_pickle("marks are nested deeper than 64");
      marks_.push_back(stack_.size());
      return {};
    case kEmptyDict:
      return push_dict(false);
    case kEmptyList:
      return push_sequence(Kind::List, {});
    case kEmptyTuple:
      return push_sequence(Kind::Tuple, {});
    case kTuple1:
    case kTuple2:
    case kTuple3:
      return push_tuple_of(size_t{opcode} - kTuple1 + 1);
    case kTuple: {
      Result<std::vector<Value>> items = pop_to_mark();
      return items ? push_sequence(Kind::Tuple, std::move(*items)) : Status(items.error());
    }
    case kAppend: {
      const Result<Value> item = pop();
      return item ? append({*item}) : Status(item.error());
    }
    case kAppends: {
      Result<std::vector<Value>> items = pop_to_mark();
      return items ? append(std::move(*items)) : Status(items.error());
    }
    case kSetItem: {
      const Result<Value> item = pop();
      if (!item) return item.error();
      const Result<Value> key = pop();
      return key ? set_items({*key, *item}) : Status(key.error());
    }
    case kSetItems: {
      Result<std::vector<Value>> items = pop_to_mark();
      return items ? set_items(std::move(*items)) : Status(items.error());
    }
    case kBuild:
      return build();
    case kBinPersId:
      return load_storage();
    case kReduce:
      return reduce();
    default:
      return bad_pickle(
          fmt::format("opcode {:#04x} ({}) is not allowed", opcode, opcode_name(opcode)));
  }
}

Status Machine::step_memo(uint8_t opcode, Reader& reader) {
  const bool is_long = opcode == kLongBinPut || opcode == kLongBinGet;
  const uint64_t index = is_long ? reader.u32() : reader.u8();
  return opcode == kBinPut || opcode == kLongBinPut ? put(index) : get(index);
}

Status Machine::push(Value value) {
  if (stack_.size() >= kMostStack) return bad_pickle("the stack grows beyond 1 million");
  stack_.push_back(value);
  return {};
}

Result<Value> Machine::pop() {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return bad_pickle("the stack is empty");
  const Value value = stack_.back();
  stack_.pop_back();
  return value;
}

Result<std::vector<Value>> Machine::pop_to_mark() {
  if (marks_.empty()) return bad_pickle("there is no mark");
  const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<Value> items(begin, stack_.end());
  stack_.erase(begin, stack_.end());
  marks_.pop_back();
  return items;
}

Status Machine::push_tuple_of(size_t count) {
  std::vector<Value> items(count);
  for (size_t i = count; i-- > 0;) {
    const Result<Value> item = pop();
    if (!item) return item.error();
    items[i] = *item;
  }
  return push_sequence(Kind::Tuple, std::move(items));
}

Status Machine::push_sequence(Kind kind, std::vector<Value> items) {
  Sequence sequence{.items = std::move(items)};
  for (const Value& item : sequence.items) {
    sequence.depth = std::max(sequence.depth, depth_of(item) + 1);
  }
  if (sequence.depth > kMostDepth) return bad_pickle("values are nested deeper than 64");
  if (container_count() >= kMostContainers) return bad_pickle("more than 4 million containers");
  sequences_.push_back(std::move(sequence));
  return push({.kind = kind, .number = static_cast<int64_t>(sequences_.size()) - 1});
}

Status Machine::push_dict(bool is_ordered) {
  if (container_count() >= kMostContainers) return bad_pickle("more than 4 million containers");
  dicts_.emplace_back().is_ordered = is_ordered;
  return push({.kind = Kind::Dict, .number = static_cast<int64_t>(dicts_.size()) - 1});
}

Status Machine::put(uint64_t index) {
  if (index >= kMostMemo) return bad_pickle("the memo grows beyond 1 million");
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) return bad_pickle("the stack is empty");
  if (index >= memo_.size()) memo_.resize(static_cast<size_t>(index) + 1);
  memo_[static_cast<size_t>(index)] = stack_.back();
  return {};
}

Status Machine::get(uint64_t index) {
  if (index >= memo_.size() || memo_[static_cast<size_t>(index)].kind == Kind::Unset) {
    return bad_pickle(fmt::format("memo place {} was never set", index));
  }
  return push(memo_[static_cast<size_t>(index)]);
}

Status Machine::push_global(std::string_view module, std::string_view name) {
  const std::optional<Value> global = find_global(module, name);
  if (!global) {
    return bad_pickle(
        fmt::format("global {}.{} is not allowed", printable(module), printable(name)));
  }
  return push(*global);
}

Status Machine::append(std::vector<Value> items) {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor || stack_.back().kind != Kind::List) {
    return bad_pickle("APPEND on something that is not a list");
  }
  Sequence& list = sequences_[static_cast<size_t>(stack_.back().number)];
  for (const Value& item : items) {
    list.depth = std::max(list.depth, depth_of(item) + 1);
    if (list.depth > kMostDepth) return bad_pickle("values are nested deeper than 64");
    list.items.push_back(item);
  }
  return {};
}

Status Machine::set_items(std::vector<Value> items) {
  const size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor || stack_.back().kind != Kind::Dict) {
    return bad_pickle("SETITEM on something that is not a dict");
  }
  if (items.size() % 2 != 0) return bad_pickle("SETITEMS with a key without a value");
  Dict& dict = dicts_[static_cast<size_t>(stack_.back().number)];
  for (size_t i = 0; i < items.size(); i += 2) {
    if (items[i].kind != Kind::Text && items[i].kind != Kind::Int) {
      return bad_pickle("a dict key is neither text nor a number");
    }
    dict.depth = std::max(dict.depth, depth_of(items[i + 1]) + 1);
    if (dict.depth > kMostDepth) return bad_pickle("values are nested deeper than 64");
    dict.items.emplace_back(items[i], items[i + 1]);
  }
  return {};
}

int Machine::depth_of(const Value& value) const {
  if (value.kind == Kind::Dict) return dict(value).depth;
  const bool is_sequence = value.kind == Kind::Tuple || value.kind == Kind::List;
  return is_sequence ? sequence(value).depth : 0;
}

std::string_view Machine::text(const Value& value) const {
  const auto packed = static_cast<uint64_t>(value.number);
  const auto bytes =
      pickle_.subspan(static_cast<size_t>(packed >> 32), static_cast<size_t>(packed & 0xFFFFFFFFu));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

const Sequence& Machine::sequence(const Value& value) const {
  return sequences_[static_cast<size_t>(value.number)];
}
const Dict& Machine::dict(const Value& value) const {
  return dicts_[static_cast<size_t>(value.number)];
}
const Tensor& Machine::tensor(const Value& value) const {
  return tensors_[static_cast<size_t>(value.number)];
}
const Storage& Machine::storage(int64_t index) const {
  return storages_[static_cast<size_t>(index)];
}

}  // namespace greylag::pickle
