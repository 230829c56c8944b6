// SPDX-License-Identifier: Apache-2.0
// Adapters and states are told apart by content, and several adapters add up.
#include "core/infer/extras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/sha256.h"
#include "tests/core/infer/adapter_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag {
namespace {

using testing::HasSubstr;

class ExtrasTest : public testing::Test {
 protected:
  ExtrasTest() {
    EXPECT_TRUE(test::write_tiny_checkpoint(base_).ok());
    config_ = read_config(**open_checkpoint(base_)).value();
    std::string why;
    device_ = gpu::make_device("cpu", 1, &why);
    queue_ = device_->make_queue();
  }
  Result<LoadedExtras> load(const std::vector<std::filesystem::path>& paths) {
    return load_extras(paths, config_, base_, *device_, *queue_);
  }
  test::TempDir dir_;
  const std::filesystem::path base_ = dir_ / "base.safetensors";
  Config config_;
  std::unique_ptr<gpu::Device> device_;
  std::unique_ptr<gpu::Queue> queue_;
};

TEST_F(ExtrasTest, SumOfAdaptersEqualsTheSumOfTheirProducts) {
  const AdapterFile a = test::make_lora(config_, 2, 4.0, 1);
  AdapterFile b = test::make_lora(config_, 3, 1.5, 2);
  b.lora[0][1] = {};  // this one leaves a matrix alone
  const AdapterFile parts[] = {a, b};
  const AdapterFile sum = combine_adapters(parts, config_).value();
  EXPECT_EQ(sum.rank, 5);
  for (size_t layer = 0; layer < sum.lora.size(); ++layer) {
    for (size_t target = 0; target < kAdapterTargetCount; ++target) {
      const auto expected_a = test::product(a, layer, target);
      auto expected = test::product(b, layer, target);
      expected.resize(expected_a.size(), 0.0);
      const auto got = test::product(sum, layer, target);
      ASSERT_EQ(got.size(), expected_a.size());
      for (size_t i = 0; i < got.size(); ++i) {
        EXPECT_NEAR(got[i], expected_a[i] + expected[i], 1e-6);
      }
    }
  }
}

TEST_F(ExtrasTest, LoadsLoraAndTunedStateTogether) {
  ASSERT_TRUE(
      save_adapter(dir_ / "l.safetensors", config_, test::make_lora(config_, 4, 8, 1)).ok());
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config_, test::make_tuned_state(config_)).ok());
  const Result<LoadedExtras> loaded = load({dir_ / "l.safetensors", dir_ / "s.safetensors"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  ASSERT_NE(loaded->adapter, nullptr);
  EXPECT_FLOAT_EQ(loaded->adapter->scale, 2.0f);
  ASSERT_NE(loaded->state, nullptr);
  EXPECT_EQ(loaded->state->wkv, test::make_tuned_state(config_).time_state);
}

TEST_F(ExtrasTest, AlphaIsForFilesThatDoNotSayTheirs) {
  const AdapterFile lora = test::make_lora(config_, 4, 8, 1);
  ASSERT_TRUE(save_adapter(dir_ / "own.safetensors", config_, lora).ok());
  const auto& pair = lora.lora[0][0];
  ASSERT_TRUE(
      test::write_tensors(dir_ / "foreign.pth",
                          {test::make_tensor("blocks.0.att.receptance.lora_A", {4, 64}, pair.a),
                           test::make_tensor("blocks.0.att.receptance.lora_B", {64, 4}, pair.b)})
          .ok());
  const auto scale = [&](const char* file, std::optional<double> alpha) {
    const std::filesystem::path paths[] = {dir_ / file};
    const auto loaded = load_extras(paths, config_, base_, *device_, *queue_, {.alpha = alpha});
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    return loaded->adapter->scale;
  };
  EXPECT_FLOAT_EQ(scale("own.safetensors", {}), 2.0f);
  EXPECT_FLOAT_EQ(scale("own.safetensors", 1), 2.0f);
  EXPECT_FLOAT_EQ(scale("foreign.pth", {}), 1.0f);
  EXPECT_FLOAT_EQ(scale("foreign.pth", 16), 4.0f);
}

TEST_F(ExtrasTest, AnAdapterMayBringAStartStateWhichAStateFileReplaces) {
  AdapterFile lora = test::make_lora(config_, 4, 8, 1);
  lora.time_state.assign(test::make_tuned_state(config_).time_state.size(), 0.5f);
  ASSERT_TRUE(save_adapter(dir_ / "l.safetensors", config_, lora).ok());
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config_, test::make_tuned_state(config_)).ok());
  const auto alone = load({dir_ / "l.safetensors"});
  ASSERT_TRUE(alone.ok()) << alone.error().message;
  EXPECT_NE(alone->adapter, nullptr);
  EXPECT_EQ(alone->state->wkv, lora.time_state);
  for (const auto& order : {std::pair{"s", "l"}, std::pair{"l", "s"}}) {
    const auto both = load({dir_ / (std::string(order.first) + ".safetensors"),
                            dir_ / (std::string(order.second) + ".safetensors")});
    ASSERT_TRUE(both.ok()) << both.error().message;
    EXPECT_EQ(both->state->wkv, test::make_tuned_state(config_).time_state);
  }
  const auto twice = load({dir_ / "l.safetensors", dir_ / "l.safetensors"});
  EXPECT_THAT(twice.error().message, HasSubstr("one state only"));
}

