// SPDX-License-Identifier: Apache-2.0
// Does a listener hear everything since its snapshot, after it? Events come at the worst moments.
#include "core/server/event_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/protocol/engine.h"
#include "tests/support/fake_exchange.h"

namespace greylag {
namespace {

using testing::HasSubstr;

std::string joined(const test::FakeExchange& exchange) {
  std::string all;
  for (const std::string& bytes : exchange.sent()) all += bytes;
  return all;
}

class EventHubTest : public testing::Test {
 protected:
  void publish(const std::string& route) {
    protocol::RequestStatus status;
    status.route = route;
    hub_.publish("request", status);
  }
  EventHub hub_;
  const std::shared_ptr<test::FakeExchange> exchange_ = std::make_shared<test::FakeExchange>();
};

TEST_F(EventHubTest, WhatHappensWhileTheSnapshotIsTakenComesAfterIt) {
  hub_.subscribe(exchange_, [this] {
    publish("while it is taken");
    return std::string("snapshot;");
  });
  const std::string all = joined(*exchange_);
  EXPECT_TRUE(all.starts_with("snapshot;")) << all;
  EXPECT_THAT(all, HasSubstr("while it is taken"));
}

TEST_F(EventHubTest, WhatHappensWhileTheSnapshotIsSentComesAfterItAndInOrder) {
  exchange_->on_send = [this](const std::string& bytes) {
    if (bytes == "snapshot;") publish("first");
    if (bytes.find("first") != std::string::npos) publish("second");
  };
  hub_.subscribe(exchange_, [] { return std::string("snapshot;"); });
  exchange_->on_send = nullptr;
  publish("third");
  const std::string all = joined(*exchange_);
  EXPECT_TRUE(all.starts_with("snapshot;")) << all;
  const size_t first = all.find("first"), second = all.find("second"), third = all.find("third");
  ASSERT_NE(third, std::string::npos) << all;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(EventHubTest, OneThatLeavesIsForgotten) {
  hub_.subscribe(exchange_, [this] {
    exchange_->hang_up();
    return std::string("snapshot;");
  });
  EXPECT_FALSE(hub_.has_listeners());
  EXPECT_EQ(exchange_.use_count(), 1);
}

TEST_F(EventHubTest, ClosingEndsAllAndThoseThatComeLater) {
  hub_.subscribe(exchange_, [] { return std::string("snapshot;"); });
  hub_.close();
  EXPECT_FALSE(exchange_->is_open());
  const auto late = std::make_shared<test::FakeExchange>();
  hub_.subscribe(late, [] { return std::string("snapshot;"); });
  EXPECT_FALSE(late->is_open());
  EXPECT_FALSE(hub_.has_listeners());
}

}  // namespace
}  // namespace greylag
