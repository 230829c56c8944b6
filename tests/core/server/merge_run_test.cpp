// SPDX-License-Identifier: Apache-2.0
// Which runs can become a model of their own.
#include "core/server/merge_run.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

TEST(MergeRun, RefusesAReasoningCore) {
  const test::TempDir folder;
  const auto home = Home::open(folder / "home");
  ASSERT_TRUE(home) << home.error().message;
  protocol::RunConfig config;
  config.model = "m";
  config.data = "d";
  config.method = "hrm";
  const auto run = RunFolder::create(folder / "run", config);
  ASSERT_TRUE(run) << run.error().message;
  protocol::MergeRequest request;
  request.name = "merged.safetensors";
  const auto merged = merge_run(*home, *run, request, "cpu");
  ASSERT_FALSE(merged.ok());
  EXPECT_EQ(merged.error().code, ErrorCode::InvalidArgument);
  EXPECT_NE(merged.error().message.find("cannot be merged"), std::string::npos);
}

}  // namespace
}  // namespace greylag
