// SPDX-License-Identifier: Apache-2.0
// The schema of an RWKV-7 checkpoint (names and shapes of facts 1.1): every tensor that must be
// there is, every tensor that is there has its shape, and nothing else is in the file.
#include "core/model/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "core/model/architecture.h"

namespace greylag {

namespace {

using gpu::Shape;

constexpr int64_t kMostLayers = 1024;
constexpr int64_t kMostWidth = 65'536;
constexpr int64_t kMostVocab = 1 << 24;

Error bad_tensor(std::string_view name, std::string_view rule) {
  return Error{ErrorCode::BadFile, fmt::format("{}: {}", name, rule)};
}

// What a tensor may be stored as: only the large matrices are computed with straight from blocks.
enum class Types { Floats, FloatsAndBlocks };

// Looks up tensors and ticks them off; remembers the first broken rule.
class Schema {
 public:
  explicit Schema(const CheckpointReader& reader) {
    for (const TensorInfo& info : reader.tensors()) open_.emplace(info.name, &info);
  }
  const TensorInfo* find(const std::string& name) const {
    const auto found = open_.find(name);
    return found == open_.end() ? nullptr : found->second;
  }
  void expect(const std::string& name, const Shape& shape, Types types = Types::Floats) {
    if (error_) return;
    if (find(name) == nullptr) {
      error_ = bad_tensor(name, "this tensor is missing");
    } else {
      allow(name, shape, types);
    }
  }
  // As expect, but the tensor may be absent.
  void allow(const std::string& name, const Shape& shape, Types types = Types::Floats) {
    const auto found = open_.find(name);
    if (error_ || found == open_.end()) return;
    const TensorInfo& info = *found->second;
    if (info.shape != shape) {
      error_ = bad_tensor(
          name, fmt::format("its shape is {}, expected {}", info.shape.text(), shape.text()));
    } else if (info.dtype != gpu::DType::F32 && info.dtype != gpu::DType::F16 &&
               info.dtype != gpu::DType::BF16 &&
               !(types == Types::FloatsAndBlocks && gpu::is_block_format(info.dtype))) {
      error_ = bad_tensor(
          name, fmt::format("its dtype is {}; weights are f32, f16 or bf16{}",
                            gpu::dtype_name(info.dtype),
                            types == Types::FloatsAndBlocks ? ", or in a block format" : ""));
    }
    open_.erase(found);
  }
  // Length of one dimension of a tensor with two; refuses if it is absent.
  int64_t dimension(const std::string& name, int which) {
    const TensorInfo* info = find(name);
    if (error_) return 0;
    if (info == nullptr || info->shape.rank() != 2 || info->shape[which] <= 0) {
      error_ = bad_tensor(name, info == nullptr ? "this tensor is missing" : "it is not a matrix");
      return 0;
    }
    return info->shape[which];
  }
  void refuse(Error error) {
    if (!error_) error_ = std::move(error);
  }
  bool ok() const { return !error_; }
  // After all expectations: nothing may be left over.
  Status finish() const {
    if (error_) return *error_;
    const std::string* first = nullptr;
    for (const auto& [name, info] : open_) {
      if (first == nullptr || name < *first) first = &name;
    }
    if (first == nullptr) return {};
    return bad_tensor(*first, "a tensor that RWKV-7 does not have");
  }

