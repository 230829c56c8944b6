// SPDX-License-Identifier: Apache-2.0
// Several answers to one prompt: read once, then each as if it had been asked for alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/core/infer/scheduler_fixture.h"

namespace greylag {
namespace {

using test::expect_same_answer;
using test::Recorder;

class SchedulerChoicesTest : public test::SchedulerTest {
 protected:
  static GenerationSink each(std::vector<Recorder>& recorders) {
    return [&recorders](const GenerationEvent& event) {
      return recorders[static_cast<size_t>(event.choice)].sink()(event);
    };
  }
};

TEST_F(SchedulerChoicesTest, EachChoiceIsWhatARequestOfItsOwnWouldBe) {
  constexpr int32_t kChoices = 5;
  for (const GenerationRequest& request : with_every_extra(lively("the wild goose", 60, 11))) {
    for (const int32_t slots : {8, 2, 1}) {
      const auto scheduler = make({.slots = slots, .prefill_chunk = 4});
      std::vector<Recorder> together(kChoices);
      GenerationRequest all = request;
      all.choices = kChoices;
      ASSERT_TRUE(scheduler->submit(all, each(together)).ok());
      for (int32_t choice = 0; choice < kChoices; ++choice) {
        together[static_cast<size_t>(choice)].wait_last();
        GenerationRequest one = request;
        one.sampler.seed += static_cast<uint64_t>(choice);
        Recorder apart;
        ASSERT_TRUE(scheduler->submit(one, apart.sink()).ok());
        apart.wait_last();
        auto events = together[static_cast<size_t>(choice)].events();
        SCOPED_TRACE(choice);
        expect_same_answer(events, apart.events());
        EXPECT_EQ(events.front().choice, choice);
      }
      EXPECT_EQ(free_slots(*scheduler), slots + 1);
    }
  }
}

// In steps: A speaks in each; the prompt of 40 takes ten of them, for all choices together.
TEST_F(SchedulerChoicesTest, PromptIsReadOnce) {
  Scheduler* running = nullptr;
  int tokens_of_a = 0;
  std::vector<int> spoken_at;
  std::promise<void> end;
  const GenerationSink choices = [&](const GenerationEvent&) {
    spoken_at.push_back(tokens_of_a);
    if (spoken_at.size() == 3) end.set_value();
    return false;
  };
  const GenerationSink a = [&](const GenerationEvent&) {
    if (++tokens_of_a == 1) {
      GenerationRequest request = lively(std::string(40, 'x'), 10, 1);
      request.choices = 3;
      EXPECT_TRUE(running->submit(std::move(request), choices).ok());
    }
    return spoken_at.size() < 3;
  };
  const auto scheduler = make({.slots = 2, .prefill_chunk = 4});
  running = scheduler.get();
  ASSERT_TRUE(scheduler->submit(endless("a"), a).ok());
  end.get_future().get();
  EXPECT_THAT(spoken_at, testing::Each(1 + 40 / 4));
}

TEST_F(SchedulerChoicesTest, ChoiceThatItsSinkEndsLeavesTheOthers) {
  constexpr int32_t kChoices = 3;
  GenerationRequest request = lively("abc", 20, 1);
  request.choices = kChoices;
  std::vector<Recorder> recorders(kChoices);
  const auto scheduler = make();
  const GenerationSink all_but_the_first = [&](const GenerationEvent& event) {
    each(recorders)(event);
    return event.choice != 0;
  };
  ASSERT_TRUE(scheduler->submit(request, all_but_the_first).ok());
  EXPECT_EQ(recorders[1].wait_last().completion_tokens, 20);
  EXPECT_EQ(recorders[2].wait_last().completion_tokens, 20);
  EXPECT_EQ(recorders[0].count(), 1u);
}

TEST_F(SchedulerChoicesTest, EachEndsWhenNoTokenIsAskedFor) {
  std::vector<Recorder> recorders(3);
  GenerationRequest request = greedy("abc", 0);
  request.choices = 3;
  const auto scheduler = make();
  ASSERT_TRUE(scheduler->submit(request, each(recorders)).ok());
  for (Recorder& recorder : recorders) {
    EXPECT_EQ(recorder.wait_last().reason, FinishReason::Length);
    EXPECT_EQ(recorder.count(), 1u);
  }
}

TEST_F(SchedulerChoicesTest, CancelEndsAllWhileTheyReadAndAfter) {
  for (const size_t prompt : {size_t{100'000}, size_t{3}}) {
    std::vector<Recorder> recorders(4);
    GenerationRequest request = endless(std::string(prompt, 'x'));
    request.choices = 4;
    const auto scheduler = make({.slots = 2});
    const Result<uint64_t> id = scheduler->submit(request, each(recorders));
    if (prompt == 3) recorders[3].wait_tokens(40);
    scheduler->cancel(*id);
    for (Recorder& recorder : recorders) {
      EXPECT_EQ(recorder.wait_last().reason, FinishReason::Cancelled);
    }
    EXPECT_EQ(free_slots(*scheduler), 3);
    EXPECT_EQ(scheduler->load().waiting, 0);
  }
}

TEST_F(SchedulerChoicesTest, FailureIsToldToEach) {
  std::vector<Recorder> recorders(3);
  GenerationRequest request = greedy("abc", 5);
  request.choices = 3;
  const auto scheduler = make();
  device_->failing_downloads = 1;  // the logits of the first step
  ASSERT_TRUE(scheduler->submit(request, each(recorders)).ok());
  for (Recorder& recorder : recorders) {
    EXPECT_EQ(recorder.wait_last().reason, FinishReason::Error);
  }
}

TEST_F(SchedulerChoicesTest, EachTakesAPlaceOfTheQueue) {
  std::vector<Recorder> recorders(3);
  GenerationRequest request = endless("abc");
  request.choices = 3;
  const auto scheduler = make({.slots = 1, .queue_limit = 3});
  ASSERT_TRUE(scheduler->submit(request, each(recorders)).ok());
  EXPECT_FALSE(scheduler->submit(request, each(recorders)).ok());
  EXPECT_EQ(scheduler->load().waiting + scheduler->load().running, 3);
  request.choices = 0;
  const Result<uint64_t> none = scheduler->submit(request, each(recorders));
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace greylag
