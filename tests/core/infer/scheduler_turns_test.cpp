// SPDX-License-Identifier: Apache-2.0
// More generations than slots: who speaks when, counted in steps, and that nobody's answer changes
// by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/core/infer/scheduler_fixture.h"

namespace greylag {
namespace {

using test::expect_same_answer;
using test::Recorder;

class SchedulerTurnsTest : public test::SchedulerTest {
 protected:
  // Alone on a scheduler of its own.
  std::vector<GenerationEvent> alone(const GenerationRequest& request) {
    Recorder recorder;
    const auto scheduler = make({.slots = 1, .prefill_chunk = 1000});
    EXPECT_TRUE(scheduler->submit(request, recorder.sink()).ok());
    recorder.wait_last();
    return recorder.events();
  }
};

// B reads 4,000 tokens, 4 a step; C comes with 8 and reads 3 of each step's 4.
TEST_F(SchedulerTurnsTest, ShortPromptDoesNotWaitForALongOne) {
  Scheduler* running = nullptr;
  int tokens_of_a = 0;
  bool has_b_spoken = false, has_c_spoken = false;
  std::promise<int> when_c_spoke;
  const GenerationSink b = [&](const GenerationEvent&) { return !(has_b_spoken = true); };
  const GenerationSink c = [&](const GenerationEvent&) {
    EXPECT_FALSE(has_b_spoken);
    has_c_spoken = true;
    when_c_spoke.set_value(tokens_of_a);
    return false;
  };
  const GenerationSink a = [&](const GenerationEvent&) {
    if (++tokens_of_a == 1) {
      EXPECT_TRUE(running->submit(endless(std::string(4'000, 'x')), b).ok());
    }
    if (tokens_of_a == 10) {
      EXPECT_TRUE(running->submit(endless(std::string(8, 'y')), c).ok());
    }
    return !has_c_spoken;
  };
  const auto scheduler = make({.slots = 3, .prefill_chunk = 4});
  running = scheduler.get();
  ASSERT_TRUE(scheduler->submit(endless("a"), a).ok());
  EXPECT_EQ(when_c_spoke.get_future().get(), 10 + 3);
}

TEST_F(SchedulerTurnsTest, LongPromptIsReadAlthoughShortOnesKeepComing) {
  Scheduler* running = nullptr;
  std::atomic<bool> is_read = false;
  int short_ones = 0;
  GenerationSink next;
  const auto submit_next = [&] {
    EXPECT_TRUE(running->submit(greedy(std::string(8, 'y'), 0), next).ok());
  };
  next = [&](const GenerationEvent& event) {  // max_tokens 0: the last event is the only one
    EXPECT_EQ(event.reason, FinishReason::Length);
    if (!is_read && ++short_ones < 10'000) submit_next();
    return false;
  };
  std::promise<int> when_read;
  const auto scheduler = make({.slots = 2, .prefill_chunk = 8});
  running = scheduler.get();
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    EXPECT_TRUE(running
                    ->submit(greedy(std::string(400, 'x'), 1),
                             [&](const GenerationEvent&) {
                               is_read = true;
                               when_read.set_value(short_ones);
                               return false;
                             })
                    .ok());
    submit_next();
  });
  EXPECT_LE(when_read.get_future().get(), 400 / 2);  // two tokens or more beside each short one
}

// Two slots, two answers that never end: a newcomer speaks in the next step.
TEST_F(SchedulerTurnsTest, NewcomerSpeaksAtOnceBesideEndlessAnswers) {
  Scheduler* running = nullptr;
  int tokens_of_a = 0, tokens_of_b = 0;
  std::promise<int> when_c_spoke;
  bool has_c_spoken = false;
  const GenerationSink c = [&](const GenerationEvent&) {
    has_c_spoken = true;
    when_c_spoke.set_value(tokens_of_a + tokens_of_b);
    return false;
  };
  const GenerationSink a = [&](const GenerationEvent&) {
    if (++tokens_of_a == 40) {
      EXPECT_TRUE(running->submit(greedy("hello", 1), c).ok());
    }
    return !has_c_spoken;
  };
  const GenerationSink b = [&](const GenerationEvent&) {
    ++tokens_of_b;
    return !has_c_spoken;
  };
  const auto scheduler = make({.slots = 2});
  running = scheduler.get();
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    EXPECT_TRUE(running->submit(endless("a"), a).ok());
    EXPECT_TRUE(running->submit(endless("b"), b).ok());
  });
  // B's token of the same step, and one of whoever kept its slot.
  EXPECT_LE(when_c_spoke.get_future().get(), 40 + 40 + 1);
}

// Nobody runs longer than a turn of 32 steps while others wait, and everybody gets the same.
TEST_F(SchedulerTurnsTest, EndlessAnswersShareTheSlotsEvenly) {
  constexpr size_t kAnswers = 5;
  std::vector<int> tokens(kAnswers, 0);
  std::promise<std::vector<int>> at_end;
  bool has_ended = false;
  const auto scheduler = make({.slots = 2});
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    for (size_t i = 0; i < kAnswers; ++i) {
      const GenerationSink sink = [&, i](const GenerationEvent&) {
        if (!has_ended && ++tokens[i] == 500) {
          has_ended = true;
          at_end.set_value(tokens);
        }
        return !has_ended;
      };
      EXPECT_TRUE(scheduler->submit(endless("a"), sink).ok());
    }
  });
  for (const int count : at_end.get_future().get()) {
    EXPECT_GE(count, 500 - 2 * 32);
    EXPECT_LE(count, 500);
  }
}

TEST_F(SchedulerTurnsTest, ParkedAnswersAreWhatTheyAreAlone) {
  std::vector<GenerationRequest> requests;
  for (GenerationRequest& request : with_every_extra(lively("the wild goose", 120, 3))) {
    requests.push_back(std::move(request));
  }
  requests.push_back(lively(std::string(3'000, 'x'), 70, 4));  // parked while it reads, too
  std::vector<std::vector<GenerationEvent>> expected;
  for (const GenerationRequest& request : requests) expected.push_back(alone(request));

  std::vector<Recorder> recorders(requests.size());
  const auto scheduler = make({.slots = 2});
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    for (size_t i = 0; i < requests.size(); ++i) {
      EXPECT_TRUE(scheduler->submit(requests[i], recorders[i].sink()).ok());
    }
  });
  for (size_t i = 0; i < requests.size(); ++i) {
    recorders[i].wait_last();
    SCOPED_TRACE(i);
    expect_same_answer(recorders[i].events(), expected[i]);
  }
  EXPECT_EQ(free_slots(*scheduler), 3);
}

// One slot, and a prompt of many turns: who comes later reads and answers in between.
TEST_F(SchedulerTurnsTest, LongPromptMakesWay) {
  std::atomic<bool> has_long_spoken = false;
  Recorder later;
  const auto scheduler = make({.slots = 1, .prefill_chunk = 16});
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    EXPECT_TRUE(scheduler
                    ->submit(greedy(std::string(20'000, 'x'), 1),
                             [&](const GenerationEvent&) { return !(has_long_spoken = true); })
                    .ok());
    EXPECT_TRUE(scheduler->submit(greedy("hello", 3), later.sink()).ok());
  });
  EXPECT_EQ(later.wait_last().completion_tokens, 3);
  EXPECT_FALSE(has_long_spoken);
}

// The slot alternates between two answers; both have been parked before they are cancelled.
TEST_F(SchedulerTurnsTest, CancelReachesAParkedAnswer) {
  Recorder a, b;
  const auto scheduler = make({.slots = 1});
  const Result<uint64_t> first = scheduler->submit(endless("a"), a.sink());
  const Result<uint64_t> second = scheduler->submit(endless("b"), b.sink());
  a.wait_tokens(80);
  b.wait_tokens(80);
  EXPECT_EQ(scheduler->load().running, 1);
  EXPECT_EQ(scheduler->load().waiting, 1);
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    scheduler->cancel(*first);  // together: one of the two is parked
    scheduler->cancel(*second);
  });
  for (Recorder* recorder : {&a, &b}) {
    const GenerationEvent last = recorder->wait_last();
    EXPECT_EQ(last.reason, FinishReason::Cancelled);
    EXPECT_GE(last.completion_tokens, 80);
    EXPECT_GT(last.wait_seconds, 0);
  }
  EXPECT_TRUE(generate(*scheduler, greedy("c", 3)).ok());
  EXPECT_EQ(free_slots(*scheduler), 2);
  EXPECT_EQ(scheduler->load().waiting, 0);
}

