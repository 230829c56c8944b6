// SPDX-License-Identifier: Apache-2.0
// Is every GGUF refused that breaks a rule of the format, of RWKV-7, or of our limits, and is the
// rule named?
#include <gtest/gtest.h>

#include <limits>

#include "core/checkpoint/formats.h"
#include "tests/core/checkpoint/hostile_file.h"
#include "tests/core/checkpoint/raw_gguf.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using test::gguf_array_key;
using test::gguf_bool_key;
using test::gguf_bytes;
using test::gguf_f32_key;
using test::gguf_text;
using test::gguf_text_key;
using test::gguf_texts_key;
using test::gguf_u32_key;
using test::HostileFile;
using test::le;
using test::RawGguf;

constexpr uint64_t kHuge = std::numeric_limits<uint64_t>::max();

// Collects valid files that were bent in one place.
struct BentFiles {
  template <class Bend>
  void add(const std::string& what, const std::string& rule, const Bend& bend) {
    RawGguf gguf = test::valid_gguf();
    bend(gguf);
    files.push_back({what, gguf_bytes(gguf), rule});
  }
  std::vector<HostileFile> files;
};

// The first tensor, token_embd.weight {64, 2}.
test::RawGgufTensor& first(RawGguf& gguf) { return gguf.tensors.front(); }

TEST(GgufHostile, RefusesBrokenHeaders) {
  BentFiles bent;
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
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesBrokenKeys) {
  BentFiles bent;
  const auto with_key = [&](const std::string& what, const std::string& rule,
                            const test::RawGgufKey& key) {
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
  with_key("text that is not UTF-8", "UTF-8", gguf_text_key("k", "\xFF\xFE"));
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
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesBrokenTensors) {
  BentFiles bent;
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
    bent.add("type " + std::to_string(type), rule, [&](RawGguf& g) { first(g).type = type; });
  }
  for (const uint32_t type : {12u, 13u, 14u}) {
    bent.add("rows of no whole blocks", "blocks", [&](RawGguf& g) { first(g).type = type; });
  }
  bent.add("rows of no whole small blocks", "blocks", [](RawGguf& g) {
    first(g).type = 2;
    first(g).ne = {48, 2};
  });
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesWrongOffsets) {
  BentFiles bent;
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
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesForeignModelsByName) {
  BentFiles bent;
  for (const char* name : {"rwkv6", "arwkv7", "rwkv6qwen2", "llama", "qwen2", "gemma"}) {
    const std::string sentence =
        std::string("this is a GGUF file of ") + name + "; Greylag runs RWKV-7";
    bent.add(name, sentence,
             [&](RawGguf& g) { g.set(gguf_text_key("general.architecture", name)); });
  }
  bent.add("llama with a type that we do not read", "GGUF file of llama", [](RawGguf& g) {
    g.set(gguf_text_key("general.architecture", "llama"));
    first(g).type = 23;
  });
  bent.add("control characters in the name", "of ?[31m;",
           [](RawGguf& g) { g.set(gguf_text_key("general.architecture", "\x1B[31m")); });
  bent.add("no architecture", "general.architecture",
           [](RawGguf& g) { g.remove_key("general.architecture"); });
  bent.add("architecture is a number", "general.architecture",
           [](RawGguf& g) { g.set(gguf_u32_key("general.architecture", 7)); });
  bent.add("adapter", "adapter",
           [](RawGguf& g) { g.set(gguf_text_key("general.type", "adapter")); });
  bent.add("part of a split file", "merge", [](RawGguf& g) {
    g.set({"split.count", 2, le(3, 2), std::nullopt});
  });
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesTensorsThatRwkv7DoesNotHave) {
  BentFiles bent;
  for (const char* name :
       {"blk.0.attn_q.weight", "blk.0.time_mix_w3.weight", "blk..time_mix_w1.weight",
        "blk.00.time_mix_w1.weight", "blk.-1.time_mix_w1.weight", "blk.1x.time_mix_w1.weight",
        "blk.99999.time_mix_w1.weight", "blk.999999.time_mix_w1.weight", "emb.weight",
        "blocks.0.att.w1", "token_embd.bias", "time_mix_w1.weight"}) {
    bent.add(name, "does not have", [&](RawGguf& g) { g.tensors[2].name = name; });
  }
  bent.add("no embedding", "token_embd.weight: this tensor is missing",
           [](RawGguf& g) { g.tensors.erase(g.tensors.begin()); });
  bent.add("embedding of three dimensions", "lengths", [](RawGguf& g) {
    first(g).ne = {64, 2, 2};
  });
  bent.add("lerp of five", "lengths", [](RawGguf& g) { g.tensors[1].ne = {64, 1, 1, 5}; });
  bent.add("lerp as a matrix", "lengths", [](RawGguf& g) { g.tensors[1].ne = {64, 6}; });
  bent.add("low rank of three dimensions", "lengths", [](RawGguf& g) {
    g.tensors[2].ne = {64, 8, 2};
  });
  bent.add("vector of two rows", "lengths", [](RawGguf& g) { g.tensors[3].ne = {64, 2}; });
  bent.add("head vector of 65", "lengths", [](RawGguf& g) {
    g.tensors[3].name = "blk.0.time_mix_r_k.weight";
    g.tensors[3].ne = {65};
  });
  bent.add("head vector of heads of 32", "lengths", [](RawGguf& g) {
    g.tensors[3].name = "blk.0.time_mix_r_k.weight";
    g.tensors[3].ne = {32, 2};
  });
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesKeysThatContradictTheTensors) {
  BentFiles bent;
  const auto with = [&](const std::string& rule, const test::RawGgufKey& key) {
    bent.add(key.name, key.name + ": " + rule, [&](RawGguf& g) { g.set(key); });
  };
  with("it says 128", gguf_u32_key("rwkv7.embedding_length", 128));
  with("it says 2", gguf_u32_key("rwkv7.block_count", 2));
  with("it says 4294967295", gguf_u32_key("rwkv7.block_count", 0xFFFFFFFFu));
  with("it says 32", gguf_u32_key("rwkv7.wkv.head_size", 32));
  with("it says 16", gguf_u32_key("rwkv7.attention.decay_lora_rank", 16));
  with("it says 3", gguf_u32_key("rwkv7.vocab_size", 3));
  with("it says 1", gguf_u32_key("rwkv7.token_shift_count", 1));
  with("it is not a whole number", gguf_text_key("rwkv7.block_count", "1"));
  with("it is not a whole number", {"rwkv7.embedding_length", 5, le(0xFFFFFFC0u, 4), {}});
  with("it is not 1e-5", gguf_f32_key("rwkv7.attention.layer_norm_epsilon", 1e-6f));
  with("it is not 1e-5",
       gguf_f32_key("rwkv7.attention.layer_norm_epsilon", std::numeric_limits<float>::quiet_NaN()));
  with("it is not 1e-5", gguf_u32_key("rwkv7.attention.layer_norm_epsilon", 0));
  const std::pair<std::string, std::string> ranks[] = {
      {"rwkv7.attention.iclr_lora_rank", "blk.0.time_mix_a1.weight"},
      {"rwkv7.attention.gate_lora_rank", "blk.0.time_mix_g1.weight"},
      {"rwkv7.attention.value_residual_mix_lora_rank", "blk.1.time_mix_v1.weight"},
      {"rwkv7.feed_forward_length", "blk.0.channel_mix_key.weight"}};
  for (const auto& [key, tensor] : ranks) {
    bent.add(key, key + ": it says 9", [&](RawGguf& g) {
      g.tensor(tensor).ne = {64, 8};
      g.remove_key("rwkv7.block_count");
      g.set(gguf_u32_key(key, 9));
    });
  }
  with("it has 1 elements", gguf_texts_key("tokenizer.ggml.tokens", {"<s>"}));
  with("it has 3 elements", gguf_texts_key("tokenizer.ggml.tokens", {"<s>", "a", "b"}));
  with("it has 3 elements", gguf_array_key("tokenizer.ggml.token_type", 5, 3, le(0, 12)));
  with("it has 1 elements", gguf_array_key("tokenizer.ggml.scores", 6, 1, le(0, 4)));
  with("it is not an array", gguf_array_key("tokenizer.ggml.tokens", 5, 2, le(0, 8)));
  with("it is not an array", gguf_array_key("tokenizer.ggml.token_type", 0, 2, le(0, 2)));
  with("it is not an array", gguf_text_key("tokenizer.ggml.tokens", "<s>"));
  test::expect_refused(bent.files);
}

