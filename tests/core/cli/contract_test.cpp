// SPDX-License-Identifier: Apache-2.0
// The command line is a contract: exit codes, one JSON value on stdout, one line on stderr.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "core/base/sha256.h"
#include "tests/core/cli/engine_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using test::run_engine;
using testing::HasSubstr;

class ContractTest : public testing::Test {
 protected:
  ContractTest() { EXPECT_TRUE(test::write_tiny_checkpoint(model_).ok()); }
  // Refused: code 1, one line naming the file or rule, and with --json an error object.
  void expect_refused(std::vector<std::string> arguments, const std::string& part) {
    const test::ProcessResult plain = run_engine(arguments);
    EXPECT_EQ(plain.code, 1) << plain.err;
    EXPECT_EQ(plain.out, "");
    EXPECT_THAT(plain.err, HasSubstr(part));
    EXPECT_EQ(std::ranges::count(plain.err, '\n'), 1) << plain.err;
    arguments.push_back("--json");
    const test::ProcessResult json = run_engine(arguments);
    EXPECT_EQ(json.code, 1);
    EXPECT_THAT(json.json()["error"]["message"].get<std::string>(), HasSubstr(part));
  }
  void expect_usage(const std::vector<std::string>& arguments) {
    const test::ProcessResult result = run_engine(arguments);
    EXPECT_EQ(result.code, 2) << testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_NE(result.err, "");
  }
  test::TempDir dir_;
  const std::string model_ = (dir_ / "tiny.safetensors").string();
};

TEST_F(ContractTest, InspectSaysWhatIsInTheFile) {
  for (const bool is_global_first : {true, false}) {
    const auto result =
        run_engine(is_global_first ? std::vector<std::string>{"--json", "inspect", model_}
                                   : std::vector<std::string>{"inspect", model_, "--json"});
    ASSERT_EQ(result.code, 0) << result.err;
    const nlohmann::json out = result.json();
    EXPECT_EQ(out["format"], "safetensors");
    EXPECT_EQ(out["architecture"], "rwkv7");
    EXPECT_EQ(out["layers"], 2);
    EXPECT_EQ(out["width"], 64);
    EXPECT_EQ(out["heads"], 1);
    EXPECT_EQ(out["vocab"], 256);
    EXPECT_EQ(out["dtype"], "f32");
    EXPECT_GT(out["parameters"], 100000);
    EXPECT_NE(out["parsed_in"], "");
    EXPECT_FALSE(out.contains("sha256"));
  }
}

