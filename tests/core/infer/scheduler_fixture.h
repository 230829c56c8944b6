// SPDX-License-Identifier: Apache-2.0
// A scheduler on a tiny model, and who listens to it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/infer/scheduler.h"
#include "tests/core/infer/failing_device.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag::test {

// Events of one generation, and a way to wait for them.
class Recorder {
 public:
  GenerationSink sink() {
    return [this](const GenerationEvent& event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(event);
      changed_.notify_all();
      return true;
    };
  }
  GenerationEvent wait_last() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !events_.empty() && events_.back().is_last; });
    return events_.back();
  }
  void wait_tokens(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return events_.size() >= count; });
  }
  std::vector<int32_t> tokens() {
    const std::lock_guard lock(mutex_);
    std::vector<int32_t> tokens;
    for (const GenerationEvent& event : events_) {
      if (event.token >= 0) tokens.push_back(event.token);
    }
    return tokens;
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<GenerationEvent> events_;
};

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    const std::filesystem::path path = dir_ / "tiny.safetensors";
    EXPECT_TRUE(write_tiny_checkpoint(path, {.layers = 2, .width = 64}).ok());
    std::string why;
    device_ = std::make_shared<FailingDevice>(gpu::make_device("cpu", 2, &why));
    weights_ = Weights::load(**open_checkpoint(path), *device_).value();
  }
  std::unique_ptr<Scheduler> make(SchedulerOptions options = {}) {
    return std::make_unique<Scheduler>(weights_, device_, make_byte_tokenizer(), options);
  }
  static GenerationRequest greedy(const std::string& prompt, int64_t max_tokens) {
    GenerationRequest request;
    request.prompt = make_byte_tokenizer()->encode(prompt);
    request.sampler.temperature = 0;
    request.max_tokens = max_tokens;
    request.stop_tokens = {};
    return request;
  }
  // A generation that would run until cancelled.
  static GenerationRequest endless(const std::string& prompt) { return greedy(prompt, 1 << 30); }
  TempDir dir_;
  std::shared_ptr<FailingDevice> device_;
  std::shared_ptr<const Weights> weights_;
};

}  // namespace greylag::test
