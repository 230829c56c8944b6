// SPDX-License-Identifier: Apache-2.0
// greylag-engine generate and chat: reply shapes, repeatable text, endings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/config.h"
#include "tests/core/cli/engine_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag {
namespace {

using test::run_engine;

class GenerateTest : public testing::Test {
 protected:
  GenerateTest() { EXPECT_TRUE(test::write_tiny_checkpoint(model_).ok()); }
  test::ProcessResult generate(std::vector<std::string> more) {
    std::vector<std::string> arguments = {"generate", "--model", model_, "--prompt", "hello"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_engine(arguments);
  }
  test::TempDir dir_;
  const std::string model_ = (dir_ / "tiny.safetensors").string();
};

TEST_F(GenerateTest, RepliesWithTextTokensAndReason) {
  const auto result = generate({"--max-tokens", "9", "--temperature", "0", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json out = result.json();
  EXPECT_EQ(out.size(), 3u);
  EXPECT_TRUE(out["text"].is_string());
  EXPECT_LE(out["tokens"].size(), 9u);
  EXPECT_THAT(out["finish_reason"].get<std::string>(), testing::AnyOf("length", "stop"));
  const auto plain = generate({"--max-tokens", "9", "--temperature", "0"});
  EXPECT_EQ(plain.out, out["text"].get<std::string>() + "\n");
}

TEST_F(GenerateTest, EqualSeedsGiveEqualText) {
  const auto draw = [&](const char* seed) {
    return generate({"--max-tokens", "30", "--temperature", "1.5", "--top-p", "1", "--top-k", "0",
                     "--seed", seed, "--json"})
        .json();
  };
  const nlohmann::json first = draw("5");
  EXPECT_EQ(draw("5"), first);
  EXPECT_NE(draw("6"), first);
}

TEST_F(GenerateTest, EmptyPromptIsRefused) {
  const auto result = run_engine({"generate", "--model", model_, "--prompt", ""});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, testing::HasSubstr("prompt"));
}

TEST_F(GenerateTest, ChatAnswersLineByLine) {
  const auto result =
      run_engine({"chat", "--model", model_, "--max-tokens", "8", "--seed", "1", "--json"},
                 "hello\n\nhow are you?\n/quit\nnever read\n");
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json messages = result.json()["messages"];
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[0]["content"], "hello");
  EXPECT_EQ(messages[1]["role"], "assistant");
  EXPECT_EQ(messages[2]["content"], "how are you?");
}

TEST_F(GenerateTest, ChatTakesTheLinesOfWindowsPrograms) {
  const auto result = run_engine({"chat", "--model", model_, "--max-tokens", "3", "--json"},
                                 "\xEF\xBB\xBFhello\r\n\r\n/quit\r\nnever read\r\n");
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json messages = result.json()["messages"];
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0]["content"], "hello");
}

TEST(GenerateCommand, SavedStateGoesOnWhereTheTextEnded) {
  const test::TempDir dir;
  const std::string model = (dir / "tiny.safetensors").string();
  const std::string core = (dir / "core.safetensors").string();
  const std::string other = (dir / "other.safetensors").string();
  const std::string state = (dir / "state.safetensors").string();
  ASSERT_TRUE(test::write_tiny_checkpoint(model).ok());
  const Config config = read_config(**open_checkpoint(model)).value();
  ASSERT_TRUE(test::write_tiny_core(core, {.base = config}).ok());
  ASSERT_TRUE(test::write_tiny_core(other, {.base = config, .seed = 2}).ok());
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments{"generate", "--json", "--model",       model,
                                       "--hrm",    core,     "--temperature", "0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return test::run_engine(arguments);
  };
  const auto whole = run({"--prompt", "abcdef", "--max-tokens", "8"});
  ASSERT_EQ(whole.code, 0) << whole.err;
  ASSERT_EQ(run({"--prompt", "abc", "--max-tokens", "0", "--save-state", state}).code, 0);
  const auto rest = run({"--prompt", "def", "--max-tokens", "8", "--state", state});
  ASSERT_EQ(rest.code, 0) << rest.err;
  EXPECT_EQ(rest.json()["tokens"], whole.json()["tokens"]);
  EXPECT_THAT(run({"--prompt", "def", "--state", state, "--alpha", "0"}).err,
              testing::HasSubstr("saved under a reasoning core"));
  const auto refused = test::run_engine(
      {"generate", "--model", model, "--hrm", other, "--prompt", "def", "--state", state});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, testing::HasSubstr("another reasoning core"));
}

}  // namespace
}  // namespace greylag
