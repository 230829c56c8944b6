// SPDX-License-Identifier: Apache-2.0
// A model from file to first words, with adapters and states that come and go while it runs.
#include "core/infer/model_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#if defined(__GLIBC__)
#include <pthread.h>
#endif

#include "tests/core/infer/adapter_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using testing::HasSubstr;

class ModelHostTest : public testing::Test {
 protected:
  Result<std::shared_ptr<ModelHost>> load(const std::filesystem::path& model) {
    std::string why;
    return ModelHost::load({.model = model, .vocabulary = {}}, gpu::make_device("cpu", 1, &why),
                           dir_ / "tokenizers");
  }
  std::shared_ptr<ModelHost> load_tiny(int64_t vocab = 256) {
    EXPECT_TRUE(test::write_tiny_checkpoint(dir_ / "tiny.pth", {.vocab = vocab}).ok());
    auto host = load(dir_ / "tiny.pth");
    EXPECT_TRUE(host.ok()) << (host ? "" : host.error().message);
    return *host;
  }
  static std::vector<int32_t> words(ModelHost& host, const ModelHost::Extra& extra) {
    GenerationRequest request;
    request.prompt = host.tokenizer().encode("hello");
    request.sampler.temperature = 0;
    request.max_tokens = 12;
    request.stop_tokens = {};
    request.adapter = extra.adapter;
    request.state = extra.state;
    return generate(host.scheduler(), request)->tokens;
  }
  test::TempDir dir_;
};

TEST_F(ModelHostTest, IsNamedAfterItsFile) {
  const auto host = load_tiny();
  EXPECT_EQ(host->id(), "tiny");
  EXPECT_EQ(host->config().vocab, 256);
  EXPECT_EQ(host->tokenizer().kind(), "byte");
  EXPECT_EQ(host->weight_bytes(), static_cast<uint64_t>(host->config().parameters) * 4);
}

TEST_F(ModelHostTest, ErrorsNameTheFile) {
  const auto missing = load(dir_ / "gone.pth");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_THAT(missing.error().message, HasSubstr("gone.pth"));
  std::ofstream(dir_ / "text.pth") << "not a model";
  const auto text = load(dir_ / "text.pth");
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::BadFile);
  EXPECT_THAT(text.error().message, HasSubstr("text.pth"));
}

TEST_F(ModelHostTest, ModelWithoutKnownVocabularyIsRefused) {
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "odd.pth", {.vocab = 300}).ok());
  const auto odd = load(dir_ / "odd.pth");
  ASSERT_FALSE(odd.ok());
  EXPECT_THAT(odd.error().message, HasSubstr("300"));
}

TEST_F(ModelHostTest, LoadingCanBeCancelled) {
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "tiny.pth").ok());
  std::string why;
  uint64_t largest = 0;
  const auto host = ModelHost::load({.model = dir_ / "tiny.pth", .vocabulary = {}},
                                    gpu::make_device("cpu", 1, &why), dir_ / "tokenizers", {},
                                    [&](uint64_t done, uint64_t total) {
                                      EXPECT_LE(done, total);
                                      largest = done;
                                      return done < total / 2;
                                    });
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().code, ErrorCode::Cancelled);
  EXPECT_GT(largest, 0u);
}

#if defined(__GLIBC__)
// A thread whose stack nobody can map, as where a container's limit is met: EAGAIN.
TEST_F(ModelHostTest, ThreadThatCannotStartIsAnError) {
  ASSERT_TRUE(test::write_tiny_checkpoint(dir_ / "tiny.pth").ok());
  pthread_attr_t usual, impossible;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_getattr_default_np(&impossible), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&impossible, size_t{1} << 60), 0);
  ASSERT_EQ(pthread_setattr_default_np(&impossible), 0);
  const auto host = load(dir_ / "tiny.pth");
  ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
  ASSERT_FALSE(host.ok());
  EXPECT_THAT(host.error().message, HasSubstr("tiny.pth: the machine lets no more threads be"));
  EXPECT_TRUE(load(dir_ / "tiny.pth").ok());
}
#endif

TEST_F(ModelHostTest, AdaptersAndStatesWorkPerRequestWithoutRestart) {
  const auto host = load_tiny();
  const std::vector<int32_t> base = words(*host, {});
  const Config& config = host->config();
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config, test::make_lora(config, 4, 64, 1)).ok());
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config, test::make_tuned_state(config)).ok());
  const auto adapter = host->extra(dir_ / "a.safetensors");
  const auto state = host->extra(dir_ / "s.safetensors");
  ASSERT_TRUE(adapter.ok() && state.ok());
  EXPECT_NE(adapter->adapter, nullptr);
  EXPECT_NE(state->state, nullptr);
  EXPECT_NE(words(*host, *adapter), base);
  EXPECT_NE(words(*host, *state), base);
  EXPECT_EQ(words(*host, {}), base);
  EXPECT_EQ(host->extra(dir_ / "a.safetensors")->adapter, adapter->adapter);
}

TEST_F(ModelHostTest, ChangedFileIsReadAgain) {
  const auto host = load_tiny();
  const Config& config = host->config();
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config, test::make_lora(config, 4, 8, 1)).ok());
  const auto before = host->extra(dir_ / "a.safetensors");
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config, test::make_lora(config, 2, 8, 2)).ok());
  const auto after = host->extra(dir_ / "a.safetensors");
  ASSERT_TRUE(before.ok() && after.ok());
  EXPECT_EQ(before->adapter->layers[0][0].a.shape()[0], 4);  // still alive for those who hold it
  EXPECT_EQ(after->adapter->layers[0][0].a.shape()[0], 2);
}

TEST_F(ModelHostTest, ExtrasMayOutliveTheHost) {
  auto host = load_tiny();
  const Config config = host->config();
  ASSERT_TRUE(save_adapter(dir_ / "a.safetensors", config, test::make_lora(config, 4, 8, 1)).ok());
  const auto adapter = host->extra(dir_ / "a.safetensors");
  ASSERT_TRUE(adapter.ok());
  host.reset();
  EXPECT_EQ(adapter->adapter->layers.size(), 2u);
}

TEST_F(ModelHostTest, ModelWithATunedStateInItStartsThere) {
  const auto plain = load_tiny();
  const Config& config = plain->config();
  ASSERT_TRUE(save_adapter(dir_ / "s.safetensors", config, test::make_tuned_state(config)).ok());
  ASSERT_TRUE(
      merge_adapter(dir_ / "tiny.pth", dir_ / "s.safetensors", dir_ / "merged.safetensors").ok());
  const auto merged = load(dir_ / "merged.safetensors");
  ASSERT_TRUE(merged.ok()) << merged.error().message;
  EXPECT_EQ(words(**merged, {}), words(*plain, *plain->extra(dir_ / "s.safetensors")));
  EXPECT_NE(words(**merged, {}), words(*plain, {}));
}

}  // namespace
}  // namespace greylag
