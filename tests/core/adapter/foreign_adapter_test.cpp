// SPDX-License-Identifier: Apache-2.0
// Is an adapter of RWKV-PEFT read as its trainer means it, and refused with a reason when it is not
// one that Greylag can apply?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>

#include "core/adapter/adapter_file.h"
#include "core/adapter/pissa_init.h"
#include "core/checkpoint/writer.h"
#include "tests/core/adapter/foreign_file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::Tensors;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ForeignAdapter : public testing::Test {
 protected:
  ForeignAdapter() {
    const auto base = dir_ / "base" / "tiny.safetensors";
    fs::create_directory(dir_ / "base");
    EXPECT_TRUE(test::write_tiny_checkpoint(base, {.layers = 2, .width = 64}).ok());
    config_ = read_config(**open_checkpoint(base)).value();
  }
  Result<AdapterFile> load(const Tensors& tensors, const AdapterOptions& options = {},
                           const char* name = "x.pth") {
    EXPECT_TRUE(test::write_foreign(dir_ / name, tensors).ok());
    return load_adapter(dir_ / name, config_, {}, options);
  }
  void expect_refused(const Tensors& tensors, const std::string& rule) {
    const auto loaded = load(tensors);
    ASSERT_FALSE(loaded.ok()) << rule;
    EXPECT_EQ(loaded.error().code, ErrorCode::BadFile) << rule;
    EXPECT_THAT(loaded.error().message, HasSubstr(rule));
  }
  // Each matrix of the adapter is what the formula says; sign -1 subtracts `initial`.
  void expect_deltas(const AdapterFile& adapter, const Tensors& tensors, double scale,
                     const Tensors& initial = {}, const std::string& initial_part = ".lora_") {
    for (int64_t layer = 0; layer < config_.layers; ++layer) {
      for (int i = 0; i < kAdapterTargetCount; ++i) {
        const auto target = static_cast<AdapterTarget>(i);
        const std::string key = target_key(layer, target);
        const int64_t out = target_out(config_, target), in = target_in(config_, target);
        std::vector<double> want = test::delta(tensors, key, out, in, scale);
        const auto minus = test::delta(initial, key, out, in, 1, initial_part);
        for (size_t n = 0; n < want.size(); ++n) want[n] -= minus[n];
        const auto got =
            test::pair_product(adapter, static_cast<size_t>(layer), static_cast<size_t>(i));
        if (layer == 1 && i == 0) {
          EXPECT_TRUE(got.empty());
        } else {
          EXPECT_EQ(got, want) << key;
        }
      }
    }
  }
  test::TempDir dir_;
  Config config_;
};

TEST_F(ForeignAdapter, ReadsALoraInEveryDtypeFormatAndSpelling) {
  Tensors tensors = test::lora_tensors(config_, 4);
  test::add_norms(config_, tensors);
  test::add_state(config_, tensors);
  struct Case {
    const char* file;
    gpu::DType dtype;
    const char *prefix, *suffix;
  };
  const Case cases[] = {
      {"a.pth", gpu::DType::BF16, "", ""},
      {"b.safetensors", gpu::DType::F16, "_forward_module.", ""},
      {"c.pth", gpu::DType::F32, "_forward_module.model.", ""},
      {"d.safetensors", gpu::DType::F32, "base_model.model.", ".weight"},
      {"e.pth", gpu::DType::BF16, "base_model.model.", ".default.weight"},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(test::write_foreign(dir_ / c.file, tensors, c.dtype, c.prefix, c.suffix).ok());
    const auto loaded = load_adapter(dir_ / c.file, config_);
    ASSERT_TRUE(loaded.ok()) << c.file << ": " << loaded.error().message;
    EXPECT_EQ(loaded->method, AdapterMethod::Lora);
    EXPECT_EQ(loaded->rank, 4);
    expect_deltas(*loaded, tensors, 1);
    EXPECT_EQ(loaded->norms.size(), 16u) << c.file;
    EXPECT_EQ(loaded->norms.at("blocks.1.att.ln_x.bias"),
              tensors.at("blocks.1.att.ln_x.bias").values);
    std::vector<float> state = tensors.at("blocks.0.att.time_state").values;
    const std::vector<float>& second = tensors.at("blocks.1.att.time_state").values;
    state.insert(state.end(), second.begin(), second.end());
    EXPECT_EQ(loaded->time_state, state);
  }
}

