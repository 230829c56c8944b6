// SPDX-License-Identifier: Apache-2.0
// Which runs become a model of their own, and what is left when one does not?
#include "core/server/merge_run.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/base/file.h"
#include "core/base/sha256.h"
#include "core/runs/checkpoint_folder.h"
#include "tests/core/infer/adapter_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

class MergeRunTest : public testing::Test {
 protected:
  MergeRunTest() : home_(*Home::open(dir_ / "home")) {
    EXPECT_TRUE(test::write_tiny_checkpoint(base()).ok());
    config_.model = path_to_utf8(base());
    config_.data = "d";
    config_.method = "lora";
    request_.name = "merged.safetensors";
  }
  std::filesystem::path base() const { return home_.models() / "base.safetensors"; }
  // With one checkpoint, an adapter of the base.
  RunFolder make_run() {
    auto run = RunFolder::create(home_.runs() / "run", config_);
    EXPECT_TRUE(run.ok()) << run.error().message;
    const auto reader = open_checkpoint(base());
    const Config model = *read_config(**reader);
    AdapterFile adapter = test::make_lora(model, 4, 8, 1);
    adapter.base_sha256 = *sha256_file(base());
    const Status saved =
        save_checkpoint(run->path(), 10, 0, {}, 1, [&](const std::filesystem::path& folder) {
          return save_adapter(folder / "adapter.safetensors", model, adapter);
        });
    EXPECT_TRUE(saved.ok()) << (saved ? "" : saved.error().message);
    return std::move(*run);
  }
  // All files of the model folder, hidden ones too.
  std::set<std::string> model_files() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(home_.models())) {
      names.insert(path_to_utf8(entry.path().filename()));
    }
    return names;
  }
  const test::TempDir dir_;
  const Home home_;
  protocol::RunConfig config_;
  protocol::MergeRequest request_;
};

TEST_F(MergeRunTest, AMergedModelAnswersAsBaseAndAdapter) {
  const auto merged = merge_run(home_, make_run(), request_, "cpu");
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  EXPECT_EQ(merged->model, "merged");
  EXPECT_LT(merged->largest_logit_difference, 1e-2);
  EXPECT_EQ(model_files(), (std::set<std::string>{"base.safetensors", "merged.safetensors"}));
}

TEST_F(MergeRunTest, NothingStaysWhenTheProbeFails) {
  config_.vocabulary = path_to_utf8(dir_ / "gone.txt");  // which only the probe asks for
  const auto merged = merge_run(home_, make_run(), request_, "cpu");
  ASSERT_FALSE(merged.ok());
  EXPECT_EQ(model_files(), std::set<std::string>{"base.safetensors"});
}

TEST_F(MergeRunTest, NothingStaysWhenItIsCancelled) {
  const RunFolder run = make_run();
  std::stop_source stop;
  stop.request_stop();
  const auto merged = merge_run(home_, run, request_, "cpu", stop.get_token());
  ASSERT_FALSE(merged.ok());
  EXPECT_EQ(merged.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(model_files(), std::set<std::string>{"base.safetensors"});
}

TEST_F(MergeRunTest, WhatAKilledEngineLeftIsRemovedAndNothingElse) {
  std::ofstream(home_.models() / ".merging-0123456789abcdef.safetensors") << "half";
  std::ofstream(home_.models() / ".hidden.safetensors") << "of somebody";
  remove_unnamed_models(home_);
  EXPECT_EQ(model_files(), (std::set<std::string>{".hidden.safetensors", "base.safetensors"}));
}

TEST_F(MergeRunTest, RefusesAReasoningCore) {
  config_.method = "hrm";
  const auto run = RunFolder::create(dir_ / "run", config_);
  ASSERT_TRUE(run) << run.error().message;
  const auto merged = merge_run(home_, *run, request_, "cpu");
  ASSERT_FALSE(merged.ok());
  EXPECT_EQ(merged.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(merged.error().message.find("cannot be merged"), std::string::npos);
}

}  // namespace
}  // namespace greylag
