// SPDX-License-Identifier: Apache-2.0
// convert and quantize as a user sees them: results, refusals, and a kill in the middle.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "core/base/file.h"
#include "core/checkpoint/reader.h"
#include "tests/core/cli/engine_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

namespace fs = std::filesystem;
using test::run_engine;
using testing::HasSubstr;

class ConvertCommandTest : public testing::Test {
 protected:
  ConvertCommandTest() {
    EXPECT_TRUE(test::write_tiny_checkpoint(model_, {.width = 256, .dtype = gpu::DType::F16}));
  }
  void expect_refused(std::vector<std::string> arguments, const std::string& part, int code = 1) {
    const test::ProcessResult plain = run_engine(arguments);
    EXPECT_EQ(plain.code, code) << plain.err;
    EXPECT_EQ(plain.out, "");
    EXPECT_THAT(plain.err, HasSubstr(part));
    EXPECT_EQ(std::ranges::count(plain.err, '\n'), 1) << plain.err;
    arguments.push_back("--json");
    const test::ProcessResult json = run_engine(arguments);
    EXPECT_EQ(json.code, code);
    EXPECT_THAT(json.json()["error"]["message"].get<std::string>(), HasSubstr(part));
  }
  std::string path(const char* name) const { return (dir_ / name).string(); }
  static std::string bytes(const std::string& file) {
    return read_text_file(file, 1 << 30).value();
  }

  test::TempDir dir_;
  const std::string model_ = path("tiny.safetensors");
};

TEST_F(ConvertCommandTest, SaysWhatItDidAsOneJsonValue) {
  const auto result = run_engine({"convert", model_, path("q.gguf"), "--type", "Q4_K_M", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json out = result.json();
  EXPECT_EQ(out["in"], model_);
  EXPECT_EQ(out["out"], path("q.gguf"));
  EXPECT_EQ(out["format"], "gguf");
  EXPECT_EQ(out["type"], "q4_k");
  EXPECT_GT(out["tensors"], 50);
  EXPECT_EQ(out["bytes_in"], fs::file_size(model_));
  EXPECT_EQ(out["bytes_out"], fs::file_size(path("q.gguf")));
  EXPECT_EQ(out["kept_bytes"], 0);
  EXPECT_GT(out["gb_per_s"], 0);
  EXPECT_GT(out["peak_memory_bytes"], 1 << 20);
  EXPECT_TRUE(out["fallbacks"].is_array() && out["fallbacks"].empty());
  EXPECT_FALSE(out.contains("report"));
  const auto reader = open_checkpoint(path("q.gguf"));
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_EQ((*reader)->find("head.weight")->dtype, gpu::DType::Q6_K);
  EXPECT_EQ((*reader)->token_table().size(), 256u);
}

TEST_F(ConvertCommandTest, QuantizeIsConvertWithAType) {
  ASSERT_EQ(run_engine({"convert", model_, path("a.safetensors"), "--type", "q8_0"}).code, 0);
  const auto result = run_engine({"quantize", model_, path("b.safetensors"), "--type", "q8_0"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("b.safetensors: 69 tensors as q8_0"));
  EXPECT_EQ(bytes(path("a.safetensors")), bytes(path("b.safetensors")));
  EXPECT_EQ(run_engine({"quantize", model_, path("c.safetensors")}).code, 2);
}

TEST_F(ConvertCommandTest, WithoutATypeTheTypeIsNull) {
  const auto result = run_engine({"convert", model_, path("a.pth"), "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_TRUE(result.json()["type"].is_null());
  EXPECT_EQ(run_engine({"inspect", path("a.pth"), "--json"}).json()["dtype"], "f16");
}

TEST_F(ConvertCommandTest, FallbacksAreReported) {
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "narrow.pth"));
  const auto json =
      run_engine({"convert", path("narrow.pth"), path("a.gguf"), "--type", "q4_k", "--json"});
  ASSERT_EQ(json.code, 0) << json.err;
  const nlohmann::json fallbacks = json.json()["fallbacks"];
  ASSERT_EQ(fallbacks.size(), 12u);
  EXPECT_EQ(fallbacks[0]["tensor"], "emb.weight");
  EXPECT_EQ(fallbacks[0]["wanted"], "q4_k");
  EXPECT_EQ(fallbacks[0]["got"], "q8_0");
  EXPECT_NE(fallbacks[0]["reason"], "");
  const auto plain = run_engine({"convert", path("narrow.pth"), path("a.gguf"), "--type", "q4_k"});
  EXPECT_THAT(plain.out, HasSubstr("emb.weight and 10 more became q8_0 instead of q4_k"));
  EXPECT_THAT(plain.out, HasSubstr("head.weight became q8_0 instead of q6_k"));
}

TEST_F(ConvertCommandTest, RefusesInOneLine) {
  expect_refused({"convert", model_, model_}, "must not replace its own input");
  expect_refused({"convert", model_, path("a.bin")}, ".pth, .safetensors or .gguf");
  expect_refused({"quantize", model_, path("a.pth"), "--type", "q4_k"}, ".gguf or .safetensors");
  expect_refused({"quantize", model_, path("a.gguf"), "--type", "nf4"}, ".safetensors");
  expect_refused({"convert", path("gone.pth"), path("a.pth")}, "gone.pth");
  expect_refused({"convert", model_, path("no/a.pth")}, "there is no folder");
  expect_refused({"convert", model_, path("a.gguf"), "--vocab", path("gone.txt")}, "gone.txt");
  expect_refused({"convert", model_, path("a.pth"), "--report", path("gone.txt")}, "gone.txt");
  expect_refused({"quantize", model_, path("a.gguf"), "--type", "q3_k"},
                 "f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k, int8, nf4", 2);
  EXPECT_EQ(run_engine({"convert", model_}).code, 2);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), {}), 1);
}