TEST_F(ForeignAdapter, AssumesAlphaToBeTheRankAndSaysSo) {
  const Tensors tensors = test::lora_tensors(config_, 4);
  const auto assumed = load(tensors);
  ASSERT_TRUE(assumed.ok()) << assumed.error().message;
  EXPECT_TRUE(assumed->is_alpha_assumed);
  EXPECT_EQ(assumed->alpha, 4);
  const auto given = load(tensors, {.alpha = 2});
  EXPECT_FALSE(given->is_alpha_assumed);
  EXPECT_EQ(given->alpha, 2);
  expect_deltas(*given, tensors, 0.5);
  AdapterFile own = *given;
  own.alpha = 8;
  ASSERT_TRUE(save_adapter(dir_ / "own.safetensors", config_, own).ok());
  const auto said = load_adapter(dir_ / "own.safetensors", config_, {}, {.alpha = 2});
  EXPECT_EQ(said->alpha, 8);  // the file knows better
  EXPECT_FALSE(said->is_alpha_assumed);
  for (const double alpha :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(load(tensors, {.alpha = alpha}).error().code, ErrorCode::InvalidArgument);
  }
}

TEST_F(ForeignAdapter, ReadsAPissaWithTheInitFileBesideIt) {
  const Tensors trained = test::lora_tensors(config_, 4, 1),
                initial = test::lora_tensors(config_, 4, 40);
  ASSERT_TRUE(test::write_foreign(dir_ / "init_pissa.pth", initial, gpu::DType::BF16).ok());
  const auto loaded = load(trained);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->method, AdapterMethod::Pissa);
  EXPECT_EQ(loaded->rank, 8);
  EXPECT_EQ(loaded->alpha, 8);
  EXPECT_FALSE(loaded->is_alpha_assumed);
  expect_deltas(*loaded, trained, 1, initial);
  const auto summary = describe_adapter(dir_ / "x.pth");
  EXPECT_EQ(summary->rank, 4);
  EXPECT_EQ(summary->pissa_init.filename(), "init_pissa.pth");
  fs::remove(dir_ / "init_pissa.pth");
  EXPECT_EQ(load(trained)->method, AdapterMethod::Lora);
}

TEST_F(ForeignAdapter, TakesAnInitFileFromElsewhereUnderItsOtherNames) {
  const Tensors trained = test::lora_tensors(config_, 4, 1);
  const Tensors initial = test::lora_tensors(config_, 4, 40, ".init_lora_");
  ASSERT_TRUE(test::write_foreign(dir_ / "base" / "start.safetensors", initial).ok());
  const AdapterOptions options{.pissa_init = dir_ / "base" / "start.safetensors"};
  const auto loaded = load(trained, options);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  expect_deltas(*loaded, trained, 1, initial, ".init_lora_");
  const auto miss = load(test::miss_tensors(config_, 4), options);
  EXPECT_EQ(miss.error().code, ErrorCode::InvalidArgument);
}

TEST_F(ForeignAdapter, RefusesAnInitFileThatDoesNotBelong) {
  const Tensors trained = test::lora_tensors(config_, 4);
  const auto refusal = [&](const Tensors& initial) {
    EXPECT_TRUE(test::write_foreign(dir_ / "init_pissa.pth", initial).ok());
    const auto loaded = load(trained);
    return loaded.ok() ? "accepted" : loaded.error().message;
  };
  EXPECT_THAT(refusal(test::lora_tensors(config_, 8)), HasSubstr("init_pissa.pth: blocks.0"));
  Tensors less = trained;
  less.erase("blocks.1.ffn.key.lora_A");
  less.erase("blocks.1.ffn.key.lora_B");
  EXPECT_THAT(refusal(less), HasSubstr("blocks.1.ffn.key: only one of"));
  Tensors more = trained;
  test::add_norms(config_, more);
  EXPECT_THAT(refusal(more), HasSubstr("init_pissa.pth: blocks.0.att.ln_x.bias"));
  EXPECT_THAT(load_adapter(dir_ / "init_pissa.pth", config_).error().message,
              HasSubstr("initial matrices"));
  EXPECT_THAT(load(test::lora_tensors(config_, 4, 1, ".init_lora_"), {}, "y.pth").error().message,
              HasSubstr("initial matrices"));
}

