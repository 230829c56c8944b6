// SPDX-License-Identifier: Apache-2.0
// Several generations at once: each as if it were alone, each ended in its own way.
#include "core/infer/scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "tests/core/infer/scheduler_fixture.h"

namespace greylag {
namespace {

using test::Recorder;
using test::SchedulerTest;

TEST_F(SchedulerTest, ManyAtOnceSayWhatEachSaysAlone) {
  const std::vector<std::string> prompts = {"a", "the wild goose", std::string(300, 'x'), "in",
                                            "a long way from home"};
  const auto scheduler = make({.slots = 3, .prefill_chunk = 16});
  std::vector<Recorder> recorders(prompts.size());
  for (size_t i = 0; i < prompts.size(); ++i) {
    ASSERT_TRUE(scheduler->submit(greedy(prompts[i], 20), recorders[i].sink()).ok());
  }
  for (size_t i = 0; i < prompts.size(); ++i) {
    const GenerationEvent last = recorders[i].wait_last();
    EXPECT_EQ(last.reason, FinishReason::Length);
    EXPECT_EQ(last.prompt_tokens, static_cast<int64_t>(prompts[i].size()));
    EXPECT_EQ(last.completion_tokens, 20);
    const auto alone = generate(*make({.prefill_chunk = 1000}), greedy(prompts[i], 20));
    ASSERT_TRUE(alone.ok());
    EXPECT_EQ(recorders[i].tokens(), alone->tokens) << prompts[i];
  }
  EXPECT_EQ(scheduler->load().tokens_generated, 100u);
}

// Counted in steps, on the device thread: B is submitted while A hears its third token, so it reads
// from the fourth step on, 4 of its 40 prompt tokens in each.
TEST_F(SchedulerTest, LongPromptCostsTheOthersNoToken) {
  Scheduler* running = nullptr;
  int tokens_of_a = 0;
  std::promise<int> when_b_spoke;
  bool has_b_spoken = false;
  const GenerationSink b = [&](const GenerationEvent& event) {
    EXPECT_EQ(event.prompt_tokens, 40);
    has_b_spoken = true;
    when_b_spoke.set_value(tokens_of_a);
    return false;
  };
  const GenerationSink a = [&](const GenerationEvent&) {
    if (++tokens_of_a == 3) {
      EXPECT_TRUE(running->submit(endless(std::string(40, 'x')), b).ok());
    }
    return !has_b_spoken;
  };
  const auto scheduler = make({.slots = 2, .prefill_chunk = 4});  // ends before its sinks
  running = scheduler.get();
  ASSERT_TRUE(scheduler->submit(endless("a"), a).ok());
  EXPECT_EQ(when_b_spoke.get_future().get(), 3 + 40 / 4);  // one token in each of B's ten steps
}

// Two that read share the chunk, so that a step never grows with the number of readers: of four
// tokens each has one as its even share, and the rest goes to whoever has least left.
TEST_F(SchedulerTest, ReadersShareTheChunk) {
  Scheduler* running = nullptr;
  int tokens_of_a = 0;
  std::promise<void> end;
  std::vector<std::pair<char, int>> spoken;  // who, and A's tokens by then
  const auto reader = [&](char name) {
    return [&, name](const GenerationEvent&) {
      spoken.emplace_back(name, tokens_of_a);
      if (spoken.size() == 2) end.set_value();
      return false;
    };
  };
  const GenerationSink a = [&](const GenerationEvent&) {
    if (++tokens_of_a == 1) {
      EXPECT_TRUE(running->submit(endless(std::string(20, 'x')), reader('b')).ok());
      EXPECT_TRUE(running->submit(endless(std::string(20, 'x')), reader('c')).ok());
    }
    return spoken.size() < 2;
  };
  const auto scheduler = make({.slots = 3, .prefill_chunk = 4});
  running = scheduler.get();
  ASSERT_TRUE(scheduler->submit(endless("a"), a).ok());
  end.get_future().get();
  EXPECT_THAT(spoken, testing::ElementsAre(std::pair('b', 1 + 7), std::pair('c', 1 + 40 / 4)));
}

// A model whose bytes a test can count: one byte a second is what "this machine" reads.
TEST_F(SchedulerTest, TrafficIsTheBytesOfDecodeStepsForAllInThem) {
  const auto roof = std::make_shared<Roof>(MemoryBandwidth{.read = 1, .copy = 1}, 0);
  uint64_t state = 0;
  const auto scheduler = make({.slots = 2, .prefill_chunk = 4, .roof = roof});
  scheduler->run_on_device(
      [&](Rwkv7&, StatePool& pool, gpu::Device&, gpu::Queue&) { state = pool.bytes_per_slot(); });
  const StepBytes bytes = step_bytes(*weights_, state);
  const auto alone = generate(*scheduler, greedy(std::string(40, 'x'), 6));
  // The first token came with the prompt; the last step ends after its event.
  EXPECT_EQ(alone->last.traffic.steps, 4);
  EXPECT_EQ(alone->last.traffic.bytes, 4.0 * static_cast<double>(bytes.of(1)));
  EXPECT_GT(alone->last.traffic.seconds, 0);
  EXPECT_LT(alone->last.traffic.seconds, alone->last.decode_seconds * 1.001 + 1e-3);
  EXPECT_EQ(scheduler->roof_share(alone->last.traffic), 1.0);
  EXPECT_FALSE(scheduler->roof_share({}).has_value());
  EXPECT_FALSE(make()->roof_share(alone->last.traffic).has_value());
}

TEST_F(SchedulerTest, TrafficCountsNeighboursAndLeavesOutTheirReading) {
  Scheduler* running = nullptr;
  Traffic when_b_spoke, at_end;
  std::promise<void> end;
  int tokens_of_a = 0, tokens_of_b = 0;
  const GenerationSink b = [&](const GenerationEvent&) { return ++tokens_of_b < 4; };
  const GenerationSink a = [&](const GenerationEvent& event) {
    if (event.is_last) return false;
    if (++tokens_of_a == 3) {
      EXPECT_TRUE(running->submit(endless(std::string(40, 'x')), b).ok());
    }
    if (tokens_of_a == 3 + 40 / 4 + 1) when_b_spoke = event.traffic;
    if (tokens_of_a == 3 + 40 / 4 + 4) {
      at_end = event.traffic;
      end.set_value();
      return false;
    }
    return true;
  };
  uint64_t state = 0;
  const auto scheduler = make({.slots = 2, .prefill_chunk = 4});
  running = scheduler.get();
  running->run_on_device(
      [&](Rwkv7&, StatePool& pool, gpu::Device&, gpu::Queue&) { state = pool.bytes_per_slot(); });
  const StepBytes bytes = step_bytes(*weights_, state);
  ASSERT_TRUE(scheduler->submit(endless("a"), a).ok());
  end.get_future().get();
  // A's second and third token came alone; B's ten reading steps do not count.
  EXPECT_EQ(when_b_spoke.steps, 2);
  EXPECT_EQ(when_b_spoke.bytes, 2.0 * static_cast<double>(bytes.of(1)));
  // Then three steps of both; A's event comes before the fourth is over.
  EXPECT_EQ(at_end.steps, 2 + 3);
  EXPECT_EQ(at_end.bytes, static_cast<double>(2 * bytes.of(1) + 3 * bytes.of(2)));
}

TEST_F(SchedulerTest, CancelEndsOneAndSparesTheOther) {
  const auto scheduler = make();
  Recorder kept, cancelled;
  ASSERT_TRUE(scheduler->submit(greedy("keep", 40), kept.sink()).ok());
  const Result<uint64_t> id = scheduler->submit(endless("cancel"), cancelled.sink());
  cancelled.wait_tokens(3);
  scheduler->cancel(*id);
  EXPECT_EQ(cancelled.wait_last().reason, FinishReason::Cancelled);
  EXPECT_EQ(kept.wait_last().completion_tokens, 40);
}

TEST_F(SchedulerTest, CancelReachesAWaitingGeneration) {
  const auto scheduler = make({.slots = 1});
  Recorder running, waiting;
  const Result<uint64_t> first = scheduler->submit(endless("run"), running.sink());
  running.wait_tokens(1);
  const Result<uint64_t> second = scheduler->submit(endless("wait"), waiting.sink());
  scheduler->cancel(*second);
  const GenerationEvent last = waiting.wait_last();
  EXPECT_EQ(last.reason, FinishReason::Cancelled);
  EXPECT_EQ(last.completion_tokens, 0);
  scheduler->cancel(*first);
  running.wait_last();
}

TEST_F(SchedulerTest, FullQueueRefuses) {
  Recorder a, b, c;  // outlive the scheduler
  const auto scheduler = make({.slots = 1, .queue_limit = 1});
  ASSERT_TRUE(scheduler->submit(endless("a"), a.sink()).ok());
  a.wait_tokens(1);
  ASSERT_TRUE(scheduler->submit(endless("b"), b.sink()).ok());
  const Result<uint64_t> third = scheduler->submit(endless("c"), c.sink());
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code, ErrorCode::TooManyRequests);
  EXPECT_EQ(scheduler->load().running, 1);
  EXPECT_EQ(scheduler->load().waiting, 1);
}

TEST_F(SchedulerTest, DestructorGivesEveryOneItsLastEvent) {
  Recorder running, waiting;
  auto scheduler = make({.slots = 1});
  ASSERT_TRUE(scheduler->submit(endless("a"), running.sink()).ok());
  running.wait_tokens(2);
  ASSERT_TRUE(scheduler->submit(endless("b"), waiting.sink()).ok());
  scheduler.reset();
  EXPECT_EQ(running.wait_last().reason, FinishReason::Cancelled);
  EXPECT_EQ(waiting.wait_last().reason, FinishReason::Cancelled);
}

TEST_F(SchedulerTest, SinkThatReturnsFalseOrThrowsHearsNothingMore) {
  const auto scheduler = make();
  std::atomic<int> refusals = 0, throws = 0;
  ASSERT_TRUE(scheduler
                  ->submit(endless("a"),
                           [&](const GenerationEvent&) {
                             ++refusals;
                             return false;
                           })
                  .ok());
  ASSERT_TRUE(scheduler
                  ->submit(endless("b"),
                           [&](const GenerationEvent&) -> bool {
                             ++throws;
                             throw std::runtime_error("the other side is gone");
                           })
                  .ok());
  const auto other = generate(*scheduler, greedy("c", 10));
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->tokens.size(), 10u);
  EXPECT_EQ(refusals, 1);
  EXPECT_EQ(throws, 1);
  EXPECT_EQ(scheduler->load().waiting, 0);
}