TEST(GgufHostile, RefusesEveryTruncation) {
  RawGguf gguf = test::valid_gguf();
  gguf.is_last_padded = false;
  const std::string whole = gguf_bytes(gguf);
  ASSERT_TRUE(parse_checkpoint(std::as_bytes(std::span(whole))).ok());
  for (size_t length = 4; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    const Result<TensorTable> table = parse_checkpoint(std::as_bytes(std::span(cut)));
    ASSERT_FALSE(table.ok()) << length;
    EXPECT_EQ(table.error().code, ErrorCode::BadFile);
  }
}

// Quadratic checks of names would take minutes here.
TEST(GgufHostile, TakesManyKeysAndTensorsInLinearTime) {
  RawGguf gguf = test::valid_gguf();
  for (int i = 0; i < 60'000; ++i) gguf.keys.push_back(gguf_u32_key("k" + std::to_string(i), 0));
  for (int i = 1; i < 60'000; ++i) {
    gguf.tensors.push_back(
        {.name = "blk." + std::to_string(i) + ".time_mix_k_k.weight", .ne = {8}});
  }
  gguf.remove_key("rwkv7.block_count");
  const std::string bytes = gguf_bytes(gguf);
  const Result<TensorTable> table = parse_checkpoint(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(table.ok()) << table.error().message;
  EXPECT_EQ(table->tensors.size(), 59'999u + 9);
}

}  // namespace
}  // namespace greylag
