// SPDX-License-Identifier: Apache-2.0
// Does an import end in a model or adapter that is listed, whatever the file was called?
#include "core/hub/import_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/adapter/adapter_file.h"
#include "core/adapter/peft_config.h"
#include "core/base/file.h"
#include "core/checkpoint/checkpoint_files.h"
#include "core/hub/adapter_library.h"
#include "core/hub/file_kind.h"
#include "core/hub/model_library.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

const auto kGoOn = [](uint64_t, uint64_t) { return true; };

class ImportFileTest : public testing::Test {
 protected:
  ImportFileTest() { fs::create_directory(source_); }
  Result<std::string> import(const fs::path& file, const std::string& kind = {}) {
    const auto target = plan_import(home_, file, kind);
    if (!target) return target.error();
    return run_import(*target, kGoOn);
  }
  void write_model(const fs::path& path, uint64_t seed = 1) {
    const fs::path plain = dir_ / (path.extension() == ".pth" ? "any.pth" : "any.safetensors");
    ASSERT_TRUE(test::write_tiny_checkpoint(plain, {.layers = 1, .seed = seed}).ok());
    fs::create_directories(path.parent_path());
    fs::rename(plain, path);
  }
  void write_lora(const fs::path& path) {
    std::vector<test::TinyTensor> tensors;
    for (const auto& [name, shape] :
         {std::pair{"A.weight", gpu::Shape{2, 64}}, {"B.weight", gpu::Shape{64, 2}}}) {
      tensors.push_back(
          test::make_tensor(std::string("base_model.model.blocks.0.att.key.lora_") + name, shape,
                            std::vector<float>(static_cast<size_t>(shape.elements()), 0.5f)));
    }
    fs::create_directories(path.parent_path());
    ASSERT_TRUE(test::write_tensors(path, tensors).ok());
  }
  int64_t listed() {  // beside the program's own
    return std::ranges::count_if(models_.list(),
                                 [](const ModelEntry& entry) { return !entry.status.is_builtin; });
  }
  test::TempDir dir_;
  const fs::path source_ = dir_ / "source";
  const Home home_ = Home::open(dir_ / "home").value();
  ModelLibrary models_{home_, {}, std::nullopt};
};

TEST_F(ImportFileTest, WhateverTheEndingTheImportIsListed) {
  uint64_t seed = 1;
  for (const auto& [file, id, installed] :
       {std::tuple{"plain.safetensors", "plain", "plain.safetensors"},
        {"tiny.st", "tiny", "tiny.safetensors"},
        {"Old.PTH", "Old", "Old.safetensors"},  // told by content
        {"torch.pth", "torch", "torch.pth"},
        {"light.ckpt", "light", "light.safetensors"},
        {"sha256-0a1b2c3d", "sha256-0a1b2c3d", "sha256-0a1b2c3d.safetensors"},
        {"rwkv7-0.1b", "rwkv7-0.1b", "rwkv7-0.1b.safetensors"}}) {
    write_model(source_ / file, seed++);
    const auto imported = import(source_ / file);
    ASSERT_TRUE(imported.ok()) << file << ": " << imported.error().message;
    EXPECT_EQ(*imported, id);
    EXPECT_TRUE(fs::exists(home_.models() / installed)) << file;
    const auto entry = models_.find(id);
    ASSERT_TRUE(entry.ok()) << file;
    EXPECT_EQ(entry->status.problem, "") << file;
  }
}

TEST_F(ImportFileTest, EveryImportHasItsOwnName) {
  write_model(source_ / "first" / "model.safetensors", 1);
  write_model(source_ / "second" / "model.safetensors", 2);
  write_model(source_ / "other" / "second" / "model.safetensors", 3);
  write_model(source_ / "models--BlinkDL--rwkv7-g1" / "snapshots" / std::string(40, 'a') /
                  "model.safetensors",
              4);
  EXPECT_EQ(import(source_ / "first" / "model.safetensors").value(), "first");
  EXPECT_EQ(import(source_ / "second").value(), "second");
  EXPECT_EQ(import(source_ / "other" / "second").value(), "second-2");
  EXPECT_EQ(
      import(source_ / "models--BlinkDL--rwkv7-g1" / "snapshots" / std::string(40, 'a')).value(),
      "rwkv7-g1");
  EXPECT_EQ(listed(), 4);
}

TEST_F(ImportFileTest, TheSameFileAgainIsTheOneThatIsThere) {
  write_model(source_ / "a.safetensors", 1);
  EXPECT_EQ(import(source_ / "a.safetensors").value(), "a");
  EXPECT_EQ(import(source_ / "a.safetensors").value(), "a");
  fs::copy(source_ / "a.safetensors", source_ / "b.st");
  EXPECT_EQ(import(source_ / "b.st").value(), "b");  // under another name it is wanted so
  write_model(source_ / "a.safetensors", 2);         // another model of the same size and name
  EXPECT_EQ(import(source_ / "a.safetensors").value(), "a-2");
  EXPECT_EQ(import(source_ / "a.safetensors").value(), "a-2");
  EXPECT_EQ(listed(), 3);
}

