// SPDX-License-Identifier: Apache-2.0
// Are merged weights exactly base + scale B A, and is everything else of the base kept?
#include <gtest/gtest.h>

#include <algorithm>

#include "core/adapter/adapter_file.h"
#include "core/base/sha256.h"
#include "core/checkpoint/writer.h"
#include "gpu/quant/quant.h"
#include "tests/core/adapter/sample_adapter.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

struct Case {
  const char* base;
  const char* out;
  gpu::DType dtype;
};

std::unique_ptr<CheckpointReader> open(const std::filesystem::path& path) {
  auto reader = open_checkpoint(path);
  EXPECT_TRUE(reader.ok()) << reader.error().message;
  return std::move(reader).value();
}

class Merge : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const test::TinyCheckpoint options{.layers = 2, .width = 64, .dtype = GetParam().dtype};
    ASSERT_TRUE(test::write_tiny_checkpoint(base(), options).ok());
    const Result<Config> config = read_config(*open(base()));
    ASSERT_TRUE(config.ok()) << config.error().message;
    config_ = *config;
  }
  std::filesystem::path base() const { return dir_ / GetParam().base; }
  std::filesystem::path out() const { return dir_ / GetParam().out; }
  std::filesystem::path adapter() const { return dir_ / "adapter.safetensors"; }

  test::TempDir dir_;
  Config config_;
};

// W + scale B A of one matrix, rounded as the file's dtype rounds.
std::vector<float> expected(std::vector<float> weight, const AdapterFile& adapter,
                            const AdapterFile::Pair& pair, gpu::DType dtype) {
  const auto rank = static_cast<size_t>(adapter.rank);
  const size_t in = pair.a.size() / rank;
  for (size_t i = 0; i < weight.size(); ++i) {
    double sum = 0;
    for (size_t r = 0; r < rank; ++r)
      sum += double{pair.b[i / in * rank + r]} * pair.a[r * in + i % in];
    weight[i] = weight[i] + static_cast<float>(adapter.alpha / static_cast<double>(rank) * sum);
  }
  std::vector<std::byte> bytes(weight.size() * gpu::dtype_size(dtype));
  const auto n = static_cast<int64_t>(weight.size());
  gpu::convert(weight.data(), gpu::DType::F32, bytes.data(), dtype, n);
  gpu::convert(bytes.data(), dtype, weight.data(), gpu::DType::F32, n);
  return weight;
}

TEST_P(Merge, AddsTheProductExactly) {
  AdapterFile lora = test::sample_lora(config_);
  lora.base_sha256 = sha256_file(base()).value();
  ASSERT_TRUE(save_adapter(adapter(), config_, lora).ok());
  const Status merged = merge_adapter(base(), adapter(), out());
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  const auto before = open(base());
  const auto after = open(out());
  ASSERT_EQ(after->tensors().size(), before->tensors().size());
  std::map<std::string, const AdapterFile::Pair*> pairs;
  for (int64_t layer = 0; layer < 2; ++layer) {
    for (size_t i = 0; i < size_t{kAdapterTargetCount}; ++i) {
      pairs[target_key(layer, static_cast<AdapterTarget>(i)) + ".weight"] =
          &lora.lora[static_cast<size_t>(layer)][i];
    }
  }
  for (size_t i = 0; i < before->tensors().size(); ++i) {
    const TensorInfo& info = before->tensors()[i];
    EXPECT_EQ(after->tensors()[i].name, info.name);
    EXPECT_EQ(after->tensors()[i].dtype, info.dtype);
    std::vector<float> want = before->read_f32(info.name).value();
    if (pairs.contains(info.name) && !pairs[info.name]->a.empty()) {
      const std::vector<float> plain = want;
      want = expected(std::move(want), lora, *pairs[info.name], info.dtype);
      EXPECT_NE(want, plain) << info.name;
    }
    EXPECT_EQ(after->read_f32(info.name).value(), want) << info.name;
  }
}

TEST_P(Merge, AddsAndReplacesAState) {
  AdapterFile state = test::sample_state(config_);
  ASSERT_TRUE(save_adapter(adapter(), config_, state).ok());
  ASSERT_TRUE(merge_adapter(base(), adapter(), out()).ok());
  const auto check = [&](const std::filesystem::path& path) {
    const auto after = open(path);
    EXPECT_TRUE(read_config(*after).ok());
    EXPECT_EQ(after->tensors().size(), open(base())->tensors().size() + 2);
    std::vector<float> all = after->read_f32("blocks.0.att.time_state").value();
    const std::vector<float> second = after->read_f32("blocks.1.att.time_state").value();
    all.insert(all.end(), second.begin(), second.end());
    EXPECT_EQ(all, state.time_state);
  };
  check(out());
  for (float& value : state.time_state) value += 1;
  ASSERT_TRUE(save_adapter(adapter(), config_, state).ok());
  ASSERT_TRUE(merge_adapter(out(), adapter(), dir_ / "again.pth").ok());
  check(dir_ / "again.pth");
}

