// SPDX-License-Identifier: Apache-2.0
// Does an adapter file come back as it was saved, and is one refused that does not fit the model?
#include "core/adapter/adapter_file.h"

#include <gtest/gtest.h>

#include <map>

#include "core/checkpoint/writer.h"
#include "gpu/op_table.h"
#include "tests/core/adapter/sample_adapter.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using Metadata = std::map<std::string, std::string>;

class AdapterFileTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto base = dir_ / "base.safetensors";
    ASSERT_TRUE(test::write_tiny_checkpoint(base, {.layers = 2, .width = 128}).ok());
    const auto reader = open_checkpoint(base);
    ASSERT_TRUE(reader.ok());
    const Result<Config> config = read_config(**reader);
    ASSERT_TRUE(config.ok()) << config.error().message;
    config_ = *config;
  }
  // Writes one LoRA pair and loads it.
  Error load_pair(const std::string& key, gpu::Shape a, gpu::Shape b, const Metadata& metadata) {
    const std::vector<float> zeros(1 << 18);
    const auto tensor = [&](const std::string& name, const gpu::Shape& shape) {
      const auto values = std::span(zeros).first(static_cast<size_t>(shape.elements()));
      return NamedTensor{{name, gpu::DType::F32, shape, values.size_bytes()},
                         std::as_bytes(values)};
    };
    const NamedTensor pair[] = {tensor(key + ".lora_A", a), tensor(key + ".lora_B", b)};
    EXPECT_TRUE(write_safetensors(dir_ / "x.safetensors", pair, metadata).ok());
    const auto loaded = load_adapter(dir_ / "x.safetensors", config_);
    return loaded.ok() ? Error{ErrorCode::Internal, "accepted"} : loaded.error();
  }
  test::TempDir dir_;
  Config config_;
};

TEST_F(AdapterFileTest, KeepsALora) {
  AdapterFile adapter = test::sample_lora(config_, 4, 0.1);
  adapter.base_sha256 = std::string(64, 'a');
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config_, adapter).ok());
  const auto loaded = load_adapter(dir_ / "a.safetensors", config_, adapter.base_sha256);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->method, AdapterMethod::Lora);
  EXPECT_EQ(loaded->rank, 4);
  EXPECT_EQ(loaded->alpha, 0.1);
  EXPECT_EQ(loaded->base_sha256, adapter.base_sha256);
  for (size_t layer = 0; layer < 2; ++layer) {
    for (size_t i = 0; i < size_t{kAdapterTargetCount}; ++i) {
      EXPECT_EQ(loaded->lora[layer][i].a, adapter.lora[layer][i].a);
      EXPECT_EQ(loaded->lora[layer][i].b, adapter.lora[layer][i].b);
    }
  }
}

TEST_F(AdapterFileTest, KeepsAState) {
  const AdapterFile adapter = test::sample_state(config_);
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config_, adapter).ok());
  const auto loaded = load_adapter(dir_ / "s.safetensors", config_);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->method, AdapterMethod::State);
  EXPECT_EQ(loaded->time_state, adapter.time_state);
}

TEST_F(AdapterFileTest, ReportsAnotherBaseAsConflict) {
  AdapterFile adapter = test::sample_lora(config_);
  adapter.base_sha256 = std::string(64, 'a');
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config_, adapter).ok());
  const auto loaded = load_adapter(dir_ / "a.safetensors", config_, std::string(64, 'b'));
  EXPECT_EQ(loaded.error().code, ErrorCode::Conflict);
}

TEST_F(AdapterFileTest, RefusesTensorsThatDoNotFit) {
  const Metadata good = {{"method", "lora"}, {"rank", "4"}, {"alpha", "8"}};
  const std::string key = "blocks.0.att.key";
  EXPECT_EQ(load_pair(key, {4, 128}, {128, 4}, good).message, "accepted");
  const auto expect_bad = [&](const Error& error, const std::string& rule) {
    EXPECT_EQ(error.code, ErrorCode::BadFile);
    EXPECT_NE(error.message.find(rule), std::string::npos) << error.message;
  };
  expect_bad(load_pair(key, {4, 64}, {128, 4}, good), "blocks.0.att.key.lora_A: its shape");
  expect_bad(load_pair(key, {4, 128}, {128, 8}, good), "lora_B: its shape");
  expect_bad(load_pair("blocks.0.ffn.key", {4, 128}, {128, 4}, good), "[512, 4]");
  expect_bad(load_pair("blocks.2.att.key", {4, 128}, {128, 4}, good), "not a tensor of a LoRA");
  expect_bad(load_pair("head", {4, 128}, {128, 4}, good), "not a tensor of a LoRA");
  expect_bad(load_pair(key, {8, 128}, {128, 8}, good), "metadata rank");
  expect_bad(load_pair(key, {4, 128}, {128, 4}, {{"alpha", "nan"}}), "metadata alpha");
  expect_bad(load_pair(key, {4, 128}, {128, 4}, {{"alpha", "8x"}}), "metadata alpha");
  expect_bad(load_pair(key, {4, 128}, {128, 4}, {{"method", "state"}, {"alpha", "8"}}), "method");
  expect_bad(load_pair(key, {4, 128}, {128, 4}, {{"base_sha256", "zz"}}), "base_sha256");
}

TEST_F(AdapterFileTest, RefusesAModelAsAdapter) {
  const auto loaded = load_adapter(dir_ / "base.safetensors", config_);
  EXPECT_EQ(loaded.error().code, ErrorCode::BadFile);
  EXPECT_NE(loaded.error().message.find("rwkv7"), std::string::npos);
}

TEST_F(AdapterFileTest, RefusesNotANumber) {
  AdapterFile adapter = test::sample_lora(config_);
  adapter.lora[1][3].b[5] = std::numeric_limits<float>::quiet_NaN();
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config_, adapter).ok());
  const auto loaded = load_adapter(dir_ / "a.safetensors", config_);
  EXPECT_NE(loaded.error().message.find("blocks.1.att.output.lora_B"), std::string::npos);
}

TEST_F(AdapterFileTest, UploadsPairsAndScale) {
  std::string why;
  const auto device = gpu::make_device("cpu", 1, &why);
  ASSERT_NE(device, nullptr) << why;
  const auto queue = device->make_queue();
  const AdapterFile adapter = test::sample_lora(config_);
  const auto weights = upload_adapter(adapter, config_, *device, *queue);
  EXPECT_EQ(weights->scale, 2.0f);
  EXPECT_FALSE(weights->layers[1][0].a);
  const gpu::Tensor& b = weights->layers[0][4].b;  // ffn.key
  EXPECT_EQ(b.shape(), (gpu::Shape{512, 4}));
  // Its layout is the device's own: each unit vector brings one column.
  const std::vector<float> ones{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
  const gpu::Tensor x = device->allocate(gpu::DType::F32, {4, 4});
  const gpu::Tensor y = device->allocate(gpu::DType::F32, {4, 512});
  device->upload(*queue, ones.data(), x);
  const gpu::Product product{.x = x, .w = b, .y = y};
  device->ops().matmul(*queue, {&product, 1});
  std::vector<float> columns(512 * 4);
  device->download(*queue, y, columns.data());
  queue->wait();
  for (size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(columns[i], adapter.lora[0][4].b[i % 512 * 4 + i / 512]) << i;
  }
}

}  // namespace
}  // namespace greylag
