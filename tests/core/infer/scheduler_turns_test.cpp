// SPDX-License-Identifier: Apache-2.0
// Who speaks when, counted in steps.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/core/infer/scheduler_fixture.h"

namespace greylag {
namespace {

class SchedulerTurnsTest : public test::SchedulerTest {};

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

}  // namespace
}  // namespace greylag
