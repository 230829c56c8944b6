// SPDX-License-Identifier: Apache-2.0
// Whole GGUF files that are no RWKV-7, or not the one that their keys describe; and cut ones.
#include <limits>
#include <set>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/bent_gguf.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {

std::vector<HostileFile> hostile_gguf_foreign() {
  BentGguf bent;
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
  return bent.files;
}

std::vector<HostileFile> hostile_gguf_layout() {
  BentGguf bent;
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
  return bent.files;
}

std::vector<HostileFile> hostile_gguf_sizes() {
  BentGguf bent;
  const auto with = [&](const std::string& rule, const RawGgufKey& key) {
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
    bent.add(key, key + ": it says 9", [&key = key, &tensor = tensor](RawGguf& g) {
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
  return bent.files;
}

// Cut before, inside and behind the header, each key, each tensor's description and its data.
std::vector<HostileFile> hostile_gguf_truncations() {
  const RawGguf whole = valid_gguf();
  const std::string bytes = gguf_bytes(whole);
  std::set<size_t> borders = {4, 6, 8, 12, 16, 24};
  RawGguf part = whole;
  part.tensors.clear();
  for (part.keys.clear(); part.keys.size() < whole.keys.size();) {
    borders.insert(gguf_header(part).size());
    part.keys.push_back(whole.keys[part.keys.size()]);
  }
  for (; part.tensors.size() < whole.tensors.size();
       part.tensors.push_back(whole.tensors[part.tensors.size()])) {
    borders.insert(gguf_header(part).size());
  }
  const size_t header = gguf_header(whole).size();
  for (const size_t inside : {0u, 1u, 31u, 512u, 2048u}) borders.insert(header + inside);
  std::vector<HostileFile> files;
  for (const size_t border : borders) {
    for (const size_t length : {border, border + 3, border + 8, border + 13}) {
      if (length + whole.alignment > bytes.size()) continue;  // the padding may be missing
      files.push_back({"cut at " + std::to_string(length), bytes.substr(0, length), ""});
    }
  }
  return files;
}

}  // namespace greylag::test
