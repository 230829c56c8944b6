// SPDX-License-Identifier: Apache-2.0
// Does an adapter of Hugging Face's peft library apply at the scale that its config says, and is
// what cannot be applied refused by name?
#include "core/adapter/peft_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "core/adapter/adapter_file.h"
#include "core/base/file.h"
#include "tests/core/adapter/foreign_file.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

using test::Tensors;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kPrefix = "base_model.model.";

class PeftAdapter : public testing::Test {
 protected:
  PeftAdapter() {
    fs::create_directory(dir_ / "base");
    fs::create_directory(folder());
    const auto base = dir_ / "base" / "tiny.safetensors";
    EXPECT_TRUE(test::write_tiny_checkpoint(base, {.layers = 2, .width = 64}).ok());
    config_ = read_config(**open_checkpoint(base)).value();
  }
  fs::path folder() const { return dir_ / "peft"; }
  fs::path file() const { return folder() / "adapter_model.safetensors"; }
  void write(const Tensors& tensors, const std::string& config) {
    EXPECT_TRUE(test::write_foreign(file(), tensors, gpu::DType::F32, kPrefix, ".weight").ok());
    EXPECT_TRUE(write_file_atomic(folder() / "adapter_config.json", config).ok());
  }
  double scale_of(const fs::path& path) const {
    const auto loaded = load_adapter(path, config_);
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    if (!loaded) return 0;
    EXPECT_FALSE(loaded->is_alpha_assumed);
    return loaded->alpha / static_cast<double>(loaded->rank);
  }
  std::string refusal() const {
    const auto loaded = load_adapter(folder(), config_);
    if (loaded) return "accepted";
    EXPECT_EQ(loaded.error().code, ErrorCode::BadFile);
    return loaded.error().message;
  }
  test::TempDir dir_;
  Config config_;
};

TEST_F(PeftAdapter, TheConfigBesideTheMatricesGivesTheirScale) {
  const Tensors tensors = test::lora_tensors(config_, 4);
  write(tensors, R"({"peft_type": "LORA", "r": 4, "lora_alpha": 32})");
  EXPECT_EQ(scale_of(file()), 8);
  EXPECT_EQ(scale_of(folder()), 8);  // a folder is an adapter
  write(tensors, R"({"peft_type": "LORA", "r": 4, "lora_alpha": 32, "use_rslora": true})");
  EXPECT_EQ(scale_of(folder()), 16);
  fs::rename(file(), folder() / "adapter_model.bin");
  EXPECT_EQ(scale_of(folder()), 16);
}

TEST_F(PeftAdapter, AConfigNamedAfterTheFileIsForThatFileAlone) {
  write(test::lora_tensors(config_, 4), R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8})");
  fs::copy(file(), folder() / "mine.safetensors");
  ASSERT_TRUE(
      write_file_atomic(folder() / "mine.adapter_config.json", format_peft_config(4, 1.5)).ok());
  EXPECT_EQ(scale_of(folder() / "mine.safetensors"), 1.5 / 4);
  EXPECT_EQ(scale_of(file()), 2);
}

TEST_F(PeftAdapter, WhatTheFileSaysItselfGoesBeforeTheConfig) {
  AdapterFile own = test::sample_lora(config_, 4, 12);
  ASSERT_TRUE(save_adapter(folder() / "own.safetensors", config_, own).ok());
  ASSERT_TRUE(write_file_atomic(folder() / "adapter_config.json", format_peft_config(4, 99)).ok());
  EXPECT_EQ(scale_of(folder() / "own.safetensors"), 3);
}

TEST_F(PeftAdapter, PatternsGiveMatricesRanksAndScalesOfTheirOwn) {
  Tensors tensors = test::lora_tensors(config_, 4);
  for (const auto& [key, out, in] : {std::tuple{"blocks.0.att.key", 64, 64},
                                     {"blocks.1.ffn.value", 64, int(config_.ffn_width)}}) {
    test::put(tensors, std::string(key) + ".lora_A", {2, in}, 77);
    test::put(tensors, std::string(key) + ".lora_B", {out, 2}, 78, 1);
  }
  write(tensors, R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8,
    "rank_pattern": {"blocks.0.att.key": 2, "^model\\.blocks\\.1\\.ffn\\.value$": 2},
    "alpha_pattern": {"ffn.value": 1, "value": 16}})");
  const auto loaded = load_adapter(folder(), config_);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  EXPECT_EQ(loaded->rank, 4);
  const auto scale = [](const std::string& key) {
    const bool is_ffn_value = key.ends_with("ffn.value");
    const double alpha = is_ffn_value ? 1 : key.ends_with("att.value") ? 16 : 8;
    return alpha / (key == "blocks.0.att.key" || key == "blocks.1.ffn.value" ? 2 : 4);
  };
  for (size_t layer = 0; layer < 2; ++layer) {
    for (size_t i = 0; i < kAdapterTargetCount; ++i) {
      const auto target = static_cast<AdapterTarget>(i);
      const std::string key = target_key(static_cast<int64_t>(layer), target);
      if (key == "blocks.1.att.receptance") continue;
      EXPECT_EQ(test::pair_product(*loaded, layer, i),
                test::delta(tensors, key, target_out(config_, target), target_in(config_, target),
                            scale(key)))
          << key;
    }
  }
}