TEST_F(ConvertCommandTest, ReportComparesWithTheSource) {
  std::ofstream(dir_ / "text.txt") << "The geese are on the lake, and the lake is wide.";
  const auto result = run_engine({"quantize", model_, path("q.gguf"), "--type", "q8_0", "--report",
                                  path("text.txt"), "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const nlohmann::json report = result.json()["report"];
  EXPECT_EQ(report["positions"], 47);
  EXPECT_GT(report["mean_kl"], 0);
  EXPECT_LT(report["mean_kl"], 0.01);
  EXPECT_GT(report["perplexity"], 1);
}

TEST_F(ConvertCommandTest, AModelWithoutVocabularyIsConvertedWithANote) {
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "odd.pth", {.vocab = 100}));
  const auto result = run_engine({"convert", path("odd.pth"), path("odd.gguf")});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("note: the .gguf gets no vocabulary"));
}

// Starts the engine and kills it as soon as `sign` exists; whether it was still running.
bool kill_when(const std::vector<std::string>& arguments, const fs::path& sign) {
  const char* bin = std::getenv("GREYLAG_BIN");
  const std::string program = (fs::path(bin ? bin : "bin") / "greylag-engine").string();
  std::vector<char*> argv{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  int status = 0;
  while (!fs::exists(sign)) {
    if (waitpid(child, &status, WNOHANG) == child) return false;
    std::this_thread::yield();
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return WIFSIGNALED(status);
}

TEST_F(ConvertCommandTest, GoesOnAfterAKill) {
  // The result has 84 MB, of which 64 MiB are flushed first.
  const std::string large = path("large.pth");
  ASSERT_TRUE(test::write_tiny_checkpoint(
      large, {.layers = 4, .width = 512, .vocab = 8192, .dtype = gpu::DType::BF16}));
  const std::vector<std::string> undisturbed = {"convert", large,       path("a.pth"), "--type",
                                                "f32",     "--threads", "1",           "--json"};
  ASSERT_EQ(run_engine(undisturbed).code, 0);
  const std::vector<std::string> disturbed = {"convert", large,       path("b.pth"), "--type",
                                              "f32",     "--threads", "1",           "--json"};
  ASSERT_TRUE(kill_when(disturbed, dir_ / ".b.pth.part.json"));
  EXPECT_FALSE(fs::exists(path("b.pth")));
  const auto result = run_engine(disturbed);
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("going on with what an earlier run wrote"));
  EXPECT_GT(result.json()["kept_bytes"], 60 << 20);
  EXPECT_TRUE(bytes(path("a.pth")) == bytes(path("b.pth")));
}

}  // namespace
}  // namespace greylag
