// SPDX-License-Identifier: Apache-2.0
// GGUF files for tests, with a knob for every field that a hostile file may bend. Left alone, the
// result is a valid file of RWKV-7 with some tensors of one layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace greylag::test {

// "u64 length, bytes" of a text.
std::string gguf_text(std::string_view text);

struct RawGgufKey {
  std::string name;
  uint32_t type = 8;                    // u8 i8 u16 i16 u32 i32 f32 bool text array u64 i64 f64
  std::string value = gguf_text("");    // the bytes behind the type
  std::optional<uint64_t> name_length;  // instead of the name's own
};

RawGgufKey gguf_text_key(std::string name, std::string_view text);
RawGgufKey gguf_u32_key(std::string name, uint32_t value);
RawGgufKey gguf_f32_key(std::string name, float value);
RawGgufKey gguf_bool_key(std::string name, uint8_t value);
// elements: their bytes, one behind the other.
RawGgufKey gguf_array_key(std::string name, uint32_t element_type, uint64_t count,
                          std::string_view elements);
RawGgufKey gguf_texts_key(std::string name, const std::vector<std::string>& texts);

struct RawGgufTensor {
  std::string name;
  std::vector<uint64_t> ne = {};             // fastest first
  uint32_t type = 0;                         // ggml's number; 0 is F32
  std::optional<std::string> data = {};      // else zeros of the right size
  std::optional<uint64_t> name_length = {};  // instead of the name's own
  std::optional<uint32_t> rank = {};         // instead of ne.size()
  std::optional<uint64_t> offset = {};       // instead of where the data goes
};

struct RawGguf {
  std::string magic = "GGUF";
  uint32_t version = 3;
  bool has_big_endian_version = false;
  std::optional<uint64_t> tensor_count, key_count;  // instead of the true ones
  std::vector<RawGgufKey> keys;
  std::vector<RawGgufTensor> tensors;
  uint64_t alignment = 32;  // of the bytes; general.alignment is a key like any other
  bool is_last_padded = true;
  std::string after_keys, after_infos, trailer;  // bytes put in between

  // The key or tensor of that name, added at the end if there is none.
  RawGgufKey& key(std::string_view name);
  RawGgufTensor& tensor(std::string_view name);
  // Replaces the key of that name, or adds it.
  void set(RawGgufKey key);
  void remove_key(std::string_view name);
};

std::string gguf_bytes(const RawGguf& gguf);

// Bytes up to the end of the tensor infos.
std::string gguf_header(const RawGguf& gguf);

// Width 64, two tokens, decay rank 8: token_embd.weight {64, 2}, blk.0.time_mix_lerp_fused.weight
// {64, 1, 1, 6}, blk.0.time_mix_w1.weight {64, 8}, blk.0.time_mix_k_k.weight {64}; all zero, F32.
// Keys: the architecture, sizes, the vocabulary.
RawGguf valid_gguf();

}  // namespace greylag::test