TEST_F(PeftAdapter, AConfigThatIsNotThisAdaptersIsRefused) {
  const Tensors tensors = test::lora_tensors(config_, 4);
  const auto refused = [&](const std::string& config) {
    write(tensors, config);
    return refusal();
  };
  EXPECT_THAT(refused(R"({"peft_type": "LORA", "r": 8})"), HasSubstr("has rank 8"));
  EXPECT_THAT(refused(R"({"peft_type": "MISS", "r": 4})"), HasSubstr("peft_type"));
  EXPECT_THAT(refused(R"({"peft_type": "LORA", "r": 4, "target_modules": ["key", "value"]})"),
              HasSubstr("target_modules does not name blocks."));
  write(tensors, R"({"peft_type": "LORA", "r": 4, "target_modules":
    ["receptance", "att.key", "ffn.key", "value", "model.blocks.0.att.output", "output"]})");
  EXPECT_EQ(refusal(), "accepted");
}

TEST_F(PeftAdapter, WhatChangesTheMeaningOfTheMatricesIsRefusedByName) {
  const auto refused = [](const std::string& fields) {
    const auto config =
        parse_peft_config(R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8)" + fields + "}");
    return config ? "accepted" : config.error().message;
  };
  EXPECT_EQ(refused(""), "accepted");
  EXPECT_EQ(refused(R"(, "use_dora": false, "init_lora_weights": "gaussian", "bias": "none")"),
            "accepted");
  EXPECT_THAT(refused(R"(, "use_dora": true)"), HasSubstr("a DoRA"));
  EXPECT_THAT(refused(R"(, "layer_replication": [[0, 2]])"), HasSubstr("layer_replication"));
  EXPECT_THAT(refused(R"(, "init_lora_weights": "pissa_niter_4")"), HasSubstr("pissa_niter_4"));
  EXPECT_THAT(refused(R"(, "lora_alpha": "8")"), HasSubstr("lora_alpha: it is not a number"));
  EXPECT_THAT(refused(R"(, "rank_pattern": {"key": 0})"), HasSubstr("rank_pattern"));
  EXPECT_THAT(refused(R"(, "rank_pattern": {"(a+)+$": 2})"), HasSubstr("regular expression"));
  EXPECT_THAT(refused(R"(, "alpha_pattern": ["key"])"), HasSubstr("alpha_pattern"));
  for (const char* config :
       {"", "[]", "{", R"({"peft_type": "LORA"})", R"({"peft_type": "LORA", "r": 0})",
        R"({"peft_type": "LORA", "r": 4097})", R"({"peft_type": "LORA", "r": 2.5})",
        R"({"peft_type": "ADALORA", "r": 4})", R"({"peft_type": 7, "r": 4})", R"({"r": 4})"}) {
    EXPECT_EQ(parse_peft_config(config).error().code, ErrorCode::BadFile) << config;
  }
  EXPECT_THAT(parse_peft_config(R"({"peft_type": "ADALORA", "r": 4})").error().message,
              HasSubstr("ADALORA"));
}

TEST_F(PeftAdapter, PaddingToTheHighestRankIsBounded) {
  const auto write_ranks = [&](int64_t layers) {
    Tensors tensors;
    for (int64_t layer = 0; layer < layers; ++layer) {
      for (const char* key : {"receptance", "key", "value", "output"}) {
        const std::string name = "blocks." + std::to_string(layer) + ".att." + key;
        const int64_t rank = name == "blocks.0.att.key" ? 4096 : 1;
        test::put(tensors, name + ".lora_A", {rank, 64}, 1);
        test::put(tensors, name + ".lora_B", {64, rank}, 2);
      }
    }
    write(tensors, R"({"peft_type": "LORA", "r": 1, "rank_pattern": {"0.att.key": 4096}})");
    return describe_adapter(folder());
  };
  EXPECT_TRUE(write_ranks(2).ok());
  EXPECT_THAT(write_ranks(5).error().message, HasSubstr("the ranks lie too far apart"));
}

// By the config its B is wider than the A's of the file: nothing is written past its end.
TEST_F(PeftAdapter, AHalfWithoutItsOtherHalfIsRefusedWhateverItsRank) {
  Tensors tensors = test::lora_tensors(config_, 4);
  tensors.erase("blocks.0.att.key.lora_A");
  test::put(tensors, "blocks.0.att.key.lora_B", {64, 64}, 2);
  write(tensors, R"({"peft_type": "LORA", "r": 4, "rank_pattern": {"0.att.key": 64}})");
  EXPECT_THAT(refusal(), HasSubstr("blocks.0.att.key.lora_B"));
}

