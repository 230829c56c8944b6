// SPDX-License-Identifier: Apache-2.0
// Does `solve` show every segment, keep to JSON when asked, and refuse what is no puzzle?
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/cli/engine_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_reasoner.h"

namespace greylag {
namespace {

using test::run_engine;
using testing::HasSubstr;

class SolveTest : public testing::Test {
 protected:
  SolveTest() { test::write_tiny_reasoner(model_); }
  test::TempDir dir_;
  const std::string model_ = (dir_ / "grid.safetensors").string();
};

TEST_F(SolveTest, ShowsTheGridAfterEachSegment) {
  const auto result =
      run_engine({"solve", "--model", model_, test::kTinyPuzzle, "--segments", "2"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("segment 1: "));
  EXPECT_THAT(result.out, HasSubstr("segment 2: "));
  EXPECT_THAT(result.out, HasSubstr("\n12"));  // the first row begins as given
  EXPECT_THAT(result.out, HasSubstr("solved in 2 segments"));
}

TEST_F(SolveTest, PrintsOneJsonValue) {
  const auto result = run_engine({"--json", "solve", "--model", model_, test::kTinyPuzzle,
                                  "--segments", "3", "--rollouts", "2", "--seed", "5"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json out = result.json();
  EXPECT_EQ(out["steps"].size(), 3u);
  EXPECT_EQ(out["segment"], 3);
  EXPECT_EQ(out["end"], "segments");
  EXPECT_EQ(out["cells"].size(), 16u);
  EXPECT_EQ(out["cells"], out["steps"][2]["cells"]);
}

TEST_F(SolveTest, RefusesWhatIsNoPuzzleAndWhatIsNoReasoner) {
  const auto short_one = run_engine({"solve", "--model", model_, "1234"});
  EXPECT_EQ(short_one.code, 1);
  EXPECT_NE(short_one.err, "");
  EXPECT_EQ(run_engine({"solve", "--model", model_}).code, 1);
  const auto talker = dir_ / "tiny.safetensors";
  ASSERT_TRUE(test::write_tiny_checkpoint(talker).ok());
  const auto result = run_engine({"solve", "--model", talker.string(), test::kTinyPuzzle});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("no puzzle reasoner"));
}

TEST_F(SolveTest, InspectDescribesAReasonerAndGenerateSendsItsUserHere) {
  const auto inspected = run_engine({"inspect", model_, "--json"});
  ASSERT_EQ(inspected.code, 0) << inspected.err;
  EXPECT_EQ(inspected.json()["architecture"], "puzzle reasoner");
  EXPECT_EQ(inspected.json()["mixer"], "mlp_t");
  EXPECT_EQ(inspected.json()["rows"], "4");
  const auto generated = run_engine({"generate", "--model", model_, "--prompt", "x"});
  EXPECT_EQ(generated.code, 1);
  EXPECT_THAT(generated.err, HasSubstr("greylag-engine solve"));
}

}  // namespace
}  // namespace greylag
