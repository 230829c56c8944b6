// SPDX-License-Identifier: Apache-2.0
// Are jobs done in order, stopped when asked, and never lost? Without a clock.
#include "core/server/job_runner.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "core/server/job_reply.h"
#include "tests/support/fake_exchange.h"
#include "tests/support/no_threads.h"

namespace greylag {
namespace {

// Holds the thread that runs it until open() or until its token fires.
class Gate {
 public:
  JobRunner::Work work() {
    return [this](const std::stop_token& stop) {
      begun_.set_value();
      std::unique_lock lock(mutex_);
      changed_.wait(lock, stop, [this] { return is_open_; });
      was_stopped_ = stop.stop_requested();
    };
  }
  void await_begin() { begun_.get_future().wait(); }
  void open() {
    {
      const std::lock_guard lock(mutex_);
      is_open_ = true;
    }
    changed_.notify_all();
  }
  bool was_stopped() {
    const std::lock_guard lock(mutex_);
    return was_stopped_;
  }

 private:
  std::promise<void> begun_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool is_open_ = false, was_stopped_ = false;
};

TEST(JobRunner, RunsAJobOnAThreadOfItsOwn) {
  JobRunner jobs({.threads = 1});
  std::promise<std::thread::id> ran_on;
  ASSERT_TRUE(jobs.submit([&](const std::stop_token& stop) {
                    EXPECT_FALSE(stop.stop_requested());
                    ran_on.set_value(std::this_thread::get_id());
                  })
                  .ok());
  EXPECT_NE(ran_on.get_future().get(), std::this_thread::get_id());
}

TEST(JobRunner, RefusesBeyondItsQueueAndKeepsTheOrder) {
  Gate gate;
  std::string order;
  JobRunner jobs({.threads = 1, .queue_limit = 2});
  ASSERT_TRUE(jobs.submit(gate.work()).ok());
  gate.await_begin();
  ASSERT_TRUE(jobs.submit([&](const auto&) { order += 'a'; }).ok());
  ASSERT_TRUE(jobs.submit([&](const auto&) { order += 'b'; }).ok());
  const auto refused = jobs.submit([&](const auto&) { order += 'c'; });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::TooManyRequests);
  gate.open();
  std::promise<void> last;
  while (!jobs.submit([&](const auto&) { last.set_value(); }).ok()) std::this_thread::yield();
  last.get_future().wait();
  EXPECT_EQ(order, "ab");
}

TEST(JobRunner, JobsOfOneKeyWaitForEachOtherAndForNobodyElse) {
  Gate gate;
  bool has_run = false;
  const int key = 0;
  JobRunner jobs({.threads = 2});
  ASSERT_TRUE(jobs.submit(gate.work(), &key).ok());
  gate.await_begin();
  std::promise<void> same, other;
  ASSERT_TRUE(jobs.submit(
                      [&](const auto&) {
                        has_run = true;
                        same.set_value();
                      },
                      &key)
                  .ok());
  ASSERT_TRUE(jobs.submit([&](const auto&) { other.set_value(); }).ok());
  other.get_future().wait();  // passed the one that waits for its key
  EXPECT_FALSE(has_run);
  gate.open();
  same.get_future().wait();
}

TEST(JobRunner, CancelStopsTheOneAtWorkAndDropsTheOneThatWaits) {
  Gate gate;
  JobRunner jobs({.threads = 1, .queue_limit = 1});
  const auto at_work = jobs.submit(gate.work());
  gate.await_begin();
  const auto held = std::make_shared<int>(0);
  const auto waiting = jobs.submit([held](const auto&) { ADD_FAILURE() << "it was dropped"; });
  ASSERT_TRUE(waiting.ok());
  jobs.cancel(*waiting);
  EXPECT_EQ(held.use_count(), 1);  // gone at once, with all it held
  std::promise<void> next;
  ASSERT_TRUE(jobs.submit([&](const auto&) { next.set_value(); }).ok());  // its place is free
  EXPECT_FALSE(jobs.drop(*at_work));
  EXPECT_FALSE(gate.was_stopped());
  jobs.cancel(*at_work);
  next.get_future().wait();
  EXPECT_TRUE(gate.was_stopped());
}

TEST(JobRunner, StoppingTellsEveryJobOnce) {
  Gate gate;
  JobRunner jobs({.threads = 1});
  ASSERT_TRUE(jobs.submit(gate.work()).ok());
  gate.await_begin();
  int told = 0;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        jobs.submit([&](const std::stop_token& stop) { told += stop.stop_requested(); }).ok());
  }
  jobs.stop();
  EXPECT_TRUE(gate.was_stopped());
  EXPECT_EQ(told, 3);
  EXPECT_EQ(jobs.submit([](const auto&) {}).error().code, ErrorCode::Unavailable);
}

