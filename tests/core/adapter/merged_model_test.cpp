// SPDX-License-Identifier: Apache-2.0
// Does a merged model hold and compute what its base and the adapter do? For every kind of adapter
// that is read, with layer norms and a start state.
#include <gtest/gtest.h>

#include "core/adapter/adapter_file.h"
#include "tests/core/adapter/foreign_file.h"
#include "tests/core/model/loaded_model.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::Tensors;

struct Case {
  const char* name;
  AdapterMethod method;
  gpu::DType dtype;  // of the base
  // Largest difference of a logit (of size 1 to 3). F32: sums in another order. Halves: also the
  // merged matrices are rounded to the dtype (2^-11, 2^-8), which base + adapter are not.
  float tolerance;
};

std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }

class MergedModel : public testing::TestWithParam<Case> {
 protected:
  MergedModel() {
    const test::TinyCheckpoint options{.layers = 2, .width = 64, .dtype = GetParam().dtype};
    EXPECT_TRUE(test::write_tiny_checkpoint(base_, options).ok());
    config_ = read_config(**open_checkpoint(base_)).value();
    trained_ = GetParam().method == AdapterMethod::Miss ? test::miss_tensors(config_, 24)
                                                        : test::lora_tensors(config_, 4);
    test::add_norms(config_, trained_);
    test::add_state(config_, trained_);
    EXPECT_TRUE(test::write_foreign(adapter_, trained_, gpu::DType::BF16).ok());
    if (GetParam().method == AdapterMethod::Pissa) {
      initial_ = test::lora_tensors(config_, 4, 40);
      EXPECT_TRUE(test::write_foreign(dir_ / "init_pissa.pth", initial_).ok());
    }
  }
  double scale() const { return GetParam().method == AdapterMethod::Lora ? 0.5 : 1; }
  AdapterOptions options() const { return {.alpha = 2}; }  // of rank 4

  // What the formula makes of the base's tensor, rounded to its dtype.
  std::vector<float> expected(const TensorInfo& info, std::vector<float> values) const {
    if (const auto given = trained_.find(info.name); given != trained_.end()) {
      return given->second.values;
    }
    const std::string key = info.name.substr(0, info.name.rfind(".weight"));
    if (info.shape.rank() == 2 && key != info.name) {
      const int64_t out = info.shape[0], in = info.shape[1];
      const auto plus = test::delta(trained_, key, out, in, scale());
      const auto minus = test::delta(initial_, key, out, in, 1);
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] += static_cast<float>(plus[i] - minus[i]);
      }
    }
    std::vector<std::byte> bytes(info.size_bytes);
    const int64_t n = info.shape.elements();
    gpu::convert(values.data(), gpu::DType::F32, bytes.data(), info.dtype, n);
    gpu::convert(bytes.data(), info.dtype, values.data(), gpu::DType::F32, n);
    return values;
  }

  test::TempDir dir_;
  const std::filesystem::path base_ = dir_ / "base.safetensors", adapter_ = dir_ / "trained.pth",
                              merged_ = dir_ / "merged.pth";
  Config config_;
  Tensors trained_, initial_;
};

TEST_P(MergedModel, HoldsWhatTheFormulaSays) {
  const Status status = merge_adapter(base_, adapter_, merged_, options());
  ASSERT_TRUE(status.ok()) << status.error().message;
  const auto before = open_checkpoint(base_), after = open_checkpoint(merged_);
  ASSERT_TRUE(after.ok()) << after.error().message;
  EXPECT_TRUE(read_config(**after).ok());
  EXPECT_EQ((*after)->tensors().size(), (*before)->tensors().size() + 2);  // two states
  size_t changed = 0;
  for (const TensorInfo& info : (*before)->tensors()) {
    const std::vector<float> base = (*before)->read_f32(info.name).value();
    const std::vector<float> merged = (*after)->read_f32(info.name).value();
    EXPECT_EQ(merged, expected(info, base)) << info.name;
    EXPECT_EQ((*after)->find(info.name)->dtype, info.dtype);
    changed += merged != base ? 1 : 0;
  }
  EXPECT_EQ(changed, 11u + 16u);  // matrices, layer norms
}

TEST_P(MergedModel, ComputesWhatBaseAndAdapterCompute) {
  ASSERT_TRUE(merge_adapter(base_, adapter_, merged_, options()).ok());
  const std::vector<int32_t> tokens = test::some_tokens(24, 3);
  test::LoadedModel base(base_), merged(merged_);
  const auto adapter = load_adapter(adapter_, config_, {}, options());
  ASSERT_TRUE(adapter.ok()) << adapter.error().message;
  EXPECT_EQ(adapter->method, GetParam().method);
  const auto weights = upload_adapter(*adapter, config_, *base.device, *base.queue);
  const StateSlot plain = base.take(), adapted = base.take(), own = merged.take();
  base.pool->upload_wkv(adapted, adapter->time_state);
  merged.model->start(*merged.pool, own);
  const auto got = merged.run(own, tokens, 24).logits;
  const float difference =
      test::largest_difference(got, base.run(adapted, tokens, 7, weights.get()).logits);
  RecordProperty("largest_difference", std::to_string(difference));
  EXPECT_LE(difference, GetParam().tolerance);
  EXPECT_GT(test::largest_difference(got, base.run(plain, tokens, 24).logits), 0.5f);
}

TEST_P(MergedModel, NeverReplacesTheInitFile) {
  if (GetParam().method != AdapterMethod::Pissa) return;
  const Status status = merge_adapter(base_, adapter_, dir_ / "init_pissa.pth");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, MergedModel,
    testing::Values(Case{"LoraF32", AdapterMethod::Lora, gpu::DType::F32, 1e-4f},
                    Case{"PissaF32", AdapterMethod::Pissa, gpu::DType::F32, 1e-4f},
                    Case{"MissF32", AdapterMethod::Miss, gpu::DType::F32, 1e-4f},
                    Case{"LoraF16", AdapterMethod::Lora, gpu::DType::F16, 1e-2f},
                    Case{"PissaBF16", AdapterMethod::Pissa, gpu::DType::BF16, 1e-1f},
                    Case{"MissBF16", AdapterMethod::Miss, gpu::DType::BF16, 1e-1f}),
    [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace greylag
