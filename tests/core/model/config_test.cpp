// SPDX-License-Identifier: Apache-2.0
// Is an RWKV-7 recognised with all its sizes, another model named, and a bent one refused by key?
#include "core/model/config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/checkpoint/writer.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using test::TinyTensor;

std::unique_ptr<CheckpointReader> write_and_open(const test::TempDir& dir,
                                                 const std::vector<TinyTensor>& tensors) {
  EXPECT_TRUE(test::write_tensors(dir / "m.safetensors", tensors).ok());
  auto reader = open_checkpoint(dir / "m.safetensors");
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  return std::move(reader).value();
}

// A file of small tensors with these names.
std::unique_ptr<CheckpointReader> named(const test::TempDir& dir,
                                        const std::vector<std::string>& names) {
  std::vector<TinyTensor> tensors;
  for (const std::string& name : names) tensors.push_back(test::make_tensor(name, {1}, {0}));
  return write_and_open(dir, tensors);
}

TEST(ReadConfig, ReadsAllSizes) {
  const test::TempDir dir;
  const test::TinyCheckpoint options{
      .layers = 3, .width = 128, .vocab = 300, .dtype = gpu::DType::BF16, .rank = 16};
  ASSERT_TRUE(test::write_tiny_checkpoint(dir / "m.pth", options).ok());
  const auto reader = open_checkpoint(dir / "m.pth");
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(identify_architecture(**reader), "rwkv7");
  const Result<Config> config = read_config(**reader);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->layers, 3);
  EXPECT_EQ(config->width, 128);
  EXPECT_EQ(config->heads, 2);
  EXPECT_EQ(config->vocab, 300);
  EXPECT_EQ(config->ffn_width, 512);
  EXPECT_EQ(config->value_rank, 16);
  EXPECT_EQ(config->dtype, gpu::DType::BF16);
  // facts 1.1: 2VC + 4C + L (19C + 12CC + 2C (sum of ranks)), less layer 0's v0, v1, v2
  const int64_t c = 128;
  const int64_t layer = 19 * c + 12 * c * c + 2 * c * 4 * 16;
  EXPECT_EQ(config->parameters, 2 * 300 * c + 4 * c + 3 * layer - (c + 2 * c * 16));
}

TEST(ReadConfig, ReadsTheParityModels) {
  const auto tiny = test::shared_file("parity/tiny-rwkv7-byte.pth");
  const auto lively = test::shared_file("parity/lively-rwkv7-byte.safetensors");
  if (!tiny || !lively) GTEST_SKIP() << "no parity data: set GREYLAG_SHARED";
  const auto config = read_config(**open_checkpoint(*tiny));
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->layers, 12);
  EXPECT_EQ(config->width, 64);
  const auto wide = read_config(**open_checkpoint(*lively));
  ASSERT_TRUE(wide.ok()) << wide.error().message;
  EXPECT_EQ(wide->heads, 4);
  EXPECT_EQ(wide->layers, 3);
}

TEST(ReadConfig, TakesLayerZeroWithOrWithoutItsValueGate) {
  const test::TempDir dir;
  for (const bool has_gate : {false, true}) {
    for (const int64_t layers : {1, 2}) {
      const auto reader = write_and_open(
          dir, test::make_tiny_tensors({.layers = layers, .has_first_value_gate = has_gate}));
      const Result<Config> config = read_config(*reader);
      EXPECT_TRUE(config.ok()) << config.error().message;
    }
  }
}

TEST(ReadConfig, TakesBlockFormatsForTheLargeMatricesOnly) {
  const test::TempDir dir;
  const auto with_blocks = [&](const std::string& name) {
    const auto tensors = test::make_tiny_tensors({.layers = 2, .width = 64});
    std::vector<TensorInfo> infos;
    for (const test::TinyTensor& tensor : tensors) {
      infos.push_back(tensor.info);
      if (tensor.info.name != name) continue;
      infos.back().dtype = gpu::DType::Q8_0;
      infos.back().size_bytes = gpu::size_bytes(gpu::DType::Q8_0, tensor.info.shape);
    }
    EXPECT_TRUE(
        write_safetensors(dir / "m.safetensors", infos, {},
                          [](const TensorInfo&, std::span<std::byte>) -> Status { return {}; })
            .ok());
    return read_config(**open_checkpoint(dir / "m.safetensors"));
  };
  for (const char* name :
       {"emb.weight", "head.weight", "blocks.1.att.key.weight", "blocks.0.ffn.value.weight"}) {
    EXPECT_TRUE(with_blocks(name).ok()) << name;
  }
  for (const char* name :
       {"blocks.1.att.w1", "blocks.0.att.g2", "ln_out.weight", "blocks.0.att.x_r"}) {
    const Result<Config> config = with_blocks(name);
    ASSERT_FALSE(config.ok()) << name;
    EXPECT_NE(config.error().message.find(name), std::string::npos) << config.error().message;
  }
}

