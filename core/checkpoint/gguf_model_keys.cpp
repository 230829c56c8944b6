// SPDX-License-Identifier: Apache-2.0
// Keys of facts inference 3.2. All are optional here, for a tensor's shape says more.
#include "core/checkpoint/gguf_model_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/checkpoint/file_text.h"
#include "core/checkpoint/gguf_layout.h"

namespace greylag {
namespace {

constexpr double kNormEpsilon = 1e-5;

// A key that must equal one length of a tensor in every layer that has it.
struct SizeKey {
  std::string_view key;
  std::string_view below;  // "blocks.N."
  int dimension;
};
constexpr SizeKey kLayerSizes[] = {
    {"rwkv7.feed_forward_length", "ffn.key.weight", 0},
    {"rwkv7.attention.decay_lora_rank", "att.w1", 1},
    {"rwkv7.attention.iclr_lora_rank", "att.a1", 1},
    {"rwkv7.attention.value_residual_mix_lora_rank", "att.v1", 1},
    {"rwkv7.attention.gate_lora_rank", "att.g1", 1},
};

constexpr std::string_view kTokenArrays[] = {"tokenizer.ggml.tokens", "tokenizer.ggml.token_type",
                                             "tokenizer.ggml.scores"};

std::string text_behind(const GgufKeys& keys, std::string_view key) {
  const GgufValue* value = keys.find(key);
  return value == nullptr ? std::string() : std::string(value->text().value_or(""));
}

class SizeCheck {
 public:
  SizeCheck(const GgufKeys& keys, std::span<const StoredTensor> tensors)
      : keys_(keys), tensors_(tensors) {}

  Status run() {
    const auto embedding = std::ranges::find(tensors_, "emb.weight",
                                             [](const auto& tensor) { return tensor.info.name; });
    if (embedding == tensors_.end()) return bad_file("token_embd.weight: this tensor is missing");
    const int64_t vocab = embedding->info.shape[0];
    expect("rwkv7.embedding_length", embedding->info.shape[1], "token_embd.weight");
    expect("rwkv7.vocab_size", vocab, "token_embd.weight");
    expect("rwkv7.wkv.head_size", kRwkv7HeadSize, "RWKV-7");
    expect("rwkv7.token_shift_count", 2, "RWKV-7");
    check_layers();
    check_epsilon();
    for (const std::string_view key : kTokenArrays) check_token_array(key, vocab);
    return status_;
  }

 private:
  void refuse(std::string_view key, const std::string& rule) {
    if (status_) status_ = bad_file(fmt::format("{}: {}", key, rule));
  }

  void expect(std::string_view key, int64_t size, std::string_view source) {
    const GgufValue* value = keys_.find(key);
    if (value == nullptr) return;
    const std::optional<uint64_t> number = value->whole_number();
    if (!number) return refuse(key, "it is not a whole number");
    if (*number != static_cast<uint64_t>(size)) {
      refuse(key, fmt::format("it says {}, but {} says {}", *number, source, size));
    }
  }

  void check_layers() {
    int64_t layers = 0;
    for (const StoredTensor& tensor : tensors_) {
      const std::optional<LayoutPart> part = part_of(tensor.info.name);
      if (!part || part->layer < 0) continue;
      layers = std::max(layers, part->layer + 1);
      for (const SizeKey& size : kLayerSizes) {
        if (!part->name.ends_with(size.below)) continue;
        expect(size.key, tensor.info.shape[size.dimension], part->gguf_name);
      }
    }
    expect("rwkv7.block_count", layers, "the list of tensors");
  }

  void check_epsilon() {
    constexpr std::string_view kKey = "rwkv7.attention.layer_norm_epsilon";
    const GgufValue* value = keys_.find(kKey);
    if (value == nullptr) return;
    const std::optional<double> epsilon = value->real_number();
    if (!epsilon || !(std::abs(*epsilon - kNormEpsilon) <= 1e-3 * kNormEpsilon)) {
      refuse(kKey, "it is not 1e-5, which RWKV-7 has");
    }
  }

  void check_token_array(std::string_view key, int64_t vocab) {
    const GgufValue* value = keys_.find(key);
    if (value == nullptr) return;
    const GgufType wanted = key.ends_with("tokens")   ? GgufType::Text
                            : key.ends_with("scores") ? GgufType::F32
                                                      : GgufType::I32;
    if (value->type != GgufType::Array || value->element_type != wanted) {
      return refuse(key, "it is not an array of the type that this key has");
    }
    if (value->count != static_cast<uint64_t>(vocab)) {
      refuse(key, fmt::format("it has {} elements, but token_embd.weight has {} rows", value->count,
                              vocab));
    }
  }

  const GgufKeys& keys_;
  std::span<const StoredTensor> tensors_;
  Status status_;
};

}  // namespace

Status check_gguf_is_rwkv7(const GgufKeys& keys) {
  const std::string architecture = text_behind(keys, "general.architecture");
  if (architecture.empty()) {
    return bad_file("general.architecture: the file does not say what model it holds");
  }
  if (architecture != "rwkv7") {
    return bad_file(
        fmt::format("this is a GGUF file of {}; Greylag runs RWKV-7", printable(architecture)));
  }
  const std::string type = text_behind(keys, "general.type");
  if (!type.empty() && type != "model") {
    return bad_file(
        fmt::format("this is a GGUF file with {} of RWKV-7, not a model", printable(type)));
  }
  const GgufValue* parts = keys.find("split.count");
  if (parts != nullptr && parts->whole_number() != 0 && parts->whole_number() != 1) {
    return bad_file("this is one part of a split GGUF file; merge the parts first");
  }
  return {};
}

Status check_gguf_sizes(const GgufKeys& keys, std::span<const StoredTensor> tensors) {
  return SizeCheck(keys, tensors).run();
}

std::vector<std::string> gguf_tokens(const GgufKeys& keys) {
  const GgufValue* tokens = keys.find("tokenizer.ggml.tokens");
  if (tokens == nullptr || text_behind(keys, "tokenizer.ggml.model") != "rwkv") return {};
  return tokens->texts().value_or(std::vector<std::string>());
}

}  // namespace greylag