TEST_F(ForeignAdapter, MetadataDecidesWhereItSpeaks) {
  const Tensors trained = test::lora_tensors(config_, 4);
  const auto write = [&](const char* name, const std::map<std::string, std::string>& metadata) {
    std::vector<NamedTensor> tensors;
    for (const auto& [key, tensor] : trained) {
      tensors.push_back({tensor.info, std::as_bytes(std::span(tensor.values))});
    }
    EXPECT_TRUE(write_safetensors(dir_ / name, tensors, metadata).ok());
  };
  write("p.safetensors", {{"method", "pissa"}});
  write("l.safetensors", {{"method", "lora"}, {"alpha", "8"}});
  EXPECT_THAT(load_adapter(dir_ / "p.safetensors", config_).error().message,
              HasSubstr("init_pissa.pth"));
  ASSERT_TRUE(test::write_foreign(dir_ / "init_pissa.pth", trained).ok());
  EXPECT_EQ(load_adapter(dir_ / "p.safetensors", config_)->method, AdapterMethod::Pissa);
  EXPECT_EQ(load_adapter(dir_ / "l.safetensors", config_)->method, AdapterMethod::Lora);
}

TEST_F(ForeignAdapter, InitFilesGoWithTheAdapterTheyAreNamedAfter) {
  const Tensors any = test::lora_tensors(config_, 4);
  const auto found = [&](const char* adapter) {
    const auto init = find_pissa_init(dir_ / adapter);
    EXPECT_TRUE(init.ok());
    return *init ? (*init)->filename().string() : "";
  };
  const auto write = [&](const char* name) {
    EXPECT_TRUE(test::write_foreign(dir_ / name, any).ok());
  };
  write("mine.pth");
  write("plain.pth");
  write("mine.init_pissa.pth");
  EXPECT_EQ(found("mine.pth"), "mine.init_pissa.pth");
  EXPECT_EQ(found("plain.pth"), "");
  write("old-init_pissa.pth");
  EXPECT_EQ(found("plain.pth"), "old-init_pissa.pth");
  write("older_init_pissa.safetensors");
  EXPECT_EQ(found("mine.pth"), "mine.init_pissa.pth");
  EXPECT_EQ(find_pissa_init(dir_ / "plain.pth").error().code, ErrorCode::InvalidArgument);
  write("init_pissa.safetensors");
  EXPECT_EQ(found("plain.pth"), "init_pissa.safetensors");
}

TEST_F(ForeignAdapter, ReadsMissAlsoWhereTheRankDoesNotDivideTheWidth) {
  for (const int64_t rank : {16, 24}) {
    const Tensors tensors = test::miss_tensors(config_, rank);
    const auto loaded = load(tensors, {.alpha = 99});  // MiSS has no alpha
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_EQ(loaded->method, AdapterMethod::Miss);
    EXPECT_EQ(loaded->rank, rank);
    expect_deltas(*loaded, tensors, 1);
  }
}

TEST_F(ForeignAdapter, SavedAdaptersMeanTheSame) {
  Tensors lora = test::lora_tensors(config_, 4), miss = test::miss_tensors(config_, 24);
  test::add_norms(config_, lora);
  test::add_norms(config_, miss);
  test::add_state(config_, lora);
  ASSERT_TRUE(
      test::write_foreign(dir_ / "p.init_pissa.pth", test::lora_tensors(config_, 4, 40)).ok());
  for (const auto& [name, tensors] :
       {std::pair{"l.pth", lora}, {"m.pth", miss}, {"p.pth", test::lora_tensors(config_, 4)}}) {
    const auto before = load(tensors, {}, name);
    ASSERT_TRUE(before.ok()) << name << before.error().message;
    ASSERT_TRUE(save_adapter(dir_ / "base" / "saved.safetensors", config_, *before).ok());
    const auto after = load_adapter(dir_ / "base" / "saved.safetensors", config_);
    ASSERT_TRUE(after.ok()) << name << after.error().message;
    EXPECT_EQ(after->method,
              before->method == AdapterMethod::Pissa ? AdapterMethod::Lora : before->method);
    EXPECT_FALSE(after->is_alpha_assumed);
    EXPECT_EQ(after->rank, before->rank);
    EXPECT_EQ(after->alpha, before->alpha);
    EXPECT_EQ(after->norms, before->norms);
    EXPECT_EQ(after->time_state, before->time_state);
    for (size_t layer = 0; layer < 2; ++layer) {
      for (size_t i = 0; i < kAdapterTargetCount; ++i) {
        EXPECT_EQ(after->lora[layer][i].a, before->lora[layer][i].a) << name;
        EXPECT_EQ(after->lora[layer][i].b, before->lora[layer][i].b) << name;
      }
    }
  }
}

