// SPDX-License-Identifier: Apache-2.0
// greylag-engine logits: shapes of the reply, cuts that change nothing, adapters, known numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/adapter/adapter_file.h"
#include "tests/core/cli/engine_process.h"
#include "tests/core/infer/adapter_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag {
namespace {

using nlohmann::json;
using test::run_engine;

class LogitsTest : public testing::Test {
 protected:
  LogitsTest() { EXPECT_TRUE(test::write_tiny_checkpoint(model_).ok()); }
  json logits(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"logits", "--json", "--model", model_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const test::ProcessResult result = run_engine(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.err, "");
    return result.json();
  }
  test::TempDir dir_;
  const std::string model_ = (dir_ / "tiny.safetensors").string();
};

TEST_F(LogitsTest, GivesTheLastRowOrAll) {
  const json last = logits({"--tokens", "34,105,110"});
  EXPECT_EQ(last["tokens"], json::parse("[34,105,110]"));
  ASSERT_EQ(last["logits"].size(), 256u);
  EXPECT_FALSE(last.contains("hidden"));
  const json all = logits({"--tokens", "34,105,110", "--all", "--hidden"});
  ASSERT_EQ(all["logits"].size(), 3u);
  EXPECT_EQ(all["logits"][2], last["logits"]);
  ASSERT_EQ(all["hidden"].size(), 3u);
  EXPECT_EQ(all["hidden"][0].size(), 64u);
  EXPECT_EQ(logits({"--tokens", "34,105,110", "--hidden"})["hidden"], all["hidden"][2]);
}

TEST_F(LogitsTest, ChunksChangeNoDigit) {
  const json whole = logits({"--tokens", "1,2,3,4,5,6,7", "--all", "--hidden"});
  for (const char* chunk : {"1", "2", "3", "7", "100"}) {
    EXPECT_EQ(logits({"--tokens", "1,2,3,4,5,6,7", "--all", "--hidden", "--chunk", chunk}), whole);
  }
}

TEST_F(LogitsTest, OutOfRangeTokenIsRefused) {
  for (const char* tokens : {"1,256", "-1", "99999999999999999999"}) {
    const auto result =
        run_engine({"logits", "--model", model_, std::string("--tokens=") + tokens});
    EXPECT_EQ(result.code, 1) << tokens;
    EXPECT_THAT(result.err, testing::HasSubstr("out of range"));
  }
}

TEST_F(LogitsTest, RepeatedAdaptersAddUpAndStatesCount) {
  const Config config = read_config(**open_checkpoint(model_)).value();
  const std::string once = (dir_ / "once.safetensors").string();
  const std::string twice = (dir_ / "twice.safetensors").string();
  const std::string state = (dir_ / "state.safetensors").string();
  ASSERT_TRUE(save_adapter(once, config, test::make_lora(config, 4, 2.0, 1)).ok());
  ASSERT_TRUE(save_adapter(twice, config, test::make_lora(config, 4, 4.0, 1)).ok());
  ASSERT_TRUE(save_adapter(state, config, test::make_tuned_state(config)).ok());
  const json base = logits({"--tokens", "1,2,3"})["logits"];
  const json sum = logits({"--tokens", "1,2,3", "--adapter", once, "--adapter", once})["logits"];
  const json doubled = logits({"--tokens", "1,2,3", "--adapter", twice})["logits"];
  double from_base = 0;
  for (size_t i = 0; i < 256; ++i) {
    EXPECT_NEAR(sum[i].get<double>(), doubled[i].get<double>(), 1e-4);
    from_base = std::max(from_base, std::abs(sum[i].get<double>() - base[i].get<double>()));
  }
  EXPECT_GT(from_base, 1e-3);
  const json tuned = logits({"--tokens", "1,2,3", "--state", state})["logits"];
  EXPECT_NE(tuned, base);
  EXPECT_EQ(logits({"--tokens", "1,2,3", "--adapter", state})["logits"], tuned);
}

TEST_F(LogitsTest, AssumedScaleIsSaidOnceAndCanBeGiven) {
  const Config config = read_config(**open_checkpoint(model_)).value();
  const AdapterFile lora = test::make_lora(config, 4, 4.0, 1);
  const std::string own = (dir_ / "own.safetensors").string();
  const std::string foreign = (dir_ / "foreign.pth").string();
  ASSERT_TRUE(save_adapter(own, config, lora).ok());
  std::vector<test::TinyTensor> tensors;
  const auto reader = open_checkpoint(own);
  for (const TensorInfo& info : (*reader)->tensors()) {
    tensors.push_back(
        test::make_tensor(info.name, info.shape, (*reader)->read_f32(info.name).value()));
  }
  ASSERT_TRUE(test::write_tensors(foreign, tensors).ok());
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"logits",   "--json", "--model",   model_,
                                          "--tokens", "1,2,3",  "--adapter", foreign};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_engine(arguments);
  };
  const auto assumed = run({});
  ASSERT_EQ(assumed.code, 0) << assumed.err;
  EXPECT_THAT(assumed.err, testing::AllOf(testing::HasSubstr("file=foreign.pth alpha=4"),
                                          testing::HasSubstr("--adapter-alpha")));
  EXPECT_EQ(std::ranges::count(assumed.err, '\n'), 1);
  EXPECT_EQ(assumed.json(), logits({"--tokens", "1,2,3", "--adapter", own}));
  const auto given = run({"--adapter-alpha", "9"});
  EXPECT_EQ(given.err, "");
  EXPECT_NE(given.json(), assumed.json());
  EXPECT_EQ(run({"--adapter-alpha", "much"}).code, 2);
  EXPECT_EQ(run({"--adapter-alpha", "inf"}).code, 1);
}