TEST(JobRunner, AThrowingJobEndsNothingElse) {
  JobRunner jobs({.threads = 1});
  ASSERT_TRUE(jobs.submit([](const auto&) { throw std::runtime_error("on purpose"); }).ok());
  std::promise<void> next;
  ASSERT_TRUE(jobs.submit([&](const auto&) { next.set_value(); }).ok());
  next.get_future().wait();
}

#if defined(__GLIBC__)
TEST(JobRunner, NoThreadIsAnErrorAndALaterTryWorks) {
  JobRunner jobs({.threads = 1});
  {
    const test::NoThreads none;
    const auto refused = jobs.submit([](const auto&) {});
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_NE(refused.error().message.find("thread"), std::string::npos);
  }
  std::promise<void> ran;
  ASSERT_TRUE(jobs.submit([&](const auto&) { ran.set_value(); }).ok());
  ran.get_future().wait();
}
#endif

TEST(JobReply, AnswersWithWhatTheHandlerReturns) {
  JobRunner jobs({.threads = 1});
  const auto exchange = std::make_shared<test::FakeExchange>();
  reply_by_job(jobs, exchange, [](const HttpRequest&, const std::stop_token&) {
    return HttpResponse{202, "{}", {}};
  });
  exchange->await_end();
  EXPECT_EQ(exchange->status(), 202);
}

TEST(JobReply, TheClientsLeavingStopsItsJob) {
  JobRunner jobs({.threads = 1});
  const auto exchange = std::make_shared<test::FakeExchange>();
  std::promise<void> begun;
  std::promise<bool> stopped;
  reply_by_job(jobs, exchange, [&](const HttpRequest&, const std::stop_token& stop) {
    begun.set_value();
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    stopped.set_value(stop.stop_requested());
    return HttpResponse{200, "{}", {}};
  });
  begun.get_future().wait();
  exchange->hang_up();
  EXPECT_TRUE(stopped.get_future().get());
  EXPECT_EQ(exchange->status(), 0);
}

TEST(JobReply, TooManyAre429AndAStoppingEngine503) {
  Gate gate;
  JobRunner jobs({.threads = 1, .queue_limit = 1});
  ASSERT_TRUE(jobs.submit(gate.work()).ok());
  gate.await_begin();
  const auto handler = [](const HttpRequest&, const std::stop_token&) {
    return HttpResponse{200, "{}", {}};
  };
  const auto waits = std::make_shared<test::FakeExchange>();
  const auto refused = std::make_shared<test::FakeExchange>();
  reply_by_job(jobs, waits, handler);
  reply_by_job(jobs, refused, handler);
  EXPECT_EQ(refused->status(), 429);
  jobs.stop();
  EXPECT_EQ(waits->status(), 503);
}

TEST(JobReply, AHandlerThatThrowsIs500) {
  JobRunner jobs({.threads = 1});
  const auto exchange = std::make_shared<test::FakeExchange>();
  reply_by_job(jobs, exchange, [](const HttpRequest&, const std::stop_token&) -> HttpResponse {
    throw std::runtime_error("on purpose");
  });
  exchange->await_end();
  EXPECT_EQ(exchange->status(), 500);
}

}  // namespace
}  // namespace greylag
