// SPDX-License-Identifier: Apache-2.0
// Are adapters of other trainers listed as what they are, and init files not as adapters?
#include "core/hub/adapter_library.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>

#include "core/runs/run_folder.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

class AdapterLibraryTest : public testing::Test {
 protected:
  // One matrix of a LoRA or MiSS, or a state, of rank 2 for width 64.
  static void write(const std::filesystem::path& path, const std::string& kind) {
    std::vector<test::TinyTensor> tensors;
    const auto add = [&](const std::string& name, gpu::Shape shape) {
      tensors.push_back(test::make_tensor(
          name, shape, std::vector<float>(static_cast<size_t>(shape.elements()))));
    };
    if (kind == "lora") add("blocks.0.att.key.lora_A", {2, 64});
    if (kind == "lora") add("blocks.0.att.key.lora_B", {64, 2});
    if (kind == "miss") add("blocks.0.att.key.disha", {2, 64});
    if (kind == "state") add("blocks.0.att.time_state", {1, 64, 64});
    if (kind == "state") add("blocks.0.att.shift_state", {64});
    EXPECT_TRUE(test::write_tensors(path, tensors).ok());
  }
  test::TempDir dir_;
  const Home home_ = Home::open(dir_ / "home").value();
  ModelLibrary models_{home_, {}, {}};
};

TEST_F(AdapterLibraryTest, ListsMethodAndRankFromTheTensors) {
  write(home_.adapters() / "plain.pth", "lora");
  write(home_.adapters() / "sums.pth", "miss");
  write(home_.adapters() / "svd.pth", "lora");
  write(home_.adapters() / "svd.init_pissa.pth", "lora");
  write(home_.states() / "talk.safetensors", "state");
  AdapterLibrary library(home_, {}, {}, models_);
  std::vector<std::string> shown;
  for (const auto& status : library.list()) {
    shown.push_back(status.id + " " + status.method + " " + std::to_string(status.rank));
  }
  EXPECT_EQ(shown, (std::vector<std::string>{"plain lora 2", "sums miss 2", "svd pissa 2",
                                             "talk state 0"}));
}

TEST_F(AdapterLibraryTest, OnlyFilesOfHomeCanBeDeletedAndTheyAreMarked) {
  const std::filesystem::path named = dir_ / "named.pth";
  write(named, "lora");
  write(home_.adapters() / "own.pth", "lora");
  write(home_.states() / "talk.safetensors", "state");
  auto run = RunFolder::create(home_.runs() / "first", protocol::RunConfig{});
  ASSERT_TRUE(run.ok());
  const auto saved = run->save_checkpoint(5, 1, {}, [](const std::filesystem::path& to) -> Status {
    write(to / "adapter.safetensors", "lora");
    return {};
  });
  ASSERT_TRUE(saved.ok()) << saved.error().message;
  AdapterLibrary library(home_, {named}, {}, models_);
  std::map<std::string, bool> marks;
  for (const auto& status : library.list()) marks[status.id] = status.is_deletable;
  EXPECT_EQ(marks, (std::map<std::string, bool>{
                       {"named", false}, {"own", true}, {"talk", true}, {"first@5", false}}));
  for (const auto& [id, is_deletable] : marks) {
    EXPECT_EQ(library.remove(id).ok(), is_deletable) << id;
  }
  EXPECT_TRUE(std::filesystem::exists(named));
}

TEST_F(AdapterLibraryTest, AnAlphaCanBeGivenAndIsKeptBesideTheFile) {
  write(home_.adapters() / "plain.pth", "lora");
  write(home_.adapters() / "sums.pth", "miss");
  AdapterLibrary library(home_, {}, {}, models_);
  EXPECT_TRUE(library.find("plain")->is_alpha_assumed);
  EXPECT_EQ(library.find("plain")->alpha, 2);
  for (const double alpha : {32.0, 16.0}) {
    const auto changed = library.set_alpha("plain", alpha);
    ASSERT_TRUE(changed.ok()) << changed.error().message;
    EXPECT_EQ(changed->alpha, alpha);
    EXPECT_FALSE(changed->is_alpha_assumed);
    EXPECT_EQ(library.find("plain")->alpha, alpha);
  }
  AdapterLibrary later(home_, {}, {}, models_);
  EXPECT_EQ(later.find("plain")->alpha, 16);
  EXPECT_EQ(library.list().size(), 2u);  // the config is no adapter
  EXPECT_EQ(library.set_alpha("sums", 2).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(library.set_alpha("none", 2).error().code, ErrorCode::NotFound);
  EXPECT_EQ(library.set_alpha("plain", NAN).error().code, ErrorCode::InvalidArgument);
  EXPECT_TRUE(library.remove("plain").ok());
  EXPECT_FALSE(std::filesystem::exists(home_.adapters() / "plain.adapter_config.json"));
}

TEST_F(AdapterLibraryTest, TheAlphaOfAFileThatSaysItsOwnStays) {
  std::filesystem::create_directory(home_.adapters() / "poems");
  write(home_.adapters() / "poems" / "adapter_model.safetensors", "lora");
  std::ofstream(home_.adapters() / "poems" / "adapter_config.json")
      << R"({"peft_type": "LORA", "r": 2, "lora_alpha": 6})";
  const std::filesystem::path named = dir_ / "named.pth";
  write(named, "lora");
  AdapterLibrary library(home_, {named}, {}, models_);
  EXPECT_EQ(library.find("poems")->alpha, 6);
  EXPECT_EQ(library.set_alpha("poems", 2).error().code, ErrorCode::Conflict);
  EXPECT_EQ(library.set_alpha("named", 2).error().code, ErrorCode::Conflict);
  EXPECT_FALSE(library.remove("named").ok());
  EXPECT_TRUE(library.remove("poems").ok());
  EXPECT_TRUE(std::filesystem::is_empty(home_.adapters()));
}

TEST_F(AdapterLibraryTest, WhatAUserPutBesideAnAdapterStays) {
  const auto folder = home_.adapters() / "poems";
  std::filesystem::create_directory(folder);
  write(folder / "adapter_model.safetensors", "lora");
  std::ofstream(folder / "adapter_config.json")
      << R"({"peft_type": "LORA", "r": 2, "lora_alpha": 6})";
  std::ofstream(folder / "my poems.jsonl") << "{}";
  AdapterLibrary library(home_, {}, {}, models_);
  ASSERT_TRUE(library.remove("poems").ok());
  EXPECT_TRUE(library.list().empty());
  EXPECT_TRUE(std::filesystem::exists(folder / "my poems.jsonl"));
  EXPECT_FALSE(std::filesystem::exists(folder / "adapter_config.json"));
}

TEST_F(AdapterLibraryTest, AlphaIsForTheFilesOfTheCommandLine) {
  const std::filesystem::path named = dir_ / "named.pth";
  const AdapterLibrary library(home_, {named}, 16, models_);
  EXPECT_EQ(library.alpha_of(named), 16);
  EXPECT_EQ(library.alpha_of(home_.adapters() / "other.pth"), std::nullopt);
}

}  // namespace
}  // namespace greylag