TEST_F(SchedulerTest, FailingStepEndsItsGenerationsNotTheProcess) {
  const auto scheduler = make();
  device_->is_failing = true;  // the first step must grow its buffers
  const auto failed = generate(*scheduler, greedy("abc", 5));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::NoSpace);
  device_->is_failing = false;
  EXPECT_TRUE(generate(*scheduler, greedy("abc", 5)).ok());
}

TEST_F(SchedulerTest, DecodingAllocatesNothingOnTheDevice) {
  const auto scheduler = make();
  ASSERT_TRUE(generate(*scheduler, greedy("warm up with a prompt", 2)).ok());
  const int before = device_->allocations;
  ASSERT_TRUE(generate(*scheduler, greedy("a prompt as long as 1", 30)).ok());
  EXPECT_EQ(device_->allocations, before);
}

TEST_F(SchedulerTest, StopTokenAndStopTextEndTheAnswerUnseen) {
  const auto scheduler = make();
  const std::vector<int32_t> drawn = generate(*scheduler, greedy("hello", 12))->tokens;
  GenerationRequest by_token = greedy("hello", 12);
  by_token.stop_tokens = {drawn[4]};
  const auto first = std::ranges::find(drawn, drawn[4]);
  const auto stopped = generate(*scheduler, by_token);
  EXPECT_EQ(stopped->reason, FinishReason::Stop);
  EXPECT_EQ(stopped->tokens, std::vector<int32_t>(drawn.begin(), first));

  const std::string text = generate(*scheduler, greedy("hello", 12))->text;
  GenerationRequest by_text = greedy("hello", 12);
  by_text.stops = {text.substr(text.size() / 2)};
  const auto cut = generate(*scheduler, by_text);
  EXPECT_EQ(cut->reason, FinishReason::Stop);
  EXPECT_EQ(cut->text, text.substr(0, text.find(by_text.stops[0])));
}