INSTANTIATE_TEST_SUITE_P(Formats, Merge,
                         testing::Values(Case{"base.pth", "out.safetensors", gpu::DType::F32},
                                         Case{"base.safetensors", "out.pth", gpu::DType::F32},
                                         Case{"base.pth", "out.pth", gpu::DType::BF16},
                                         Case{"base.safetensors", "out.safetensors",
                                              gpu::DType::F16}));

class MergeRules : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "base.pth").ok());
    const Result<Config> config = read_config(*open(dir_ / "base.pth"));
    ASSERT_TRUE(config.ok());
    lora_ = test::sample_lora(*config);
    lora_.base_sha256 = std::string(64, '0');
    ASSERT_TRUE(save_adapter(dir_ / "foreign.safetensors", *config, lora_).ok());
    lora_.base_sha256.clear();
    ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", *config, lora_).ok());
  }
  ErrorCode merge(const char* base, const char* adapter, const char* out) {
    const Status status = merge_adapter(dir_ / base, dir_ / adapter, dir_ / out);
    EXPECT_FALSE(status.ok());
    return status.error().code;
  }
  test::TempDir dir_;
  AdapterFile lora_;
};

TEST_F(MergeRules, RefusesForeignBasesAndWrongPaths) {
  EXPECT_EQ(merge("base.pth", "foreign.safetensors", "out.pth"), ErrorCode::Conflict);
  EXPECT_EQ(merge("base.pth", "a.safetensors", "out.bin"), ErrorCode::InvalidArgument);
  EXPECT_EQ(merge("base.pth", "a.safetensors", "base.pth"), ErrorCode::InvalidArgument);
  EXPECT_EQ(merge("a.safetensors", "a.safetensors", "out.pth"), ErrorCode::BadFile);
  EXPECT_EQ(merge("base.pth", "base.pth", "out.pth"), ErrorCode::BadFile);
  EXPECT_EQ(merge("base.pth", "absent", "out.pth"), ErrorCode::NotFound);
  EXPECT_FALSE(std::filesystem::exists(dir_ / "out.pth"));
}

TEST_F(MergeRules, LeavesNothingWhenCancelled) {
  std::stop_source stop;
  stop.request_stop();
  const Status status = merge_adapter(dir_ / "base.pth", dir_ / "a.safetensors", dir_ / "out.pth",
                                      {}, stop.get_token());
  EXPECT_EQ(status.error().code, ErrorCode::Cancelled);
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
    ++files;
  }
  EXPECT_EQ(files, 3u);
}

// Changed matrices become f16, the rest keeps its blocks where the format holds them.
TEST(MergeIntoBlocks, ChangedMatricesBecomeF16) {
  const test::TempDir dir;
  std::vector<test::TinyTensor> tensors = test::make_tiny_tensors({.layers = 2, .width = 64});
  std::vector<TensorInfo> infos;
  for (const test::TinyTensor& tensor : tensors) {
    infos.push_back(tensor.info);
    if (tensor.info.shape.rank() != 2 || tensor.info.name.find("weight") == std::string::npos) {
      continue;
    }
    infos.back().dtype = gpu::DType::Q8_0;
    infos.back().size_bytes = gpu::size_bytes(gpu::DType::Q8_0, tensor.info.shape);
  }
  const Status written = write_safetensors(
      dir / "base.safetensors", infos, {},
      [&](const TensorInfo& info, std::span<std::byte> out) -> Status {
        const auto& values = std::ranges::find(tensors, info.name, [](const test::TinyTensor& t) {
                               return t.info.name;
                             })->values;
        gpu::convert_rows(values.data(), gpu::DType::F32, out.data(), info.dtype,
                          info.shape.elements() / info.shape[-1], info.shape[-1]);
        return {};
      });
  ASSERT_TRUE(written.ok()) << written.error().message;
  const auto base = open(dir / "base.safetensors");
  const Config config = read_config(*base).value();
  AdapterFile adapter = test::sample_lora(config);
  ASSERT_TRUE(save_adapter(dir / "adapter.safetensors", config, adapter).ok());
  for (const char* name : {"out.safetensors", "out.pth"}) {
    const Status merged =
        merge_adapter(dir / "base.safetensors", dir / "adapter.safetensors", dir / name);
    ASSERT_TRUE(merged.ok()) << merged.error().message;
    const auto out = open(dir / name);
    ASSERT_TRUE(read_config(*out).ok());
    EXPECT_EQ(out->find("emb.weight")->dtype,
              std::string(name) == "out.pth" ? gpu::DType::F16 : gpu::DType::Q8_0);
    const std::string key = "blocks.0.att.receptance.weight";
    EXPECT_EQ(out->find(key)->dtype, gpu::DType::F16);
    EXPECT_EQ(out->read_f32(key).value(),
              expected(base->read_f32(key).value(), adapter, adapter.lora[0][0], gpu::DType::F16));
  }
}

}  // namespace
}  // namespace greylag
