// SPDX-License-Identifier: Apache-2.0
#include "core/infer/waiting_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace greylag {
namespace {

using Sessions = std::vector<std::unique_ptr<Session>>;

class WaitingLineTest : public testing::Test {
 protected:
  std::unique_ptr<Session> session(uint64_t id, uint64_t client) {
    GenerationRequest request;
    request.prompt.assign(10'000, 1);
    request.client = client;
    return std::make_unique<Session>(
        id, std::move(request), places_.take(client, 1).value(),
        [](const GenerationEvent&) { return true; }, *tokenizer_);
  }
  void wait(uint64_t id, uint64_t client) { line_.push(session(id, client)); }
  void run(uint64_t id, uint64_t client, int64_t steps) {
    running_.push_back(session(id, client));
    running_.back()->start({}, nullptr, {});
    for (int64_t i = 0; i < steps; ++i) running_.back()->advance(1);
  }
  // Who leaves for whom when all slots are taken: ids, 0 for nobody.
  std::pair<uint64_t, uint64_t> turn() {
    const auto next = next_turn(line_, running_, static_cast<int32_t>(running_.size()));
    if (!next) return {0, 0};
    return {next->leaving->id(), line_.clients()[next->client].sessions.front()->id()};
  }

  static constexpr int64_t kLong = 1'000;  // steps: beyond any turn
  QueuePlaces places_{100, 100};
  std::shared_ptr<const Tokenizer> tokenizer_ = make_byte_tokenizer();
  WaitingLine line_;
  Sessions running_;
};

TEST_F(WaitingLineTest, ClientsTakeTurnsAndOfEachTheFirstGoesFirst) {
  for (uint64_t id = 10; id < 14; ++id) wait(id, 1);
  wait(20, 2);
  wait(30, 3);
  wait(31, 3);
  std::vector<uint64_t> order;
  while (!line_.empty()) order.push_back(line_.take(next_turn(line_, {}, 1)->client)->id());
  EXPECT_THAT(order, testing::ElementsAre(10, 20, 30, 11, 31, 12, 13));
}

TEST_F(WaitingLineTest, TakesOutThoseThatAreAskedFor) {
  wait(1, 1);
  wait(2, 1);
  wait(3, 2);
  const Sessions taken = line_.take_if([](const Session& one) { return one.id() != 2; });
  EXPECT_EQ(taken.size(), 2u);
  ASSERT_EQ(line_.clients().size(), 1u);
  EXPECT_EQ(line_.take(0)->id(), 2u);
  EXPECT_TRUE(line_.empty());
}

TEST_F(WaitingLineTest, NobodyMakesWayBeforeItsTurnIsOver) {
  run(1, 1, 5);
  run(2, 1, 5);
  EXPECT_EQ(turn(), std::pair(uint64_t{0}, uint64_t{0})) << "nobody waits";
  wait(3, 2);
  EXPECT_EQ(turn(), std::pair(uint64_t{0}, uint64_t{0}));
  for (int i = 0; i < 100; ++i) running_[1]->advance(1);
  EXPECT_EQ(turn(), std::pair(uint64_t{2}, uint64_t{3}));
}

// A step that reads takes longer than one that only decodes.
TEST_F(WaitingLineTest, ReaderHasHadItsTurnAfterFewerSteps) {
  run(1, 1, 0);
  wait(2, 1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(turn(), std::pair(uint64_t{0}, uint64_t{0}));
    running_.front()->advance(128);
  }
  EXPECT_EQ(turn(), std::pair(uint64_t{1}, uint64_t{2}));
}

TEST_F(WaitingLineTest, WhoeverRanLongestMakesWay) {
  run(1, 1, kLong);
  run(2, 1, kLong + 1);
  run(3, 1, kLong);
  wait(4, 1);
  EXPECT_EQ(turn(), std::pair(uint64_t{2}, uint64_t{4}));
}

TEST_F(WaitingLineTest, TheClientWithMostSlotsMakesWay) {
  run(1, 1, kLong + 5);
  run(2, 2, kLong);
  run(3, 2, kLong);
  wait(4, 3);
  EXPECT_EQ(turn(), std::pair(uint64_t{2}, uint64_t{4}));
}

// Otherwise a client with many answers would take the only slot of another one for a while.
TEST_F(WaitingLineTest, NobodyMakesWayForAClientThatHoldsAsMuch) {
  run(1, 1, 0);
  run(2, 2, kLong);
  wait(3, 1);
  EXPECT_EQ(turn(), std::pair(uint64_t{0}, uint64_t{0}));
  wait(4, 4);
  EXPECT_EQ(turn(), std::pair(uint64_t{2}, uint64_t{4})) << "the next client's turn instead";
}

}  // namespace
}  // namespace greylag
