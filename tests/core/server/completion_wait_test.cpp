// SPDX-License-Identifier: Apache-2.0
// How does a waiting request end? Once, in each of its four ways.
#include "core/server/completion_wait.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_exchange.h"

namespace greylag {
namespace {

using testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class CompletionWaitTest : public testing::Test {
 protected:
  std::shared_ptr<CompletionWait> start(bool is_stream) {
    const uint64_t id = log_.start("POST /v1/completions", "tiny");
    return CompletionWait::start(exchange_, log_, id, is_stream);
  }
  std::string logged() const { return log_.list().front().state; }
  const Error error_{ErrorCode::BadFile, "the file is broken"};
  RequestLog log_{[](const auto&) {}};
  std::shared_ptr<test::FakeExchange> exchange_ = std::make_shared<test::FakeExchange>();
};

TEST_F(CompletionWaitTest, AnEarlyErrorIsAStatus) {
  const auto wait = start(true);
  wait->look(Clock::now());
  wait->refuse(error_, "model");
  EXPECT_FALSE(exchange_->has_begun_stream());
  EXPECT_EQ(exchange_->status(), 422);
  EXPECT_THAT(exchange_->body(), HasSubstr("\"param\":\"model\""));
  EXPECT_EQ(logged(), "failed");
}

TEST_F(CompletionWaitTest, ALateErrorIsTheStreamsLastEvent) {
  const auto wait = start(true);
  wait->look(Clock::now() + std::chrono::seconds(2));
  EXPECT_TRUE(exchange_->has_begun_stream());
  wait->refuse(error_, "model");
  ASSERT_EQ(exchange_->sent().size(), 2u);
  EXPECT_THAT(exchange_->sent()[0],
              HasSubstr("data: {\"error\":{\"message\":\"the file is broken"));
  EXPECT_EQ(exchange_->sent()[1], "data: [DONE]\n\n");
  EXPECT_FALSE(exchange_->is_open());
}

TEST_F(CompletionWaitTest, WithoutAStreamItWaitsInSilence) {
  const auto wait = start(false);
  wait->look(Clock::now() + std::chrono::minutes(9));
  EXPECT_FALSE(exchange_->has_begun_stream());
  EXPECT_TRUE(exchange_->is_open());
  const auto taken = wait->take();
  ASSERT_TRUE(taken);
  EXPECT_FALSE(taken->has_begun_stream);
}

TEST_F(CompletionWaitTest, IsTakenOnceAndNothingFollows) {
  const auto wait = start(true);
  wait->look(Clock::now() + std::chrono::seconds(2));
  const auto taken = wait->take();
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->has_begun_stream);
  EXPECT_FALSE(wait->take());
  wait->refuse(error_);
  EXPECT_TRUE(exchange_->sent().empty());
  EXPECT_EQ(logged(), "waiting");
}

TEST_F(CompletionWaitTest, AClientThatLeavesEndsItAndHoldsNothing) {
  const auto wait = start(true);
  int left = 0;
  wait->on_leave([&] { ++left; });
  exchange_->hang_up();
  EXPECT_EQ(left, 1);
  EXPECT_EQ(logged(), "cancelled");
  EXPECT_FALSE(wait->take());
  EXPECT_EQ(exchange_.use_count(), 1);
  wait->on_leave([&] { ++left; });  // known too late: at once
  EXPECT_EQ(left, 2);
}

TEST_F(CompletionWaitTest, EndsAfterTheLongestWait) {
  const auto wait = start(false);
  int left = 0;
  wait->on_leave([&] { ++left; });
  wait->look(Clock::now() + std::chrono::minutes(11));
  EXPECT_EQ(exchange_->status(), 503);
  EXPECT_THAT(exchange_->body(), HasSubstr("model_loading"));
  EXPECT_EQ(left, 1);
}

TEST_F(CompletionWaitTest, TheExchangeDoesNotKeepTheWait) {
  std::weak_ptr<CompletionWait> weak = start(true);
  EXPECT_TRUE(weak.expired());
}

}  // namespace
}  // namespace greylag
