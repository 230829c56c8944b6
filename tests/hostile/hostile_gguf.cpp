// SPDX-License-Identifier: Apache-2.0
// GGUF containers: counts, lengths, types and offsets that are not those of the file. The message
// names the rule.
#include <limits>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/bent_gguf.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();

}  // namespace

std::vector<HostileFile> hostile_gguf_headers() {
  BentGguf bent;
  bent.add("bad magic", "not a model", [](RawGguf& g) { g.magic = "GGUf\x01"; });
  bent.add("version 0", "version 0", [](RawGguf& g) { g.version = 0; });
  bent.add("version 1", "version 1", [](RawGguf& g) { g.version = 1; });
  bent.add("version 4", "newer", [](RawGguf& g) { g.version = 4; });
  bent.add("version 2^32 - 1", "newer", [](RawGguf& g) { g.version = 0xFFFFFFFFu; });
  bent.add("big-endian", "big-endian", [](RawGguf& g) { g.has_big_endian_version = true; });
  bent.add("65537 tensors", "65536 tensors", [](RawGguf& g) { g.tensor_count = 65'537; });
  bent.add("2^64 - 1 tensors", "65536 tensors", [](RawGguf& g) { g.tensor_count = kHuge; });
  bent.add("65537 keys", "65536 keys", [](RawGguf& g) { g.key_count = 65'537; });
  bent.add("2^63 keys", "65536 keys", [](RawGguf& g) { g.key_count = uint64_t{1} << 63; });
  bent.add("more keys than there are", "", [](RawGguf& g) { g.key_count = 60'000; });
  bent.add("fewer keys than there are", "", [](RawGguf& g) { g.key_count = 9; });
  bent.add("more tensors than there are", "", [](RawGguf& g) { g.tensor_count = 60'000; });
  bent.add("fewer tensors than there are", "behind", [](RawGguf& g) { g.tensor_count = 3; });
  bent.add("no keys", "general.architecture", [](RawGguf& g) { g.keys.clear(); });
  bent.add("no tensors", "token_embd.weight", [](RawGguf& g) { g.tensors.clear(); });
  bent.add("bytes between keys and tensors", "", [](RawGguf& g) { g.after_keys = "\x07"; });
  bent.files.push_back({"43 bytes that announce 60000 keys",
                        "GGUF" + le(3, 4) + le(0, 8) + le(60'000, 8) + std::string(19, '\0'), ""});
  bent.files.push_back(
      {"nothing but a header", "GGUF" + le(3, 4) + le(0, 8) + le(0, 8), "general.architecture"});
  bent.files.push_back({"version 2 with 2^32 keys", "GGUF" + le(2, 4) + le(1, 4) + le(1, 4), ""});
  return bent.files;
}

std::vector<HostileFile> hostile_gguf_keys() {
  BentGguf bent;
  const auto with_key = [&](const std::string& what, const std::string& rule,
                            const RawGgufKey& key) {
    bent.add(what, rule, [&](RawGguf& g) { g.keys.push_back(key); });
  };
  with_key("empty key", "1 to 1024 bytes", gguf_u32_key("", 1));
  with_key("key of control characters", "1 to 1024 bytes", gguf_u32_key("a\nb", 1));
  with_key("key that is not UTF-8", "1 to 1024 bytes", gguf_u32_key("\xC3\x28", 1));
  with_key("long key", "1 to 1024 bytes", gguf_u32_key(std::string(1025, 'k'), 1));
  with_key("key twice", "twice", gguf_u32_key("rwkv7.block_count", 1));
  with_key("key twice with another type", "twice", gguf_text_key("rwkv7.block_count", "1"));
  with_key("key of 2^64 - 1 bytes", "16 MiB", {"k", 4, le(0, 4), kHuge});
  with_key("key of 2^63 bytes", "16 MiB", {"k", 4, le(0, 4), uint64_t{1} << 63});
  with_key("key beyond the file", "cut short", {"k", 4, le(0, 4), 1'000'000});
  with_key("type 13", "type 13", {"k", 13, le(0, 8), {}});
  with_key("type -1", "not known", {"k", 0xFFFFFFFFu, le(0, 8), {}});
  with_key("text of 2^64 - 1 bytes", "16 MiB", {"k", 8, le(kHuge, 8), {}});
  with_key("text of 16 MiB and 1 byte", "16 MiB", {"k", 8, le((16 << 20) + 1, 8), {}});
  with_key("text beyond the file", "cut short", {"k", 8, le(16 << 20, 8), {}});
  with_key("text that is not UTF-8", "not valid UTF-8", gguf_text_key("k", "\xFF\xFE"));
  with_key("bool 2", "bool", gguf_bool_key("k", 2));
  with_key("bool 255", "bool", gguf_bool_key("k", 255));
  with_key("bool 2 in an array", "bool", gguf_array_key("k", 7, 3, std::string("\1\0\2", 3)));
  with_key("array of arrays", "array of arrays",
           gguf_array_key("k", 9, 1, le(4, 4) + le(1, 8) + le(0, 4)));
  with_key("array of type 13", "type 13", gguf_array_key("k", 13, 1, le(0, 4)));
  with_key("array of 2^64 - 1 numbers", "4194304", gguf_array_key("k", 4, kHuge, ""));
  with_key("array of 4 Mi and 1 numbers", "4194304", gguf_array_key("k", 0, (4 << 20) + 1, ""));
  with_key("array of wrapping size", "4194304", gguf_array_key("k", 10, uint64_t{1} << 61, ""));
  with_key("array beyond the file", "cut short", gguf_array_key("k", 4, 4 << 20, ""));
  with_key("array of texts beyond the file", "cut short", gguf_array_key("k", 8, 4 << 20, ""));
  with_key("array with a text of 2^64 - 1 bytes", "16 MiB",
           gguf_array_key("k", 8, 1, le(kHuge, 8)));
  with_key("array with a text beyond the file", "cut short",
           gguf_array_key("k", 8, 2, gguf_text("a") + le(1'000'000, 8)));
  for (const uint32_t alignment : {0u, 3u, 24u, 131'072u, 1u << 31, 0xFFFFFFFFu}) {
    with_key("alignment " + std::to_string(alignment), "general.alignment",
             gguf_u32_key("general.alignment", alignment));
  }
  with_key("alignment is u64", "general.alignment",
           {"general.alignment", 10, le(32, 8), std::nullopt});
  with_key("alignment is a text", "general.alignment", gguf_text_key("general.alignment", "32"));
  with_key("alignment of the file is another", "", gguf_u32_key("general.alignment", 4096));
  return bent.files;
}

std::vector<HostileFile> hostile_gguf_tensors() {
  BentGguf bent;
  const auto lengths = [&](const std::string& what, const std::string& rule,
                           const std::vector<uint64_t>& ne) {
    bent.add(what, rule, [&](RawGguf& g) { first(g).ne = ne; });
  };
  bent.add("empty name", "1 to 63", [](RawGguf& g) { first(g).name = ""; });
  bent.add("name of 64 bytes", "1 to 63", [](RawGguf& g) { first(g).name = std::string(64, 'n'); });
  bent.add("name of 2^64 - 1 bytes", "1 to 63", [](RawGguf& g) { first(g).name_length = kHuge; });
  bent.add("name that is not UTF-8", "not text", [](RawGguf& g) { first(g).name = "\xFF"; });
  bent.add("name of control characters", "not text", [](RawGguf& g) { first(g).name = "a\tb"; });
  bent.add("name twice", "twice", [](RawGguf& g) { g.tensors.push_back(first(g)); });
  bent.add("name of a dummy twice", "twice", [](RawGguf& g) {  // which no table holds
    g.tensor("blk.0.time_mix_v0.weight").ne = {64};
    g.tensors.push_back(g.tensors.back());
  });
  bent.add("no dimensions", "dimensions", [](RawGguf& g) { first(g).rank = 0; });
  bent.add("five dimensions", "dimensions", [](RawGguf& g) { first(g).ne = {64, 2, 1, 1, 1}; });
  bent.add("2^32 - 1 dimensions", "dimensions", [](RawGguf& g) { first(g).rank = 0xFFFFFFFFu; });
  lengths("dimension 0", "not positive", {64, 0});
  lengths("dimension -1", "not positive", {64, kHuge});
  lengths("dimension of -2^63", "not positive", {uint64_t{1} << 63, 2});
  lengths("product of 2^64", "overflows", {uint64_t{1} << 32, uint64_t{1} << 32});
  lengths("product wraps to 128", "overflows", {64, (uint64_t{1} << 58) + 2});
  lengths("2^49 elements", "overflows", {uint64_t{1} << 49});
  lengths("four times 2^62", "overflows",
          {uint64_t{1} << 62, uint64_t{1} << 62, uint64_t{1} << 62, uint64_t{1} << 62});
  lengths("beyond the end of the file", "beyond", {64, 1 << 20});
  const std::pair<uint32_t, std::string> types[] = {
      {9, "Q8_1"},      {10, "Q2_K"},      {11, "Q3_K"},      {15, "Q8_K"},
      {16, "IQ2_XXS"},  {19, "IQ1_S"},     {20, "IQ4_NL"},    {23, "IQ4_XS"},
      {29, "IQ1_M"},    {34, "TQ1_0"},     {35, "TQ2_0"},     {39, "MXFP4"},
      {4, "no longer"}, {31, "no longer"}, {40, "not known"}, {0xFFFFFFFFu, "not known"}};
  for (const auto& [type, rule] : types) {
    bent.add("type " + std::to_string(type), rule,
             [type = type](RawGguf& g) { first(g).type = type; });
  }
  for (const uint32_t type : {12u, 13u, 14u}) {
    bent.add("rows of no whole blocks", "blocks", [&](RawGguf& g) { first(g).type = type; });
  }
  bent.add("rows of no whole small blocks", "blocks", [](RawGguf& g) {
    first(g).type = 2;
    first(g).ne = {48, 2};
  });
  return bent.files;
}

std::vector<HostileFile> hostile_gguf_offsets() {
  BentGguf bent;
  const auto offset = [&](const std::string& what, size_t which, uint64_t value) {
    bent.add(what, "start right behind", [&](RawGguf& g) { g.tensors[which].offset = value; });
  };
  offset("first is not at 0", 0, 32);
  offset("overlap", 1, 480);
  offset("two in one place", 1, 0);
  offset("hole", 1, 544);
  offset("not aligned", 1, 513);
  offset("beyond the file", 1, 1 << 30);
  offset("wraps round", 1, kHuge - 31);
  offset("negative", 3, uint64_t{1} << 63);
  bent.add("swapped", "start right behind", [](RawGguf& g) {
    g.tensors[1].offset = 2048;
    g.tensors[2].offset = 512;
  });
  bent.add("data cut short", "beyond", [](RawGguf& g) { g.tensors.back().data = "1234"; });
  bent.add("trailing byte", "behind", [](RawGguf& g) { g.trailer = "x"; });
  bent.add("trailing block", "behind", [](RawGguf& g) { g.trailer = std::string(32, '\0'); });
  return bent.files;
}

}  // namespace greylag::test