TEST_F(SchedulerTurnsTest, DestructorGivesParkedAnswersTheirLastEvent) {
  Recorder a, b, c;
  auto scheduler = make({.slots = 1});
  for (Recorder* recorder : {&a, &b, &c}) {
    ASSERT_TRUE(scheduler->submit(endless("a"), recorder->sink()).ok());
  }
  for (Recorder* recorder : {&a, &b, &c}) recorder->wait_tokens(40);
  scheduler.reset();
  for (Recorder* recorder : {&a, &b, &c}) {
    EXPECT_EQ(recorder->wait_last().reason, FinishReason::Cancelled);
  }
}

TEST_F(SchedulerTurnsTest, AnswerThatCannotBeParkedFailsAndTheOthersGoOn) {
  Recorder failed, later;
  const auto scheduler = make({.slots = 1});
  ASSERT_TRUE(scheduler->submit(endless("a"), failed.sink()).ok());
  failed.wait_tokens(40);
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    device_->failing_downloads = 1;
    EXPECT_TRUE(scheduler->submit(greedy("b", 4), later.sink()).ok());
  });
  EXPECT_EQ(failed.wait_last().reason, FinishReason::Error);
  EXPECT_EQ(later.wait_last().completion_tokens, 4);
  EXPECT_EQ(generate(*scheduler, greedy("c", 3))->tokens.size(), 3u);
  EXPECT_EQ(free_slots(*scheduler), 2);
}