TEST_F(SchedulerTest, ZeroTokensIsLengthAtOnce) {
  const auto result = generate(*make(), greedy("abc", 0));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->reason, FinishReason::Length);
  EXPECT_TRUE(result->tokens.empty());
  EXPECT_EQ(result->last.prompt_tokens, 3);
}

TEST_F(SchedulerTest, SeedsMakeSamplingRepeatable) {
  const auto scheduler = make();
  GenerationRequest request = greedy("abc", 30);
  request.sampler.temperature = 1.5;
  request.sampler.top_p = 1.0;
  request.sampler.top_k = 0;
  request.sampler.seed = 7;
  const auto first = generate(*scheduler, request)->tokens;
  EXPECT_EQ(generate(*scheduler, request)->tokens, first);
  request.sampler.seed = 8;
  EXPECT_NE(generate(*scheduler, request)->tokens, first);
}

TEST_F(SchedulerTest, StartStateStandsForThePromptItRead) {
  const auto scheduler = make();
  auto state = std::make_shared<HostState>();
  scheduler->run_on_device([&](Rwkv7& model, StatePool& pool, gpu::Device&, gpu::Queue&) {
    const Result<StateSlot> slot = pool.take();
    Batch batch;
    batch.add(make_byte_tokenizer()->encode("the wild "), slot->index(), nullptr, false);
    ASSERT_TRUE(model.forward(batch, pool, {}).ok());
    *state = pool.download(*slot);
  });
  GenerationRequest request = greedy("goose", 10);
  request.state = state;
  EXPECT_EQ(generate(*scheduler, request)->tokens,
            generate(*scheduler, greedy("the wild goose", 10))->tokens);
}