TEST_F(ForeignAdapter, RefusesWhatItCannotApplyByName) {
  const Tensors good = test::lora_tensors(config_, 4);
  const auto with = [&](const std::string& name, gpu::Shape shape) {
    Tensors tensors = good;
    test::put(tensors, name, shape, 7);
    return tensors;
  };
  expect_refused(with("emb.weight", {256, 64}), "emb.weight: this adapter replaces the embedding");
  expect_refused(with("head.weight", {256, 64}), "head.weight: this adapter replaces");
  expect_refused(with("blocks.0.att.w1", {64, 32}), "blocks.0.att.w1: not a tensor of");
  expect_refused(with("blocks.0.att.key.lora_C", {4, 64}), "lora_C: not a tensor of");
  expect_refused(with("blocks.0.att.key.lora_A.other.bias", {4, 64}), "other.bias: not a tensor");
  expect_refused(with("blocks.0.att.gate.lora_A", {4, 64}), "gate.lora_A: not a tensor of");
  expect_refused(with("blocks.2.ln1.weight", {64}), "for a model of 2 layers");
  expect_refused(with("blocks.1.ln0.weight", {64}), "blocks.1.ln0.weight: not a tensor of");
  expect_refused(with("blocks.1.ln1.bias", {128}), "blocks.1.ln1.bias: its shape is [128]");
  expect_refused(with("blocks.0.att.key.lora_A.weight", {4, 64}), "this matrix occurs twice");
  expect_refused(with("blocks.0.att.time_state", {1, 64, 64}),
                 "the state has 1 layers, the model 2");
  expect_refused(with("blocks.0.att.key.disha", {4, 64}), "both LoRA and MiSS");
  Tensors half = good;
  half.erase("blocks.1.att.key.lora_B");
  expect_refused(half, "blocks.1.att.key.lora_B: this tensor is missing");
  Tensors infinite = good;
  test::add_norms(config_, infinite);
  infinite.at("ln_out.bias").values[3] = std::numeric_limits<float>::infinity();
  expect_refused(infinite, "ln_out.bias: it holds NaN or infinity");
  Tensors bat;
  test::put(bat, "blocks.0.att.key.disha", {4, 16, 16}, 1);
  expect_refused(bat, "Bat adapter");
  Tensors tall;
  test::put(tall, "blocks.0.att.key.disha", {4, 128}, 1);
  expect_refused(tall, "disha: its shape is [4, 128], expected [4, 64]");
}

TEST_F(ForeignAdapter, RefusesTheStateOfAnotherModel) {
  const auto message = [&](int64_t layers, int64_t heads) {
    Tensors tensors;
    for (int64_t layer = 0; layer < layers; ++layer) {
      test::put(tensors, time_state_key(layer), {heads, 64, 64}, 1);
    }
    const auto loaded = load(tensors);
    return loaded.ok() ? "accepted" : loaded.error().message;
  };
  EXPECT_EQ(message(2, 1), "accepted");
  EXPECT_THAT(message(3, 1), HasSubstr("the state has 3 layers, the model 2"));
  EXPECT_THAT(message(1, 1), HasSubstr("the state has 1 layers, the model 2"));
  EXPECT_THAT(message(2, 4), HasSubstr("the state has 4 heads, the model 1"));
}

}  // namespace
}  // namespace greylag