TEST_F(SchedulerTurnsTest, AnswerGoesOnWhenThereIsNoMemoryToParkIt) {
  Recorder kept, later;
  const auto scheduler = make({.slots = 1});
  ASSERT_TRUE(scheduler->submit(endless("a"), kept.sink()).ok());
  kept.wait_tokens(40);
  size_t before = 0;
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    before = kept.count();
    device_->downloads_without_memory = 1;
    EXPECT_TRUE(scheduler
                    ->submit(greedy("b", 1),
                             [&](const GenerationEvent& event) {
                               if (event.token >= 0) before = kept.count() - before;
                               return later.sink()(event);
                             })
                    .ok());
  });
  EXPECT_EQ(later.wait_last().reason, FinishReason::Length);
  EXPECT_EQ(before, 32u) << "one more turn";
}

// One slot; client 1 has six requests, client 2 comes last with one.
TEST_F(SchedulerTurnsTest, ClientWithOneRequestDoesNotWaitForAllOfAnother) {
  std::vector<uint64_t> ended;
  std::promise<void> all;
  const auto scheduler = make({.slots = 1});
  const auto submit = [&](uint64_t client) {
    GenerationRequest request = greedy("hello", 5);
    request.client = client;
    const GenerationSink sink = [&, client](const GenerationEvent& event) {
      if (event.is_last) ended.push_back(client);
      if (ended.size() == 7) all.set_value();
      return true;
    };
    EXPECT_TRUE(scheduler->submit(std::move(request), sink).ok());
  };
  scheduler->run_on_device([&](Rwkv7&, StatePool&, gpu::Device&, gpu::Queue&) {
    for (int i = 0; i < 6; ++i) submit(1);
    submit(2);
  });
  all.get_future().get();
  EXPECT_THAT(ended, testing::ElementsAre(1, 2, 1, 1, 1, 1, 1));
}

TEST_F(SchedulerTurnsTest, OneClientCannotFillTheQueue) {
  Recorder all;
  const auto scheduler = make({.slots = 1, .queue_limit = 4});
  const auto submit = [&](uint64_t client) {
    GenerationRequest request = endless("a");
    request.client = client;
    return scheduler->submit(std::move(request), all.sink());
  };
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(submit(1).ok()) << i;
  const Result<uint64_t> refused = submit(1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::TooManyRequests);
  EXPECT_TRUE(submit(2).ok());
  EXPECT_FALSE(submit(3).ok());
  EXPECT_TRUE(submit(kOwner).ok());
}

// Places for three states: the queue is cut down to what fits.
TEST_F(SchedulerTurnsTest, StatesOfThoseWhoWaitFitIntoTheirMemory) {
  Recorder all;
  uint64_t state_bytes = 0;
  make()->run_on_device([&](Rwkv7&, StatePool& pool, gpu::Device&, gpu::Queue&) {
    state_bytes = pool.bytes_per_slot();
  });
  const auto scheduler = make({.slots = 2, .parked_bytes_limit = 3 * state_bytes});
  for (int i = 0; i < 2 + 3; ++i) EXPECT_TRUE(scheduler->submit(endless("a"), all.sink()).ok());
  EXPECT_FALSE(scheduler->submit(endless("a"), all.sink()).ok());
}

}  // namespace
}  // namespace greylag
