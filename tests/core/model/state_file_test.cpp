// SPDX-License-Identifier: Apache-2.0
// Does a state come back as it was saved, and is one of another model refused?
#include <gtest/gtest.h>

#include "core/base/platform.h"
#include "core/checkpoint/writer.h"
#include "core/model/state_pool.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

Config small_config() {
  Config config;
  config.layers = 2;
  config.width = 128;
  config.heads = 2;
  return config;
}

std::vector<float> ramp(size_t count, float start) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = start + static_cast<float>(i) * 0.5f;
  return values;
}

HostState sample() {
  return {
      .att_shift = ramp(2 * 128, 1), .wkv = ramp(2 * 2 * 64 * 64, 2), .ffn_shift = ramp(256, 3)};
}

TEST(StateFile, ComesBackAsSaved) {
  const test::TempDir dir;
  ASSERT_TRUE(save_state(dir / "s.safetensors", small_config(), sample()).ok());
  const auto state = load_state(dir / "s.safetensors", small_config());
  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_EQ(state->att_shift, sample().att_shift);
  EXPECT_EQ(state->wkv, sample().wkv);
  EXPECT_EQ(state->ffn_shift, sample().ffn_shift);
}

TEST(StateFile, TakesTimeStateAlone) {
  const test::TempDir dir;
  const std::vector<float> wkv = ramp(2 * 64 * 64, 0);
  ASSERT_TRUE(test::write_tensors(dir / "s.pth",
                                  {test::make_tensor("blocks.0.att.time_state", {2, 64, 64}, wkv),
                                   test::make_tensor("blocks.1.att.time_state", {2, 64, 64}, wkv)})
                  .ok());
  const auto state = load_state(dir / "s.pth", small_config());
  ASSERT_TRUE(state.ok()) << state.error().message;
  EXPECT_EQ(state->wkv.size(), 2 * wkv.size());
  EXPECT_EQ(state->att_shift, std::vector<float>(256, 0.0f));
}

// As RWKV-PEFT and its wrappers write it: bf16, a prefix before the name.
TEST(StateFile, TakesHalfPrecisionAndPrefixedNames) {
  const test::TempDir dir;
  const std::vector<float> wkv(2 * 64 * 64, 0.375f);
  const std::string prefixes[] = {"",
                                  "_forward_module.",
                                  "_forward_module.model.",
                                  "base_model.model.",
                                  "model.base_model.model.",
                                  "module.",
                                  "_orig_mod.",
                                  "module._orig_mod.model.",
                                  "rwkv."};
  for (const std::string& prefix : prefixes) {
    for (const char* file : {"s.pth", "s.safetensors"}) {
      const auto tensor = [&](const char* layer) {
        return test::make_tensor(prefix + layer, {2, 64, 64}, wkv, gpu::DType::BF16);
      };
      ASSERT_TRUE(test::write_tensors(dir / file, {tensor("blocks.0.att.time_state"),
                                                   tensor("blocks.1.att.time_state")})
                      .ok());
      const auto state = load_state(dir / file, small_config());
      ASSERT_TRUE(state.ok()) << prefix << state.error().message;
      EXPECT_EQ(state->wkv, std::vector<float>(2 * 2 * 64 * 64, 0.375f)) << prefix << file;
    }
  }
}

// RWKV-PEFT's fullstate tuning, with or without the names that the peft library gives.
TEST(StateFile, ReadsLearnedShiftStates) {
  const test::TempDir dir;
  for (const std::string prefix : {"", "base_model.model."}) {
    std::vector<test::TinyTensor> tensors;
    for (int layer = 0; layer < 2; ++layer) {
      const std::string block = prefix + "blocks." + std::to_string(layer);
      const auto add = [&](const char* name, gpu::Shape shape, float value) {
        tensors.push_back(test::make_tensor(
            block + name, shape, std::vector<float>(static_cast<size_t>(shape.elements()), value)));
      };
      add(".att.time_state", {2, 64, 64}, 0.5f);
      add(".att.ts_state", {128}, 0.25f);
      add(".ffn.ts_state", {128}, -2.0f);
    }
    ASSERT_TRUE(test::write_tensors(dir / "s.pth", tensors).ok());
    const auto state = load_state(dir / "s.pth", small_config());
    ASSERT_TRUE(state.ok()) << state.error().message;
    EXPECT_EQ(state->att_shift, std::vector<float>(2 * 128, 0.25f));
    EXPECT_EQ(state->ffn_shift, std::vector<float>(2 * 128, -2.0f));
    EXPECT_EQ(state->wkv, std::vector<float>(2 * 2 * 64 * 64, 0.5f));
  }
}