TEST(IdentifyArchitecture, NamesOthers) {
  const test::TempDir dir;
  const std::pair<std::string, std::vector<std::string>> cases[] = {
      {"rwkv4", {"emb.weight", "blocks.0.att.time_decay", "blocks.0.att.time_mix_k"}},
      {"rwkv5", {"emb.weight", "blocks.0.att.time_decay", "blocks.0.att.ln_x.weight"}},
      {"rwkv6", {"blocks.0.att.time_decay", "blocks.0.att.time_maa_x", "blocks.0.att.ln_x.weight"}},
      {"rwkv7a", {"blocks.0.att.r_k", "blocks.0.ffn.s_emb.weight"}},
      {"rwkv7b", {"blocks.0.att.r_k", "blocks.0.ffn.s_emb.weight", "blocks.0.qkv.k1"}},
      {"rwkv8", {"blocks.0.att.r_k", "blocks.0.ffn.enn.weight"}},
      {"rosa", {"blocks.0.att.r_k", "blocks.0.rosa.q.weight"}},
      {"transformer", {"model.layers.0.self_attn.q_proj.weight", "lm_head.weight"}},
      {"transformer", {"transformer.h.0.attn.c_attn.weight", "transformer.wte.weight"}},
      {"adapter", {"blocks.0.att.key.lora_A", "blocks.0.att.key.lora_B"}},
      {"state", {"blocks.0.att.time_state", "blocks.1.att.time_state"}},
      {"unknown", {"a", "b"}},
  };
  for (const auto& [kind, names] : cases) {
    EXPECT_EQ(identify_architecture(*named(dir, names)), kind) << names[0];
    EXPECT_EQ(read_config(*named(dir, names)).error().code, ErrorCode::BadFile);
  }
  EXPECT_EQ(read_config(*named(dir, cases[2].second)).error().message,
            "this is an RWKV-6 checkpoint; Greylag runs RWKV-7");
  EXPECT_EQ(read_config(*named(dir, cases[7].second)).error().message,
            "this is a transformer checkpoint; Greylag runs RWKV-7");
}

using Bend = std::function<void(std::vector<TinyTensor>&)>;

TinyTensor& find(std::vector<TinyTensor>& tensors, const std::string& name) {
  const auto found =
      std::ranges::find(tensors, name, [](const TinyTensor& t) { return t.info.name; });
  EXPECT_NE(found, tensors.end()) << name;
  return *found;
}

Bend reshape(const std::string& name, gpu::Shape shape) {
  return [=](std::vector<TinyTensor>& tensors) {
    find(tensors, name) =
        test::make_tensor(name, shape, std::vector<float>(static_cast<size_t>(shape.elements())));
  };
}

Bend drop(const std::string& name) {
  return [=](std::vector<TinyTensor>& tensors) {
    std::erase_if(tensors, [&](const TinyTensor& t) { return t.info.name == name; });
  };
}

TEST(ReadConfig, RefusesEveryBentShapeByKey) {
  const test::TempDir dir;
  const std::pair<std::string, Bend> cases[] = {
      {"head.weight: its shape is [255, 64]", reshape("head.weight", {255, 64})},
      {"emb.weight", reshape("emb.weight", {256, 65})},
      {"emb.weight", reshape("emb.weight", {256})},
      {"emb.weight", drop("emb.weight")},
      {"blocks.1.att.key.weight", reshape("blocks.1.att.key.weight", {64, 32})},
      {"blocks.1.att.x_r", reshape("blocks.1.att.x_r", {64})},
      {"blocks.0.att.r_k: the head size is 32", reshape("blocks.0.att.r_k", {2, 32})},
      {"blocks.1.att.w1", reshape("blocks.1.att.w1", {64, 16})},
      {"blocks.1.att.v2", reshape("blocks.1.att.v2", {16, 64})},
      {"blocks.1.ffn.key.weight", reshape("blocks.1.ffn.key.weight", {224, 64})},
      {"blocks.1.att.v0: this tensor is missing", drop("blocks.1.att.v0")},
      {"blocks.0.ln0.bias: this tensor is missing", drop("blocks.0.ln0.bias")},
      {"ln_out.weight", drop("ln_out.weight")},
      {"blocks.0.att.w1", drop("blocks.0.att.w1")},
      {"blocks.2.ln1.weight: this tensor is missing",
       [](auto& t) { t.push_back(test::make_tensor("blocks.2.extra", {1}, {0})); }},
      {"zzz: a tensor", [](auto& t) { t.push_back(test::make_tensor("zzz", {1}, {0})); }},
      {"blocks.1.ln1.weight: its dtype is f64",
       [](auto& t) {
         find(t, "blocks.1.ln1.weight") = test::make_tensor(
             "blocks.1.ln1.weight", {64}, std::vector<float>(64), gpu::DType::F64);
       }},
      {"more than 1024 layers",
       [](auto& t) { t.push_back(test::make_tensor("blocks.999999.att.w0", {1}, {0})); }},
  };
  for (const auto& [rule, bend] : cases) {
    auto tensors = test::make_tiny_tensors({.layers = 2});
    bend(tensors);
    const Result<Config> config = read_config(*write_and_open(dir, tensors));
    ASSERT_FALSE(config.ok()) << rule;
    EXPECT_EQ(config.error().code, ErrorCode::BadFile);
    EXPECT_NE(config.error().message.find(rule), std::string::npos) << config.error().message;
  }
}

}  // namespace
}  // namespace greylag