TEST_F(PeftAdapter, ReadsMissUnderTheNamesOfPeft) {
  const Tensors ours = test::miss_tensors(config_, 16);
  for (const char* part : {".miss_block", ".bone_block"}) {
    Tensors theirs;
    for (const auto& [name, tensor] : ours) {
      const std::string renamed = name.substr(0, name.size() - 6) + part;
      theirs[renamed] = test::make_tensor(renamed, tensor.info.shape, tensor.values);
    }
    write(theirs, R"({"peft_type": "MISS", "r": 16, "init_weights": true})");
    const auto loaded = load_adapter(folder(), config_);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    EXPECT_EQ(loaded->method, AdapterMethod::Miss);
    for (size_t i = 0; i < kAdapterTargetCount; ++i) {
      const auto target = static_cast<AdapterTarget>(i);
      EXPECT_EQ(test::pair_product(*loaded, 0, i),
                test::delta(ours, target_key(0, target), target_out(config_, target),
                            target_in(config_, target), 1));
    }
  }
}

TEST_F(PeftAdapter, AMiniMissRepeatsItsColumns) {
  Tensors tensors;
  test::put(tensors, "blocks.0.att.key.miss_block", {8, 16}, 3);
  const std::vector<float> stored = tensors.begin()->second.values;
  write(tensors, R"({"peft_type": "MISS", "r": 8, "init_weights": "mini", "mini_r": 16})");
  const auto loaded = load_adapter(folder(), config_);
  ASSERT_TRUE(loaded.ok()) << loaded.error().message;
  const auto& pair = loaded->lora[0][static_cast<size_t>(AdapterTarget::Key)];
  for (size_t o = 0; o < 64; ++o) {
    for (size_t j = 0; j < 8; ++j) EXPECT_EQ(pair.b[o * 8 + j], stored[j * 16 + o % 16]);
  }
  write(tensors, R"({"peft_type": "MISS", "r": 8, "init_weights": "mini", "mini_r": 24})");
  EXPECT_THAT(refusal(), HasSubstr("mini_r is 24"));
  write(tensors, R"({"peft_type": "MISS", "r": 8})");
  EXPECT_THAT(refusal(), HasSubstr("its shape is [8, 16]"));
  write(tensors, R"({"peft_type": "MISS", "r": 8, "init_weights": "bat"})");
  EXPECT_THAT(refusal(), HasSubstr("Bat adapter"));
}

TEST_F(PeftAdapter, AppliesLayerNormsSavedAsModules) {
  for (const char* wrapper : {".modules_to_save.default", ".modules_to_save", ""}) {
    Tensors tensors = test::lora_tensors(config_, 4), norms;
    test::add_norms(config_, norms);
    for (const auto& [name, tensor] : norms) {
      std::string wrapped = name;
      wrapped.insert(name.rfind('.'), wrapper);
      tensors[wrapped] = test::make_tensor(wrapped, tensor.info.shape, tensor.values);
    }
    write(tensors, R"({"peft_type": "LORA", "r": 4, "modules_to_save": ["ln1", "ln2", "ln_x"]})");
    const auto loaded = load_adapter(folder(), config_);
    ASSERT_TRUE(loaded.ok()) << loaded.error().message;
    ASSERT_EQ(loaded->norms.size(), norms.size());
    for (const auto& [name, values] : loaded->norms) EXPECT_EQ(values, norms.at(name).values);
  }
}

// The folder's own file decides, not what lies beside the folder.
TEST_F(PeftAdapter, AFolderBesideAnInitFileIsNoPissa) {
  const Tensors tensors = test::lora_tensors(config_, 4);
  write(tensors, R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8})");
  ASSERT_TRUE(test::write_foreign(dir_ / "init_pissa.pth", tensors).ok());
  EXPECT_EQ(load_adapter(folder(), config_)->method, AdapterMethod::Lora);
  EXPECT_EQ(scale_of(folder()), 2);
}

TEST_F(PeftAdapter, OtherKindsAreRefusedByTheirNames) {
  const auto refused = [&](const std::string& name) {
    Tensors tensors = test::lora_tensors(config_, 4);
    test::put(tensors, name, {4, 64}, 1);
    write(tensors, R"({"peft_type": "LORA", "r": 4})");
    return refusal();
  };
  EXPECT_THAT(refused("blocks.0.att.key.lora_magnitude_vector"), HasSubstr("a DoRA adapter"));
  EXPECT_THAT(refused("blocks.0.att.key.lora_E"), HasSubstr("an AdaLoRA adapter"));
  EXPECT_THAT(refused("blocks.0.att.ts_state"), HasSubstr("no place for shift states"));
}

}  // namespace
}  // namespace greylag