TEST_F(ExtrasTest, LayerNormsStayInASumAndDoNotAddUp) {
  AdapterFile normed = test::make_lora(config_, 2, 4, 1);
  normed.norms["blocks.1.ln2.bias"] = std::vector<float>(64, 0.25f);
  normed.norms["ln_out.weight"] = std::vector<float>(64, 0.75f);
  ASSERT_TRUE(save_adapter(dir_ / "n.safetensors", config_, normed).ok());
  ASSERT_TRUE(
      save_adapter(dir_ / "l.safetensors", config_, test::make_lora(config_, 3, 3, 2)).ok());
  const auto sum = load({dir_ / "l.safetensors", dir_ / "n.safetensors"});
  ASSERT_TRUE(sum.ok()) << sum.error().message;
  const auto first = [&](const gpu::Tensor& tensor) {
    std::vector<float> values(64);
    device_->download(*queue_, tensor, values.data());
    queue_->wait();
    return values[0];
  };
  ASSERT_EQ(sum->adapter->norms.size(), 2u);
  EXPECT_EQ(first(sum->adapter->norms[1].ln2.bias), 0.25f);
  EXPECT_FALSE(sum->adapter->norms[1].ln2.weight);
  EXPECT_FALSE(sum->adapter->norms[0].ln2.bias);
  EXPECT_EQ(first(sum->adapter->ln_out.weight), 0.75f);
  const auto twice = load({dir_ / "n.safetensors", dir_ / "n.safetensors"});
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(twice.error().message, HasSubstr("blocks.1.ln2.bias"));
}

// A state that Greylag saved holds the shift states too.
TEST_F(ExtrasTest, LoadsTheSavedStateOfASession) {
  HostState state;
  state.wkv = test::make_tuned_state(config_).time_state;
  state.att_shift.assign(2 * 64, 0.5f);
  state.ffn_shift.assign(2 * 64, 0.25f);
  ASSERT_TRUE(save_state(dir_ / "s.safetensors", config_, state).ok());
  const auto loaded = load({dir_ / "s.safetensors"});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->state->att_shift, state.att_shift);
  EXPECT_EQ(loaded->state->ffn_shift, state.ffn_shift);
}

TEST_F(ExtrasTest, RefusesTheStateOfAnotherBase) {
  AdapterFile state = test::make_tuned_state(config_);
  state.base_sha256 = std::string(64, 'a');
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config_, state).ok());
  EXPECT_EQ(load({dir_ / "s.safetensors"}).error().code, ErrorCode::Conflict);
}

TEST_F(ExtrasTest, RefusesTwoStates) {
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config_, test::make_tuned_state(config_)).ok());
  const Result<LoadedExtras> loaded = load({dir_ / "s.safetensors", dir_ / "s.safetensors"});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.error().message, HasSubstr("one state only"));
}

TEST_F(ExtrasTest, NamesTheFileThatIsNoExtra) {
  const Result<LoadedExtras> model = load({base_});
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(model.error().message, HasSubstr("base.safetensors"));
  const Result<LoadedExtras> missing = load({dir_ / "gone.safetensors"});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("gone.safetensors"));
}

TEST_F(ExtrasTest, RefusesTheAdapterOfAnotherBase) {
  AdapterFile adapter = test::make_lora(config_, 4, 8, 1);
  adapter.base_sha256 = std::string(64, 'a');
  ASSERT_TRUE(save_adapter(dir_ / "other.safetensors", config_, adapter).ok());
  const Result<LoadedExtras> refused = load({dir_ / "other.safetensors"});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  adapter.base_sha256 = *sha256_file(base_);
  ASSERT_TRUE(save_adapter(dir_ / "own.safetensors", config_, adapter).ok());
  EXPECT_TRUE(load({dir_ / "own.safetensors"}).ok());
}

TEST_F(ExtrasTest, TakesOneReasoningCoreThatFits) {
  const std::filesystem::path core = dir_ / "core.safetensors";
  ASSERT_TRUE(test::write_tiny_core(core, {.base = config_}).ok());
  const Result<LoadedExtras> loaded = load({core});
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->core->config.width(), 64);
  EXPECT_EQ(loaded->core->sha256, sha256_file(core).value());
  EXPECT_THAT(load({core, core}).error().message, HasSubstr("one reasoning core only"));
  Config other = config_;
  other.width = 128;
  ASSERT_TRUE(test::write_tiny_core(core, {.base = other}).ok());
  EXPECT_THAT(load({core}).error().message, HasSubstr("core.safetensors"));
}

}  // namespace
}  // namespace greylag
