// SPDX-License-Identifier: Apache-2.0
// Adapters and states are told apart by content, and several adapters add up.
#include "core/infer/extras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/sha256.h"
#include "tests/core/infer/adapter_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

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
  const AdapterFile sum = combine_adapters(parts, config_);
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

}  // namespace
}  // namespace greylag
