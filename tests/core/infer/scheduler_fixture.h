// SPDX-License-Identifier: Apache-2.0
// A scheduler on a tiny model, and who listens to it.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/infer/scheduler.h"
#include "tests/core/infer/adapter_files.h"
#include "tests/core/infer/failing_device.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"
#include "tests/support/tiny_core.h"

namespace greylag::test {

// Events of one generation, or of one choice of it, and a way to wait for them.
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
  std::vector<GenerationEvent> events() {
    const std::lock_guard lock(mutex_);
    return events_;
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
  // Everything that a session keeps beside its state is at work: penalties, random numbers, a stop
  // that never comes, UTF-8 (any byte can be drawn), log probabilities.
  static GenerationRequest lively(const std::string& prompt, int64_t max_tokens, uint64_t seed) {
    GenerationRequest request = greedy(prompt, max_tokens);
    request.sampler.temperature = 1.2;
    request.sampler.top_p = 0.9;
    request.sampler.presence_penalty = 0.5;
    request.sampler.frequency_penalty = 0.3;
    request.sampler.seed = seed;
    request.stops = {"no such text"};
    request.top_log_probabilities = 2;
    return request;
  }
  // A request for each thing that a state can be under, `request` first.
  std::vector<GenerationRequest> with_every_extra(const GenerationRequest& request) {
    std::vector<GenerationRequest> all(5, request);
    const std::filesystem::path path = dir_ / "core.safetensors";
    EXPECT_TRUE(write_tiny_core(path, {.base = weights_->config}).ok());
    const auto queue = device_->make_queue();
    const Config& config = weights_->config;
    all[1].adapter = upload_adapter(make_lora(config, 4, 8, 1), config, *device_, *queue);
    auto state = std::make_shared<HostState>();
    state->att_shift.resize(static_cast<size_t>(config.layers * config.width));
    state->ffn_shift = state->att_shift;
    state->wkv = make_tuned_state(config).time_state;
    all[2].state = state;
    all[3].core = HrmWeights::load(**open_checkpoint(path), "", *device_).value();
    all[4].core = all[3].core;
    all[4].adapter = all[1].adapter;
    all[4].state = state;
    return all;
  }
  static int32_t free_slots(Scheduler& scheduler) {
    int32_t free = 0;
    scheduler.run_on_device(
        [&](Rwkv7&, StatePool& pool, gpu::Device&, gpu::Queue&) { free = pool.free_slots(); });
    return free;
  }

  TempDir dir_;
  std::shared_ptr<FailingDevice> device_;
  std::shared_ptr<const Weights> weights_;
};

// The drawn tokens, what was said about them, and the shown text are the same, bit for bit.
inline void expect_same_answer(const std::vector<GenerationEvent>& one,
                               const std::vector<GenerationEvent>& other) {
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(one[i].token, other[i].token) << i;
    EXPECT_EQ(one[i].text, other[i].text) << i;
    EXPECT_EQ(one[i].log_probability, other[i].log_probability) << i;
    EXPECT_EQ(one[i].is_last, other[i].is_last) << i;
    EXPECT_EQ(one[i].prompt_tokens, other[i].prompt_tokens) << i;
    EXPECT_EQ(one[i].completion_tokens, other[i].completion_tokens) << i;
    ASSERT_EQ(one[i].top.size(), other[i].top.size()) << i;
    for (size_t k = 0; k < one[i].top.size(); ++k) {
      EXPECT_EQ(one[i].top[k].token, other[i].top[k].token) << i;
      EXPECT_EQ(one[i].top[k].log_probability, other[i].top[k].log_probability) << i;
    }
  }
  EXPECT_EQ(one.back().reason, other.back().reason);
}

}  // namespace greylag::test