TEST_F(LogitsTest, ParityModelGivesTheNumbersOfRwkvCpp) {
  const auto model = test::shared_file("parity/tiny-rwkv7-byte.pth");
  const auto expected_path = test::shared_file("parity/tiny-rwkv7-byte.logits.json");
  if (!model || !expected_path) GTEST_SKIP() << "no parity files (GREYLAG_SHARED)";
  std::ifstream file(*expected_path);
  const json expected = json::parse(file);
  const auto result =
      run_engine({"logits", "--model", model->string(), "--tokens", "34,105,110", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const json got = result.json()["logits"];
  for (size_t i = 0; i < 256; ++i) {
    EXPECT_NEAR(got[i].get<double>(), expected["logits"][i].get<double>(), 1e-5);
  }
}

TEST_F(LogitsTest, ReasoningCoreIsAddedByStrengthAndEffort) {
  const Config config = read_config(**open_checkpoint(model_)).value();
  const std::string fresh = (dir_ / "fresh.safetensors").string();
  const std::string core = (dir_ / "core.safetensors").string();
  ASSERT_TRUE(test::write_tiny_core(fresh, {.base = config, .is_fresh = true}).ok());
  ASSERT_TRUE(test::write_tiny_core(core, {.base = config}).ok());
  const json base = logits({"--tokens", "1,2,3"});
  EXPECT_EQ(logits({"--tokens", "1,2,3", "--hrm", fresh}), base);
  EXPECT_EQ(logits({"--tokens", "1,2,3", "--hrm", core, "--alpha", "0"}), base);
  const json all = logits({"--tokens", "1,2,3", "--hrm", core});
  EXPECT_NE(all, base);
  EXPECT_EQ(logits({"--tokens", "1,2,3", "--hrm", core, "--effort", "2"}), all);
  EXPECT_EQ(logits({"--tokens", "1,2,3", "--hrm", core, "--chunk", "1"}), all);
  EXPECT_NE(logits({"--tokens", "1,2,3", "--hrm", core, "--effort", "1"}), all);
  EXPECT_NE(logits({"--tokens", "1,2,3", "--hrm", core, "--alpha", "0.5"}), all);
  const json inspected = run_engine({"inspect", "--json", core}).json();
  EXPECT_EQ(inspected["architecture"], "hrm");
  EXPECT_EQ(inspected["h_cycles"], 2);
  EXPECT_THAT(run_engine({"logits", "--model", core, "--tokens", "1"}).err,
              testing::HasSubstr("beside its base model"));
  EXPECT_EQ(run_engine({"bench", "--json", "--model", model_, "--hrm", core, "--prompt", "8",
                        "--tokens", "4", "--batch", "2", "--repeat", "1"})
                .code,
            0);
}

}  // namespace
}  // namespace greylag