 private:
  std::unordered_map<std::string, const TensorInfo*> open_;  // not ticked off yet
  std::optional<Error> error_;
};

int64_t count_layers(const CheckpointReader& reader) {
  int64_t layers = 0;
  for (const TensorInfo& info : reader.tensors()) {
    const std::optional<int64_t> layer = layer_of(info.name);
    if (layer) layers = std::max(layers, *layer + 1);
  }
  return layers;
}

void expect_low_rank(Schema& schema, const std::string& prefix, int64_t width, int64_t rank,
                     bool has_bias) {
  if (has_bias) schema.expect(prefix + "0", {1, 1, width});
  schema.expect(prefix + "1", {width, rank});
  schema.expect(prefix + "2", {rank, width});
}

// Layer 0 does not use v0, v1, v2; some files omit them, and their rank there is free.
void allow_first_value_gate(Schema& schema, int64_t width) {
  const std::string prefix = "blocks.0.att.v";
  const TensorInfo* v1 = schema.find(prefix + "1");
  const bool is_matrix = v1 != nullptr && v1->shape.rank() == 2;
  const int64_t rank = is_matrix ? v1->shape[1] : 1;
  schema.allow(prefix + "0", {1, 1, width});
  schema.allow(prefix + "1", {width, rank});
  schema.allow(prefix + "2", {rank, width});
}

void check_norm(Schema& schema, const std::string& prefix, int64_t width) {
  schema.expect(prefix + ".weight", {width});
  schema.expect(prefix + ".bias", {width});
}

void check_layer(Schema& schema, const Config& c, int64_t layer) {
  const std::string block = fmt::format("blocks.{}.", layer);
  const std::string att = block + "att.";
  const std::string ffn = block + "ffn.";
  const int64_t width = c.width;
  if (layer == 0) check_norm(schema, block + "ln0", width);
  check_norm(schema, block + "ln1", width);
  check_norm(schema, block + "ln2", width);
  for (const char* name : {"x_r", "x_w", "x_k", "x_v", "x_a", "x_g", "k_k", "k_a"}) {
    schema.expect(att + name, {1, 1, width});
  }
  expect_low_rank(schema, att + "w", width, c.decay_rank, true);
  expect_low_rank(schema, att + "a", width, c.alpha_rank, true);
  expect_low_rank(schema, att + "g", width, c.gate_rank, false);
  if (layer == 0) {
    allow_first_value_gate(schema, width);
  } else {
    expect_low_rank(schema, att + "v", width, c.value_rank, true);
  }
  schema.expect(att + "r_k", {c.heads, c.head_size});
  for (const char* name : {"receptance", "key", "value", "output"}) {
    schema.expect(att + name + ".weight", {width, width}, Types::FloatsAndBlocks);
  }
  check_norm(schema, att + "ln_x", width);
  schema.allow(att + "time_state", {c.heads, c.head_size, c.head_size});
  schema.expect(ffn + "x_k", {1, 1, width});
  schema.expect(ffn + "key.weight", {c.ffn_width, width}, Types::FloatsAndBlocks);
  schema.expect(ffn + "value.weight", {width, c.ffn_width}, Types::FloatsAndBlocks);
}

Status read_sizes(Schema& schema, const CheckpointReader& reader, Config& c) {
  c.layers = count_layers(reader);
  c.vocab = schema.dimension("emb.weight", 0);
  c.width = schema.dimension("emb.weight", 1);
  if (!schema.ok()) return schema.finish();
  if (c.layers > kMostLayers) return bad_tensor("blocks", "more than 1024 layers");
  if (c.width % c.head_size != 0 || c.width > kMostWidth) {
    return bad_tensor("emb.weight",
                      fmt::format("the width {} is not a multiple of the head size 64", c.width));
  }
  if (c.vocab > kMostVocab) return bad_tensor("emb.weight", "more than 2^24 tokens");
  if (const TensorInfo* r_k = schema.find("blocks.0.att.r_k");
      r_k != nullptr && r_k->shape.rank() == 2 && r_k->shape[1] != c.head_size) {
    return bad_tensor("blocks.0.att.r_k",
                      fmt::format("the head size is {}; only 64 is supported", r_k->shape[1]));
  }
  c.heads = c.width / c.head_size;
  c.ffn_width = 4 * c.width;
  c.decay_rank = schema.dimension("blocks.0.att.w1", 1);
  c.alpha_rank = schema.dimension("blocks.0.att.a1", 1);
  c.gate_rank = schema.dimension("blocks.0.att.g1", 1);
  const std::string value_name = c.layers > 1 ? "blocks.1.att.v1" : "blocks.0.att.v1";
  if (c.layers > 1 || schema.find(value_name) != nullptr) {
    c.value_rank = schema.dimension(value_name, 1);
  }
  return schema.ok() ? Status() : schema.finish();
}

}  // namespace

void set_official_ranks(Config& config) {
  const double c = std::sqrt(static_cast<double>(config.width));
  const auto rank = [](double x) {
    return std::max<int64_t>(32, 32 * static_cast<int64_t>(std::nearbyint(x / 32)));
  };
  config.decay_rank = rank(2.5 * c);
  config.alpha_rank = rank(2.5 * c);
  config.value_rank = rank(1.7 * c);
  config.gate_rank = rank(5.0 * c);
}

Result<Config> read_config(const CheckpointReader& reader) {
  if (const Status status = check_is_rwkv7(reader); !status) return status.error();
  Schema schema(reader);
  Config c;
  if (const Status status = read_sizes(schema, reader, c); !status) return status.error();
  if (const TensorInfo* matrix = schema.find("blocks.0.att.receptance.weight")) {
    c.dtype = matrix->dtype;
  }
  schema.expect("emb.weight", {c.vocab, c.width}, Types::FloatsAndBlocks);
  for (int64_t layer = 0; layer < c.layers && schema.ok(); ++layer) check_layer(schema, c, layer);
  check_norm(schema, "ln_out", c.width);
  schema.expect("head.weight", {c.vocab, c.width}, Types::FloatsAndBlocks);
  if (const Status status = schema.finish(); !status) return status.error();
  for (const TensorInfo& info : reader.tensors()) c.parameters += info.shape.elements();
  return c;
}

}  // namespace greylag