TEST(StateFile, SaysHowManyLayersAndHeadsTheStateHas) {
  const test::TempDir dir;
  ASSERT_TRUE(save_state(dir / "s.safetensors", small_config(), sample()).ok());
  const auto message = [&](const Config& config) {
    return load_state(dir / "s.safetensors", config).error().message;
  };
  Config other = small_config();
  other.layers = 3;
  EXPECT_NE(message(other).find("the state has 2 layers, the model 3"), std::string::npos);
  other.layers = 1;
  EXPECT_NE(message(other).find("the state has 2 layers, the model 1"), std::string::npos);
  other = small_config();
  other.heads = 4;
  other.width = 256;
  EXPECT_NE(message(other).find("the state has 2 heads, the model 4"), std::string::npos);
}

TEST(StateFile, RefusesStatesOfOtherModels) {
  const test::TempDir dir;
  ASSERT_TRUE(save_state(dir / "s.safetensors", small_config(), sample()).ok());
  Config other = small_config();
  other.layers = 3;
  EXPECT_NE(
      load_state(dir / "s.safetensors", other).error().message.find("blocks.2.att.time_state"),
      std::string::npos);
  other.layers = 1;
  EXPECT_EQ(load_state(dir / "s.safetensors", other).error().code, ErrorCode::BadFile);
  other = small_config();
  other.heads = 1;
  other.width = 64;
  EXPECT_NE(load_state(dir / "s.safetensors", other).error().message.find("its shape is"),
            std::string::npos);
  ASSERT_TRUE(test::write_tiny_checkpoint(dir / "m.pth").ok());
  EXPECT_NE(load_state(dir / "m.pth", small_config()).error().message.find("rwkv7"),
            std::string::npos);
  HostState broken = sample();
  broken.wkv[5] = std::numeric_limits<float>::infinity();
  ASSERT_TRUE(save_state(dir / "b.safetensors", small_config(), broken).ok());
  EXPECT_NE(load_state(dir / "b.safetensors", small_config()).error().message.find("infinity"),
            std::string::npos);
}

// The states of a core of that width, as their first shift state claims it: each wkv state is one
// number, not [width / 64, 64, 64].
TEST(StateFile, TakesNoMemoryForCoreStatesThatItDoesNotHold) {
  constexpr int64_t kLayers = 8, kWidth = 1 << 18;  // 512 MiB in f32, from a file of half a MiB
  const std::vector<float> wkv = ramp(2 * 64 * 64, 0);
  const std::vector<std::byte> zeros(2 * kWidth);
  std::vector<NamedTensor> tensors;
  const auto add = [&](const std::string& name, gpu::DType dtype, const gpu::Shape& shape,
                       std::span<const std::byte> bytes) {
    const uint64_t size = gpu::size_bytes(dtype, shape);
    tensors.push_back({{name, dtype, shape, size}, bytes.first(static_cast<size_t>(size))});
  };
  for (const char* name : {"blocks.0.att.time_state", "blocks.1.att.time_state"}) {
    add(name, gpu::DType::F32, {2, 64, 64}, std::as_bytes(std::span(wkv)));
  }
  for (int64_t layer = 0; layer < kLayers; ++layer) {
    const std::string name = "hrm.states." + std::to_string(layer) + ".";
    add(name + "att.time_state", gpu::DType::F16, {1}, zeros);
    add(name + "att.shift_state", gpu::DType::F16, {layer == 0 ? kWidth : 1}, zeros);
    add(name + "ffn.shift_state", gpu::DType::F16, {1}, zeros);
  }
  const test::TempDir dir;
  ASSERT_TRUE(write_safetensors(dir / "s.safetensors", tensors,
                                {{"method", "state"}, {"core_sha256", std::string(64, 'a')}})
                  .ok());
  const uint64_t before = platform::memory_peak_bytes();
  const auto state = load_state(dir / "s.safetensors", small_config());
  ASSERT_FALSE(state.ok());
  EXPECT_NE(state.error().message.find("hrm.states.0.att.time_state: its shape"), std::string::npos)
      << state.error().message;
  EXPECT_LT(platform::memory_peak_bytes() - before, uint64_t{64} << 20);
}

}  // namespace
}  // namespace greylag