TEST_F(ImportFileTest, NamesThatRunningImportsHaveAreTaken) {
  write_model(source_ / "a.safetensors");
  const auto target = plan_import(home_, source_ / "a.safetensors", {}, [](const fs::path& path) {
    return path.filename() == "a.safetensors" || path.filename() == "a-2.safetensors";
  });
  EXPECT_EQ(target->id, "a-3");
}

TEST_F(ImportFileTest, AModelInSeveralFilesBecomesOne) {
  const auto tensors = test::make_tiny_tensors({.layers = 2});
  const fs::path folder = source_ / "sharded";
  fs::create_directory(folder);
  nlohmann::json map;
  const size_t half = tensors.size() / 2;
  for (size_t i = 0; i < 2; ++i) {
    const std::vector<test::TinyTensor> part(
        tensors.begin() + static_cast<long>(i * half),
        i == 0 ? tensors.begin() + static_cast<long>(half) : tensors.end());
    const std::string name = "model-0000" + std::to_string(i + 1) + "-of-00002.safetensors";
    for (const auto& tensor : part) map[tensor.info.name] = name;
    ASSERT_TRUE(test::write_tensors(folder / name, part).ok());
  }
  const nlohmann::json index{{"weight_map", map}};
  ASSERT_TRUE(write_file_atomic(folder / "model.safetensors.index.json", index.dump()).ok());
  EXPECT_EQ(import(folder).value(), "sharded");
  const auto entry = models_.find("sharded");
  ASSERT_TRUE(entry.ok());
  EXPECT_EQ(entry->status.problem, "");
  const auto reader = open_checkpoint(home_.models() / "sharded.safetensors").value();
  ASSERT_EQ(reader->tensors().size(), tensors.size());
  for (const auto& tensor : tensors) {
    EXPECT_EQ(reader->read_f32(tensor.info.name).value(), tensor.values) << tensor.info.name;
  }
  // Copied there by hand it is one model too, and goes as one.
  fs::copy(folder, home_.models() / "by-hand");
  const auto by_hand = models_.find("by-hand");
  ASSERT_TRUE(by_hand.ok());
  EXPECT_EQ(by_hand->status.problem, "");
  EXPECT_EQ(listed(), 2);
  EXPECT_EQ(models_.remove("by-hand").value(), checkpoint_size_bytes(folder));
  EXPECT_FALSE(fs::exists(home_.models() / "by-hand"));
  fs::copy(folder, home_.models(), fs::copy_options::recursive);
  EXPECT_EQ(listed(), 2);  // the index; its files are no models
  EXPECT_TRUE(models_.find("model").ok());
}

TEST_F(ImportFileTest, AnAdapterKeepsItsScale) {
  const fs::path folder = source_ / "poems";
  write_lora(folder / "adapter_model.safetensors");
  ASSERT_TRUE(write_file_atomic(folder / "adapter_config.json", format_peft_config(2, 8)).ok());
  ASSERT_EQ(import(folder).value(), "poems");
  AdapterLibrary adapters(home_, {}, {}, models_);
  const auto status = adapters.find("poems");
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->alpha, 8);
  EXPECT_FALSE(status->is_alpha_assumed);
  EXPECT_TRUE(adapters.remove("poems").ok());
  EXPECT_TRUE(fs::is_empty(home_.adapters()));
}

TEST_F(ImportFileTest, APissaComesWithItsInitialMatrices) {
  write_lora(source_ / "mine.pth");
  write_lora(source_ / "init_pissa.pth");
  ASSERT_EQ(import(source_ / "mine.pth").value(), "mine");
  EXPECT_EQ(describe_adapter(home_.adapters() / "mine.pth")->method, AdapterMethod::Pissa);
}

TEST_F(ImportFileTest, AnAdapterThatCannotBeAppliedIsRefused) {
  write_lora(source_ / "adapter_model.safetensors");
  ASSERT_TRUE(write_file_atomic(source_ / "adapter_config.json",
                                R"({"peft_type": "LORA", "r": 2, "use_dora": true})")
                  .ok());
  EXPECT_THAT(import(source_).error().message, HasSubstr("a DoRA"));
  EXPECT_TRUE(fs::is_empty(home_.adapters()));
}

TEST_F(ImportFileTest, WhatIsStoppedLeavesNothing) {
  write_model(source_ / "a.safetensors");
  const auto target = plan_import(home_, source_ / "a.safetensors", {});
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(run_import(*target, [](uint64_t, uint64_t) { return false; }).error().code,
            ErrorCode::Cancelled);
  EXPECT_TRUE(fs::is_empty(home_.models()));
}

}  // namespace
}  // namespace greylag
