// SPDX-License-Identifier: Apache-2.0
// Each tensor: _rebuild_tensor_v2(storage id, 0, size, stride, False, OrderedDict()).
#include "core/checkpoint/pickle_writer.h"

#include <algorithm>
#include <map>

#include "core/checkpoint/pickle_opcodes.h"

namespace greylag::pickle {

namespace {

std::string_view storage_name(gpu::DType dtype) {
  using gpu::DType;
  switch (dtype) {
    case DType::F32:
      return "FloatStorage";
    case DType::F16:
      return "HalfStorage";
    case DType::BF16:
      return "BFloat16Storage";
    case DType::F64:
      return "DoubleStorage";
    case DType::I64:
      return "LongStorage";
    case DType::I32:
      return "IntStorage";
    case DType::I16:
      return "ShortStorage";
    case DType::I8:
      return "CharStorage";
    case DType::U8:
      return "ByteStorage";
    case DType::Bool:
      return "BoolStorage";
    default:
      return "";  // write_pth refuses block formats
  }
}

class Emitter {
 public:
  std::string take() { return std::move(out_); }
  void op(uint8_t opcode) { out_ += static_cast<char>(opcode); }
  void number(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  void integer(int64_t value) {
    const auto bits = static_cast<uint64_t>(value);
    if (bits < 0x100) {
      op(kBinInt1);
      number(bits, 1);
    } else if (bits < 0x10000) {
      op(kBinInt2);
      number(bits, 2);
    } else if (bits < 0x80000000u) {
      op(kBinInt);
      number(bits, 4);
    } else {  // sizes are not negative: 8 bytes keep the sign bit clear
      op(kLong1);
      number(8, 1);
      number(bits, 8);
    }
  }
  void text(std::string_view value) {
    op(kBinUnicode);
    number(value.size(), 4);
    out_ += value;
  }
  // Written once, then fetched from the memo.
  void shared_text(std::string_view value) {
    if (!fetch(std::string(value))) text(value), store(std::string(value));
  }
  void global(std::string_view module, std::string_view name) {
    const std::string key = std::string(module) + "\n" + std::string(name) + "\n";
    if (fetch(key)) return;
    op(kGlobal);
    out_ += key;
    store(key);
  }
  void tuple(std::span<const int64_t> items) {
    if (items.empty()) return op(kEmptyTuple);
    const bool is_short = items.size() <= 3;
    if (!is_short) op(kMark);
    for (const int64_t item : items) integer(item);
    op(is_short ? static_cast<uint8_t>(kTuple1 + items.size() - 1) : uint8_t{kTuple});
  }
  void empty_ordered_dict() {
    global("collections", "OrderedDict");
    op(kEmptyTuple);
    op(kReduce);
  }

 private:
  bool fetch(const std::string& key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) return false;
    op(kLongBinGet);
    number(found->second, 4);
    return true;
  }
  void store(const std::string& key) {
    op(kLongBinPut);
    number(memo_.size(), 4);
    memo_.emplace(key, memo_.size());
  }
  std::string out_;
  std::map<std::string, uint64_t> memo_;
};

void emit_tensor(Emitter& emitter, const TensorInfo& info, size_t index) {
  emitter.global("torch._utils", "_rebuild_tensor_v2");
  emitter.op(kMark);
  emitter.op(kMark);
  emitter.shared_text("storage");
  emitter.global("torch", storage_name(info.dtype));
  emitter.text(std::to_string(index));
  emitter.shared_text("cpu");
  emitter.integer(info.shape.elements());
  emitter.op(kTuple);
  emitter.op(kBinPersId);
  emitter.integer(0);
  std::vector<int64_t> sizes, strides(static_cast<size_t>(info.shape.rank()));
  int64_t stride = 1;
  for (int d = 0; d < info.shape.rank(); ++d) sizes.push_back(info.shape[d]);
  for (size_t d = sizes.size(); d-- > 0;) {
    strides[d] = stride;
    stride *= std::max<int64_t>(sizes[d], 1);
  }
  emitter.tuple(sizes);
  emitter.tuple(strides);
  emitter.op(kNewFalse);
  emitter.empty_ordered_dict();
  emitter.op(kTuple);
  emitter.op(kReduce);
}

}  // namespace

std::string write_state_dict(std::span<const TensorInfo> tensors) {
  Emitter emitter;
  emitter.op(kProto);
  emitter.number(2, 1);
  emitter.empty_ordered_dict();
  emitter.op(kMark);
  for (size_t i = 0; i < tensors.size(); ++i) {
    emitter.text(tensors[i].name);
    emit_tensor(emitter, tensors[i], i);
  }
  emitter.op(kSetItems);
  emitter.op(kStop);
  return emitter.take();
}

}  // namespace greylag::pickle
