// SPDX-License-Identifier: Apache-2.0
// Written from the GGUF format, apart from core/checkpoint's own reader and writer.
#include "tests/core/checkpoint/raw_gguf.h"

#include <algorithm>
#include <bit>

#include "tests/core/checkpoint/raw_zip.h"

namespace greylag::test {
namespace {

struct BlockSize {
  uint64_t elements, bytes;
};

BlockSize block_of(uint32_t ggml_type) {
  switch (ggml_type) {
    case 1:
    case 25:
    case 30:
      return {1, 2};
    case 2:
      return {32, 18};
    case 3:
      return {32, 20};
    case 6:
      return {32, 22};
    case 7:
      return {32, 24};
    case 8:
      return {32, 34};
    case 12:
      return {256, 144};
    case 13:
      return {256, 176};
    case 14:
      return {256, 210};
    case 24:
      return {1, 1};
    case 27:
    case 28:
      return {1, 8};
    default:
      return {1, 4};
  }
}

// Data of a hostile tensor stays small, whatever its lengths say.
std::string data_of(const RawGgufTensor& tensor) {
  if (tensor.data) return *tensor.data;
  uint64_t elements = 1;
  for (const uint64_t length : tensor.ne) elements *= length;
  const BlockSize block = block_of(tensor.type);
  const uint64_t bytes = elements / block.elements * block.bytes;
  return std::string(static_cast<size_t>(std::min<uint64_t>(bytes, 1 << 20)), '\0');
}

std::string padding(uint64_t size, uint64_t alignment) {
  const uint64_t rest = alignment == 0 ? 0 : size % alignment;
  return std::string(static_cast<size_t>(rest == 0 ? 0 : alignment - rest), '\0');
}

template <class Item>
Item& find_or_add(std::vector<Item>& items, std::string_view name) {
  const auto found =
      std::ranges::find_if(items, [&](const Item& item) { return item.name == name; });
  if (found != items.end()) return *found;
  items.emplace_back();
  items.back().name = name;
  return items.back();
}

}  // namespace

std::string gguf_text(std::string_view text) { return le(text.size(), 8) + std::string(text); }

RawGgufKey gguf_text_key(std::string name, std::string_view text) {
  return {std::move(name), 8, gguf_text(text), std::nullopt};
}

RawGgufKey gguf_u32_key(std::string name, uint32_t value) {
  return {std::move(name), 4, le(value, 4), std::nullopt};
}

RawGgufKey gguf_f32_key(std::string name, float value) {
  return {std::move(name), 6, le(std::bit_cast<uint32_t>(value), 4), std::nullopt};
}

RawGgufKey gguf_bool_key(std::string name, uint8_t value) {
  return {std::move(name), 7, le(value, 1), std::nullopt};
}

RawGgufKey gguf_array_key(std::string name, uint32_t element_type, uint64_t count,
                          std::string_view elements) {
  return {std::move(name), 9, le(element_type, 4) + le(count, 8) + std::string(elements),
          std::nullopt};
}

RawGgufKey gguf_texts_key(std::string name, const std::vector<std::string>& texts) {
  std::string elements;
  for (const std::string& text : texts) elements += gguf_text(text);
  return gguf_array_key(std::move(name), 8, texts.size(), elements);
}

RawGgufKey& RawGguf::key(std::string_view name) { return find_or_add(keys, name); }

RawGgufTensor& RawGguf::tensor(std::string_view name) { return find_or_add(tensors, name); }

void RawGguf::set(RawGgufKey replacement) {
  RawGgufKey& place = key(replacement.name);
  place = std::move(replacement);
}

void RawGguf::remove_key(std::string_view name) {
  std::erase_if(keys, [&](const RawGgufKey& key) { return key.name == name; });
}

std::string gguf_header(const RawGguf& gguf) {
  std::string version = le(gguf.version, 4);
  if (gguf.has_big_endian_version) std::ranges::reverse(version);
  std::string out = gguf.magic + version + le(gguf.tensor_count.value_or(gguf.tensors.size()), 8) +
                    le(gguf.key_count.value_or(gguf.keys.size()), 8);
  for (const RawGgufKey& key : gguf.keys) {
    out +=
        le(key.name_length.value_or(key.name.size()), 8) + key.name + le(key.type, 4) + key.value;
  }
  out += gguf.after_keys;
  uint64_t offset = 0;
  for (const RawGgufTensor& tensor : gguf.tensors) {
    out += le(tensor.name_length.value_or(tensor.name.size()), 8) + tensor.name +
           le(tensor.rank.value_or(static_cast<uint32_t>(tensor.ne.size())), 4);
    for (const uint64_t length : tensor.ne) out += le(length, 8);
    out += le(tensor.type, 4) + le(tensor.offset.value_or(offset), 8);
    offset += data_of(tensor).size();
    offset += padding(offset, gguf.alignment).size();
  }
  return out + gguf.after_infos;
}

std::string gguf_bytes(const RawGguf& gguf) {
  std::string out = gguf_header(gguf);
  out += padding(out.size(), gguf.alignment);
  for (size_t i = 0; i < gguf.tensors.size(); ++i) {
    out += data_of(gguf.tensors[i]);
    if (i + 1 < gguf.tensors.size() || gguf.is_last_padded) {
      out += padding(out.size(), gguf.alignment);
    }
  }
  return out + gguf.trailer;
}

RawGguf valid_gguf() {
  RawGguf gguf;
  gguf.keys = {
      gguf_text_key("general.architecture", "rwkv7"),
      gguf_text_key("general.name", "raw"),
      gguf_u32_key("rwkv7.embedding_length", 64),
      gguf_u32_key("rwkv7.block_count", 1),
      gguf_u32_key("rwkv7.wkv.head_size", 64),
      gguf_u32_key("rwkv7.attention.decay_lora_rank", 8),
      gguf_f32_key("rwkv7.attention.layer_norm_epsilon", 1e-5f),
      gguf_text_key("tokenizer.ggml.model", "rwkv"),
      gguf_texts_key("tokenizer.ggml.tokens", {"<s>", "\\x00"}),
      gguf_array_key("tokenizer.ggml.token_type", 5, 2, le(3, 4) + le(1, 4)),
  };
  gguf.tensor("token_embd.weight").ne = {64, 2};
  gguf.tensor("blk.0.time_mix_lerp_fused.weight").ne = {64, 1, 1, 6};
  gguf.tensor("blk.0.time_mix_w1.weight").ne = {64, 8};
  gguf.tensor("blk.0.time_mix_k_k.weight").ne = {64};
  return gguf;
}

}  // namespace greylag::test