TEST_F(SchedulerTest, RefusesWhatCannotRun) {
  const auto scheduler = make();
  Recorder recorder;
  const auto refusal = [&](GenerationRequest request) {
    const Result<uint64_t> id = scheduler->submit(std::move(request), recorder.sink());
    EXPECT_FALSE(id.ok());
    return id ? ErrorCode::Internal : id.error().code;
  };
  EXPECT_EQ(refusal(greedy("", 5)), ErrorCode::InvalidArgument);
  GenerationRequest request = greedy("a", 5);
  request.prompt = {256};
  EXPECT_EQ(refusal(request), ErrorCode::InvalidArgument);
  request = greedy("a", 5);
  request.adapter = std::make_shared<AdapterWeights>();
  EXPECT_EQ(refusal(request), ErrorCode::InvalidArgument);
  request = greedy("a", 5);
  request.state = std::make_shared<HostState>();
  EXPECT_EQ(refusal(request), ErrorCode::InvalidArgument);
  EXPECT_EQ(recorder.count(), 0u);
}

TEST_F(SchedulerTest, WorkOnTheDeviceThreadReportsItsException) {
  const auto scheduler = make();
  EXPECT_THROW(scheduler->run_on_device([](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    throw std::runtime_error("no");
  }),
               std::runtime_error);
  EXPECT_TRUE(generate(*scheduler, greedy("a", 2)).ok());
}

TEST_F(SchedulerTest, CallersVerdictCancels) {
  const auto scheduler = make();
  int seen = 0;
  const auto result =
      generate(*scheduler, endless("abc"), [&](const GenerationEvent&) { return ++seen < 4; });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->reason, FinishReason::Cancelled);
  EXPECT_EQ(result->tokens.size(), 4u);
}

TEST_F(SchedulerTest, GenerationsWithAndWithoutCoresDoNotMeet) {
  const std::filesystem::path path = dir_ / "core.safetensors";
  ASSERT_TRUE(test::write_tiny_core(path, {.base = weights_->config}).ok());
  const auto load = [&] { return HrmWeights::load(**open_checkpoint(path), "", *device_).value(); };
  std::weak_ptr<const HrmWeights> watched;
  const auto scheduler = make({.slots = 4});
  {
    const auto core = load(), same = load();
    watched = core;
    std::vector<GenerationRequest> requests(5, greedy("reason", 12));
    requests[1].core = core;
    requests[2].core = core;
    requests[2].core_use.effort = 1;
    requests[3].core = same;
    requests[4].core = core;
    requests[4].core_use.strength = 0;
    std::vector<std::vector<int32_t>> alone;
    for (const GenerationRequest& request : requests) {
      alone.push_back(generate(*scheduler, request).value().tokens);
    }
    EXPECT_NE(alone[1], alone[0]);
    EXPECT_EQ(alone[3], alone[1]);
    EXPECT_EQ(alone[4], alone[0]);
    std::vector<Recorder> recorders(requests.size());
    for (size_t i = 0; i < requests.size(); ++i) {
      ASSERT_TRUE(scheduler->submit(requests[i], recorders[i].sink()).ok());
    }
    for (size_t i = 0; i < requests.size(); ++i) {
      recorders[i].wait_last();
      EXPECT_EQ(recorders[i].tokens(), alone[i]) << i;
    }
  }
  generate(*scheduler, greedy("later", 1)).value();
  EXPECT_TRUE(watched.expired()) << "a core that nobody holds is given back";

  GenerationRequest request = greedy("x", 1);
  Config other = weights_->config;
  other.width = 128;
  ASSERT_TRUE(test::write_tiny_core(path, {.base = other}).ok());
  request.core = load();
  EXPECT_EQ(scheduler->submit(request, Recorder().sink()).error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace greylag