TEST_F(ContractTest, VerifyPrintsTheHash) {
  const auto result = run_engine({"inspect", "--verify", model_, "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.json()["sha256"], *sha256_file(model_));
}

TEST_F(ContractTest, InspectDescribesAdaptersAndWhatIsAssumedOfThem) {
  const std::vector<float> values(64 * 64, 0.5f);
  const std::vector<float> row(64, 0.5f);
  const std::string lora = (dir_ / "lora.pth").string(), state = (dir_ / "state.pth").string();
  ASSERT_TRUE(
      test::write_tensors(
          lora, {test::make_tensor("blocks.1.att.key.lora_A", {2, 64}, std::vector<float>(128)),
                 test::make_tensor("blocks.1.att.key.lora_B", {64, 2}, std::vector<float>(128)),
                 test::make_tensor("ln_out.weight", {64}, row)})
          .ok());
  ASSERT_TRUE(test::write_tensors(
                  state, {test::make_tensor("blocks.0.att.time_state", {1, 64, 64}, values)})
                  .ok());
  const auto shown = run_engine({"inspect", lora, "--json"});
  ASSERT_EQ(shown.code, 0) << shown.err;
  const auto without_place = [](nlohmann::json described) {
    EXPECT_EQ(described.erase("parsed_in"), 1u);
    return described;
  };
  EXPECT_EQ(without_place(shown.json()),
            nlohmann::json::parse(R"({"format": "pth", "architecture": "adapter",
              "method": "lora", "layers": 2, "rank": 2, "alpha": 2.0, "is_alpha_assumed": true,
              "matrices": 1, "layer_norm_tensors": 1, "has_state": false})"));
  EXPECT_EQ(without_place(run_engine({"inspect", state, "--json"}).json()),
            nlohmann::json::parse(R"({"format": "pth", "architecture": "state", "layers": 1,
              "heads": 1, "has_shift_states": false})"));
  expect_refused({"logits", "--model", lora, "--tokens", "1"}, "not a model");
}

TEST_F(ContractTest, InspectRefusesOtherArchitecturesByName) {
  const std::vector<float> values(64, 0.5f);
  ASSERT_TRUE(test::write_tensors(dir_ / "v6.pth",
                                  {test::make_tensor("emb.weight", {1, 64}, values),
                                   test::make_tensor("blocks.0.att.time_maa_x", {64}, values)})
                  .ok());
  expect_refused({"inspect", (dir_ / "v6.pth").string()}, "RWKV-6");
  const std::string name = "model.layers.0.self_attn.q_proj.weight";
  ASSERT_TRUE(
      test::write_tensors(dir_ / "llama.safetensors", {test::make_tensor(name, {8, 8}, values)})
          .ok());
  expect_refused({"inspect", (dir_ / "llama.safetensors").string()}, "transformer");
}

TEST_F(ContractTest, BadFilesAreRefusedByName) {
  expect_refused({"inspect", (dir_ / "gone.pth").string()}, "gone.pth");
  std::ofstream(dir_ / "words.pth") << "only words";
  expect_refused({"inspect", (dir_ / "words.pth").string()}, "words.pth");
  std::ifstream whole(model_, std::ios::binary);
  std::string bytes(5000, '\0');
  whole.read(bytes.data(), 5000);
  std::ofstream(dir_ / "cut.safetensors", std::ios::binary) << bytes;
  expect_refused({"inspect", (dir_ / "cut.safetensors").string()}, "cut.safetensors");
  expect_refused({"logits", "--model", (dir_ / "cut.safetensors").string(), "--tokens", "1"},
                 "cut.safetensors");
  expect_refused({"generate", "--model", (dir_ / "gone.pth").string(), "--prompt", "a"},
                 "gone.pth");
  expect_refused({"generate", "--model", model_, "--adapter", (dir_ / "no.safetensors").string(),
                  "--prompt", "a"},
                 "no.safetensors");
  expect_refused({"tokenize", "--vocab", (dir_ / "gone.txt").string(), "--text", "a"}, "gone.txt");
}

TEST_F(ContractTest, UsageErrorsExitWithTwo) {
  expect_usage({});
  expect_usage({"fly"});
  expect_usage({"inspect"});
  expect_usage({"inspect", model_, "--unknown"});
  expect_usage({"logits", "--model", model_});
  for (const char* tokens : {"", "1,,2", "1,", "one", "1;2", "0x10", "1.5", "--"}) {
    expect_usage({"logits", "--model", model_, "--tokens", tokens});
    expect_usage({"detokenize", "--model", model_, "--tokens", tokens});
  }
  expect_usage({"logits", "--model", model_, "--tokens", "1", "--chunk", "0"});
  expect_usage({"generate", "--model", model_, "--prompt", "a", "--temperature", "-1"});
  expect_usage({"generate", "--model", model_, "--prompt", "a", "--max-tokens", "-3"});
  expect_usage({"generate", "--model", model_, "--prompt", "a", "--max-tokens", "many"});
  for (const char* batch : {"0", "1,0", "1,two", "1;2"}) {
    expect_usage({"bench", "--model", model_, "--batch", batch});
  }
  expect_usage({"bench", "--model", model_, "--repeat", "0"});
  const auto json = run_engine({"fly", "--json"});
  EXPECT_EQ(json.code, 2);
  EXPECT_EQ(json.json()["error"]["code"], "usage");
}

TEST_F(ContractTest, HelpIsFine) {
  const auto result = run_engine({"--help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("generate"));
  EXPECT_EQ(run_engine({"logits", "--help"}).code, 0);
}

TEST_F(ContractTest, DevicesNamesTheCpuAndRefusesWhatIsNotThere) {
  const auto result = run_engine({"devices", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json devices = result.json()["devices"];
  ASSERT_FALSE(devices.empty());
  EXPECT_EQ(devices.back()["id"], "cpu");
  EXPECT_TRUE(devices.back()["is_usable"].get<bool>());
  expect_refused({"devices", "--device", "cuda:63"}, "cuda:63");
  expect_refused({"logits", "--model", model_, "--tokens", "1", "--device", "abacus"}, "abacus");
}

TEST_F(ContractTest, ByteVocabularyGoesBothWays) {
  const auto there = run_engine({"tokenize", "--model", model_, "--text", "hé", "--json"});
  ASSERT_EQ(there.code, 0) << there.err;
  EXPECT_EQ(there.json(), nlohmann::json::parse(R"({"tokens":[104,195,169]})"));
  const auto back =
      run_engine({"detokenize", "--model", model_, "--tokens", "104,195,169,195", "--json"});
  ASSERT_EQ(back.code, 0) << back.err;
  EXPECT_EQ(back.json()["text"], "hé\xEF\xBF\xBD");  // the cut character is U+FFFD
  expect_refused({"detokenize", "--model", model_, "--tokens", "256"}, "256");
  expect_refused({"detokenize", "--model", model_, "--tokens=-1"}, "-1");
}

TEST_F(ContractTest, WorldVocabularyNeedsNoModel) {
  const auto vocabulary = test::shared_file("parity/rwkv_vocab_v20230424.txt");
  if (!vocabulary) GTEST_SKIP() << "no World vocabulary (GREYLAG_SHARED)";
  const auto result =
      run_engine({"tokenize", "--vocab", vocabulary->string(), "--text", "User:", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.json()["tokens"], nlohmann::json::parse("[24281,59]"));
  expect_refused({"generate", "--model", model_, "--vocab", vocabulary->string(), "--prompt", "a"},
                 "rwkv_vocab_v20230424.txt");
}

TEST_F(ContractTest, BenchMeasuresEveryBatch) {
  const auto result = run_engine({"bench", "--model", model_, "--prompt", "20", "--tokens", "5",
                                  "--batch", "3,1", "--repeat", "2", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json out = result.json();
  ASSERT_EQ(out["runs"].size(), 2u);
  for (const nlohmann::json& run : out["runs"]) {
    for (const std::string kind : {"prefill", "decode"}) {
      EXPECT_GT(run[kind + "_median_tokens_per_second"], 0);
      EXPECT_GE(run[kind + "_tokens_per_second"], run[kind + "_median_tokens_per_second"]);
    }
    EXPECT_GT(run["bytes_per_token"], 2 * 2 * 64 * 66 * 4);  // the state alone, in and out
    EXPECT_GT(run["bytes_per_second"], 0);
    EXPECT_TRUE(run["roof_share"].is_null());  // so small a model stays in the caches
    EXPECT_FALSE(run.contains("decode_ops"));
  }
  EXPECT_EQ(out["runs"][0]["batch"], 3);
  EXPECT_EQ(out["runs"][1]["batch"], 1);
  EXPECT_LT(out["runs"][0]["bytes_per_token"], out["runs"][1]["bytes_per_token"]);
  for (const char* key :
       {"batch", "prefill_tokens_per_second", "decode_tokens_per_second", "bytes_per_token"}) {
    EXPECT_EQ(out[key], out["runs"][0][key]) << key;  // the first run's
  }
  EXPECT_GT(out["read_bytes_per_second"], 0);
  EXPECT_GT(out["copy_bytes_per_second"], 0);
  EXPECT_GT(out["first_token_ms"], out["load_seconds"].get<double>() * 1e3);
  EXPECT_GT(out["memory_resident_bytes"], 0);
}

TEST_F(ContractTest, BenchShowsWhereTheTimeGoes) {
  const std::vector<std::string> command = {"bench",    "--model", model_,     "--prompt", "20",
                                            "--tokens", "5",       "--repeat", "1",        "--ops"};
  std::vector<std::string> with_json = command;
  with_json.push_back("--json");
  const auto result = run_engine(with_json);
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json run = result.json()["runs"][0];
  for (const char* kind : {"prefill_ops", "decode_ops"}) {
    ASSERT_EQ(run[kind].size(), 10u) << kind;
    for (size_t i = 1; i < run[kind].size(); ++i) {
      EXPECT_LE(run[kind][i]["seconds"], run[kind][i - 1]["seconds"]) << kind;
    }
  }
  for (const nlohmann::json& row : run["decode_ops"]) {
    if (row["op"] == "norm") {
      EXPECT_EQ(row["calls"], 5 * 2);  // of each step's own
    }
  }
  const auto text = run_engine(command);
  ASSERT_EQ(text.code, 0) << text.err;
  for (const char* part : {"batch", "decode tok/s", "of roof", "ffn value", "us/token"}) {
    EXPECT_THAT(text.out, HasSubstr(part));
  }
}

}  // namespace
}  // namespace greylag
