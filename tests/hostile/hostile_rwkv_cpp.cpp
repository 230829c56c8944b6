// SPDX-License-Identifier: Apache-2.0
// Files of rwkv.cpp: versions, types, lengths and names that break a rule.
#include "tests/core/checkpoint/raw_rwkv_cpp.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {

std::vector<HostileFile> hostile_rwkv_cpp() {
  std::vector<HostileFile> files;
  const auto bad = [&](const std::string& what, const std::string& rule, const auto& bend) {
    RawRwkvCpp file = valid_rwkv_cpp();
    bend(file);
    files.push_back({what, rwkv_cpp_bytes(file), rule});
  };
  for (const uint32_t version : {0u, 99u, 102u, 0xFFFFFFFFu}) {
    bad("version", "version", [&](RawRwkvCpp& f) { f.version = version; });
  }
  bad("no tokens", "not positive", [](RawRwkvCpp& f) { f.vocab = 0; });
  bad("negative width", "not positive", [](RawRwkvCpp& f) { f.width = 0x80000000u; });
  bad("no layers", "not positive", [](RawRwkvCpp& f) { f.layers = 0; });
  bad("other vocabulary", "the header says", [](RawRwkvCpp& f) { f.vocab = 3; });
  bad("other width", "the header says", [](RawRwkvCpp& f) { f.width = 128; });
  bad("other layers", "layers", [](RawRwkvCpp& f) { f.layers = 2; });
  for (const uint32_t type : {4u, 5u, 6u}) {
    bad("retired type", "retired", [&](RawRwkvCpp& f) { f.type = type; });
    bad("retired tensor type", "retired", [&](RawRwkvCpp& f) { f.tensors[0].type = type; });
  }
  bad("Q4_2", "Q4_2", [](RawRwkvCpp& f) { f.type = 5; });
  bad("Q8_1", "Q8_1", [](RawRwkvCpp& f) { f.tensors[0].type = 10; });
  bad("Q2_K", "Q2_K", [](RawRwkvCpp& f) { f.tensors[0].type = 11; });
  bad("unknown type", "not known", [](RawRwkvCpp& f) { f.tensors[0].type = 17; });
  bad("unknown file type", "not known", [](RawRwkvCpp& f) { f.type = 0xFFFFFFFFu; });
  bad("quantised version 100", "version 100", [](RawRwkvCpp& f) {
    f.version = 100;
    f.type = 7;
  });
  bad("quantised tensor in version 100", "version 100", [](RawRwkvCpp& f) {
    f.version = 100;
    f.tensors[0].type = 9;
  });
  bad("no dimensions", "dimensions", [](RawRwkvCpp& f) { f.tensors[0].rank = 0; });
  bad("four dimensions", "dimensions", [](RawRwkvCpp& f) { f.tensors[0].rank = 4; });
  bad("2^32 dimensions", "dimensions", [](RawRwkvCpp& f) { f.tensors[0].rank = 0xFFFFFFFFu; });
  bad("no name", "dimensions", [](RawRwkvCpp& f) { f.tensors[0].name_length = 0; });
  bad("endless name", "dimensions", [](RawRwkvCpp& f) { f.tensors[0].name_length = 0x7FFFFFFFu; });
  bad("name beyond the file", "cut short", [](RawRwkvCpp& f) {
    f.tensors.resize(1);
    f.tensors[0].name_length = 1000;
  });
  bad("name of control characters", "not text",
      [](RawRwkvCpp& f) { f.tensors[0].name = "emb\nweight"; });
  bad("name that is not UTF-8", "not text", [](RawRwkvCpp& f) { f.tensors[0].name = "\xFF"; });
  bad("name twice", "twice", [](RawRwkvCpp& f) { f.tensors.push_back(f.tensors[0]); });
  bad("dimension 0", "not positive", [](RawRwkvCpp& f) { f.tensors[0].ne[1] = 0; });
  bad("dimension -1", "not positive", [](RawRwkvCpp& f) { f.tensors[0].ne[1] = 0xFFFFFFFFu; });
  bad("overflow", "overflows", [](RawRwkvCpp& f) {
    f.tensors[1].ne = {0x7FFFFFFFu, 0x7FFFFFFFu, 0x7FFFFFFFu};
  });
  bad("beyond the file", "cut short", [](RawRwkvCpp& f) { f.tensors[0].ne[1] = 1000; });
  bad("rows of no whole blocks", "blocks", [](RawRwkvCpp& f) { f.tensors[0].type = 13; });
  bad("foreign tensor", "does not have",
      [](RawRwkvCpp& f) { f.tensors[3].name = "blocks.0.att.q"; });
  bad("lerp of its own", "does not have",
      [](RawRwkvCpp& f) { f.tensors[3].name = "blocks.0.att.x_r"; });
  bad("lerp of five", "lengths", [](RawRwkvCpp& f) {
    f.tensors[1].ne[2] = 5;
    f.tensors[1].data.resize(1280);
  });
  bad("vector of two rows", "lengths", [](RawRwkvCpp& f) {
    f.tensors[3].ne[1] = 2;
    f.tensors[3].data.resize(512);
  });
  bad("trailing bytes", "cut short", [](RawRwkvCpp& f) { f.trailer = "x"; });
  bad("trailing zeros", "dimensions", [](RawRwkvCpp& f) { f.trailer = std::string(64, '\0'); });
  return files;
}

// Cut inside the header and inside each tensor: its numbers, its name, its data.
std::vector<HostileFile> hostile_rwkv_cpp_truncations() {
  RawRwkvCpp file = valid_rwkv_cpp();
  const std::string whole = rwkv_cpp_bytes(file);
  std::vector<HostileFile> files;
  const auto cut = [&](size_t length) {
    files.push_back({"cut at " + std::to_string(length), whole.substr(0, length), ""});
  };
  for (const size_t length : {4u, 6u, 8u, 12u, 16u, 20u, 23u}) cut(length);
  while (!file.tensors.empty()) {
    file.tensors.pop_back();
    const size_t start = rwkv_cpp_bytes(file).size();
    for (const size_t inside : {1u, 4u, 8u, 12u, 16u, 22u, 40u, 100u}) cut(start + inside);
  }
  return files;
}

}  // namespace greylag::test
