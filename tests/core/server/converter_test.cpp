// SPDX-License-Identifier: Apache-2.0
// Does a conversion in the background end in a model that opens, one at a time, and only under
// names and types that make sense?
#include "core/server/converter.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <vector>

#include "core/checkpoint/reader.h"
#include "core/model/config.h"
#include "tests/support/no_threads.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

class ConverterTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = std::make_unique<Home>(Home::open(dir_.path()).value());
    ASSERT_TRUE(test::write_tiny_checkpoint(model(), {.layers = 2, .dtype = gpu::DType::F16}).ok());
    converter_ = std::make_unique<Converter>(*home_, [this](const auto& status) {
      const std::lock_guard lock(mutex_);
      seen_.push_back(status);
      changed_.notify_all();
    });
  }
  std::filesystem::path model() const { return home_->models() / "m.safetensors"; }
  Result<protocol::ConversionStatus> start(const std::string& name, const std::string& type) {
    ModelEntry entry;
    entry.path = model();
    entry.status.id = "m";
    return converter_->start(entry, {.name = name, .type = type});
  }
  protocol::ConversionStatus wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !seen_.empty() && seen_.back().state != "running"; });
    return seen_.back();
  }

  test::TempDir dir_;
  std::unique_ptr<Home> home_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<protocol::ConversionStatus> seen_;
  std::unique_ptr<Converter> converter_;
};

TEST_F(ConverterTest, MakesAModelThatOpens) {
  const auto started = start("m-q8.gguf", "q8_0");
  ASSERT_TRUE(started.ok()) << started.error().message;
  EXPECT_EQ(started->state, "running");
  const protocol::ConversionStatus done = wait();
  EXPECT_EQ(done.state, "done") << done.error;
  EXPECT_EQ(done.id, "m-q8");
  EXPECT_EQ(done.bytes_done, done.bytes_total);
  const auto reader = open_checkpoint(home_->models() / "m-q8.gguf");
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(read_config(**reader).value().dtype, gpu::DType::Q8_0);
  EXPECT_EQ(std::filesystem::file_size(home_->models() / "m-q8.gguf"), done.size_bytes);
  EXPECT_EQ(converter_->status()->state, "done");
  EXPECT_FALSE(converter_->cancel().ok());
}

TEST_F(ConverterTest, RefusesNamesAndTypesBeforeItStarts) {
  EXPECT_EQ(start("m.safetensors", "f16").error().code, ErrorCode::Conflict);  // exists
  EXPECT_EQ(start("../m.gguf", "f16").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(start("m.bin", "f16").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(start("n.gguf", "q9").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(start("n.pth", "q8_0").error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(start("n.gguf", "nf4").error().code, ErrorCode::InvalidArgument);
  EXPECT_FALSE(converter_->status().has_value());
}

#if defined(__GLIBC__)
TEST_F(ConverterTest, NoThreadIsAnErrorAndALaterTryWorks) {
  {
    const test::NoThreads none;
    EXPECT_EQ(start("n.gguf", "q8_0").error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(converter_->status().has_value());
  }
  ASSERT_TRUE(start("n.gguf", "q8_0").ok());
  EXPECT_EQ(wait().state, "done");
}
#endif

}  // namespace
}  // namespace greylag
