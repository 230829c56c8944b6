// SPDX-License-Identifier: Apache-2.0
// Do our adapters mean the same as the .pth that PyTorch loads? The part with PyTorch skips where
// python3 has none.
#include "core/adapter/convert_adapter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "tests/core/adapter/foreign_file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

class ConvertAdapterTest : public testing::Test {
 protected:
  ConvertAdapterTest() {
    EXPECT_TRUE(test::write_tiny_checkpoint(dir_ / "tiny.safetensors", {.layers = 2}).ok());
    config_ = read_config(**open_checkpoint(dir_ / "tiny.safetensors")).value();
    adapter_ = test::sample_lora(config_, 4, 32);
    adapter_.base_sha256 = std::string(64, 'b');
    adapter_.norms["blocks.1.ln1.weight"] = test::quarters(config_.width, 5);
    EXPECT_TRUE(save_adapter(dir_ / "own.safetensors", config_, adapter_).ok());
  }
  test::TempDir dir_;
  Config config_;
  AdapterFile adapter_;
};

TEST_F(ConvertAdapterTest, APthMeansWhatTheAdapterMeant) {
  const auto done = convert_adapter(dir_ / "own.safetensors", dir_ / "theirs.pth");
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_EQ(done->header.alpha, 32);
  EXPECT_EQ(done->config.filename(), "theirs.adapter_config.json");
  const auto theirs = load_adapter(dir_ / "theirs.pth", config_);
  ASSERT_TRUE(theirs.ok()) << theirs.error().message;
  EXPECT_EQ(theirs->alpha, 32);
  EXPECT_FALSE(theirs->is_alpha_assumed);
  EXPECT_EQ(theirs->norms, adapter_.norms);
  for (size_t layer = 0; layer < 2; ++layer) {
    for (size_t i = 0; i < kAdapterTargetCount; ++i) {
      EXPECT_EQ(theirs->lora[layer][i].a, adapter_.lora[layer][i].a);
      EXPECT_EQ(theirs->lora[layer][i].b, adapter_.lora[layer][i].b);
    }
  }
  ASSERT_TRUE(convert_adapter(dir_ / "theirs.pth", dir_ / "back.safetensors").ok());
  fs::remove(dir_ / "theirs.adapter_config.json");
  EXPECT_EQ(load_adapter(dir_ / "back.safetensors", config_)->alpha, 32);
}

// As merge_lora.py of RWKV-PEFT does: W + B A alpha / r for each pair that it finds.
TEST_F(ConvertAdapterTest, PyTorchLoadsAndMergesIt) {
  if (!run("/usr/bin/python3 -c 'import torch' 2>/dev/null")) {
    GTEST_SKIP() << "python3 with torch is not installed";
  }
  ASSERT_TRUE(convert_adapter(dir_ / "own.safetensors", dir_ / "theirs.pth").ok());
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "base.pth", {.layers = 2}).ok());
  {
    std::ofstream script(dir_ / "merge.py");
    script << "import torch\n"
              "w = torch.load('base.pth', weights_only=True)\n"
              "a = torch.load('theirs.pth', weights_only=True, map_location='cpu')\n"
              "for k in [k for k in a if k.endswith('.lora_A')]:\n"
              "    m = k[:-len('.lora_A')]\n"
              "    w[m + '.weight'] += a[m + '.lora_B'] @ a[k] * (32 / a[k].shape[0])\n"
              "w['blocks.1.ln1.weight'] = a['blocks.1.ln1.weight']\n"
              "torch.save(w, 'merged.pth')\n";
  }
  ASSERT_TRUE(run("cd " + dir_.path().string() + " && /usr/bin/python3 merge.py"));
  fs::remove(dir_ / "theirs.adapter_config.json");
  adapter_.base_sha256.clear();
  ASSERT_TRUE(save_adapter(dir_ / "own.safetensors", config_, adapter_).ok());
  ASSERT_TRUE(
      merge_adapter(dir_ / "base.pth", dir_ / "own.safetensors", dir_ / "ours.safetensors").ok());
  const auto ours = open_checkpoint(dir_ / "ours.safetensors").value();
  const auto theirs = open_checkpoint(dir_ / "merged.pth").value();
  for (const TensorInfo& info : ours->tensors()) {
    const auto a = ours->read_f32(info.name).value(), b = theirs->read_f32(info.name).value();
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_NEAR(a[i], b[i], 1e-5 * (1 + std::abs(a[i]))) << info.name;  // f32, another order
    }
  }
}

TEST_F(ConvertAdapterTest, MissAndStatesComeWithoutAConfig) {
  const auto miss = test::miss_tensors(config_, 8);
  ASSERT_TRUE(test::write_foreign(dir_ / "m.safetensors", miss).ok());
  const auto done = convert_adapter(dir_ / "m.safetensors", dir_ / "m.pth");
  ASSERT_TRUE(done.ok()) << done.error().message;
  EXPECT_TRUE(done->config.empty());
  EXPECT_EQ(load_adapter(dir_ / "m.pth", config_)->method, AdapterMethod::Miss);
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config_, test::sample_state(config_)).ok());
  ASSERT_TRUE(convert_adapter(dir_ / "s.safetensors", dir_ / "s.pth").ok());
  EXPECT_EQ(load_adapter(dir_ / "s.pth", config_)->time_state,
            test::sample_state(config_).time_state);
}

TEST_F(ConvertAdapterTest, RefusesWhatOneFileCannotSayAndOverwritesNothing) {
  EXPECT_EQ(convert_adapter(dir_ / "own.safetensors", dir_ / "x.gguf").error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(convert_adapter(dir_ / "own.safetensors", dir_ / "own.safetensors").error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(convert_adapter(dir_ / "tiny.safetensors", dir_ / "x.pth").error().code,
            ErrorCode::BadFile);
  std::ofstream(dir_ / "x.adapter_config.json") << "{}";
  EXPECT_EQ(convert_adapter(dir_ / "own.safetensors", dir_ / "x.pth").error().code,
            ErrorCode::Conflict);
  EXPECT_FALSE(fs::exists(dir_ / "x.pth"));
}

}  // namespace
}  // namespace greylag
