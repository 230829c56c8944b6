// SPDX-License-Identifier: Apache-2.0
// Files of rwkv.cpp for tests, with a knob for every field. Left alone, the result is a valid file
// of RWKV-7 with some tensors of one layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/core/checkpoint/raw_zip.h"

namespace greylag::test {

struct RawRwkvCppTensor {
  std::string name;
  std::vector<uint32_t> ne;  // fastest first
  uint32_t type = 0;         // rwkv.cpp's number; 0 is F32
  std::string data = {};
  std::optional<uint32_t> rank, name_length;  // instead of the true ones
};

struct RawRwkvCpp {
  std::string magic = "fmgg";
  uint32_t version = 101, vocab = 2, width = 64, layers = 1, type = 0;
  std::vector<RawRwkvCppTensor> tensors;
  std::string trailer;
};

inline std::string rwkv_cpp_bytes(const RawRwkvCpp& file) {
  std::string out = file.magic;
  for (const uint32_t field : {file.version, file.vocab, file.width, file.layers, file.type}) {
    out += le(field, 4);
  }
  for (const RawRwkvCppTensor& tensor : file.tensors) {
    out += le(tensor.rank.value_or(static_cast<uint32_t>(tensor.ne.size())), 4) +
           le(tensor.name_length.value_or(static_cast<uint32_t>(tensor.name.size())), 4) +
           le(tensor.type, 4);
    for (const uint32_t length : tensor.ne) out += le(length, 4);
    out += tensor.name + tensor.data;
  }
  return out + file.trailer;
}

// Zeros, F32: emb.weight {64, 2}, blocks.0.att.x_rwkvag {64, 1, 6}, blocks.0.att.w1 {64, 8},
// blocks.0.att.k_k {64, 1, 1}, blocks.0.att.r_k {64, 1}.
inline RawRwkvCpp valid_rwkv_cpp() {
  const auto zeros = [](size_t elements) { return std::string(elements * 4, '\0'); };
  RawRwkvCpp file;
  file.tensors = {{"emb.weight", {64, 2}, 0, zeros(128), {}, {}},
                  {"blocks.0.att.x_rwkvag", {64, 1, 6}, 0, zeros(384), {}, {}},
                  {"blocks.0.att.w1", {64, 8}, 0, zeros(512), {}, {}},
                  {"blocks.0.att.k_k", {64, 1, 1}, 0, zeros(64), {}, {}},
                  {"blocks.0.att.r_k", {64, 1}, 0, zeros(64), {}, {}}};
  return file;
}

}  // namespace greylag::test
