// SPDX-License-Identifier: Apache-2.0
// Does the reasoner's queue keep its order and limit, and end every stream with a word? With
// exchanges that a test can hold up.
#include "core/server/reasoner.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/protocol/codec.h"
#include "tests/support/no_threads.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_reasoner.h"

namespace greylag {
namespace {

// Keeps what is sent; send() of a held exchange waits until release().
class HeldExchange final : public Exchange {
 public:
  explicit HeldExchange(bool is_held) : is_held_(is_held) {}
  const HttpRequest& request() const override { return request_; }
  void reply(HttpResponse) override {}
  void begin_stream() override { has_begun_ = true; }
  void send(std::string bytes) override {
    std::unique_lock lock(mutex_);
    sent_.push_back(std::move(bytes));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_held_; });
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    changed_.notify_all();
  }
  bool is_open() const override {
    const std::lock_guard lock(mutex_);
    return is_open_;
  }
  size_t pending_bytes() const override { return 0; }
  void post(std::function<void()> work) override { work(); }
  void on_close(std::function<void()>) override {}

  void release() {
    const std::lock_guard lock(mutex_);
    is_held_ = false;
    changed_.notify_all();
  }
  void close() {
    const std::lock_guard lock(mutex_);
    is_open_ = false;
  }
  void await_first() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !sent_.empty(); });
  }
  void await_end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_finished_; });
  }
  // The event before "[DONE]".
  protocol::SolveEvent last() const {
    const std::lock_guard lock(mutex_);
    EXPECT_GE(sent_.size(), 2u);
    EXPECT_EQ(sent_.back(), "data: [DONE]\n\n");
    const auto event = protocol::decode<protocol::SolveEvent>(sent_[sent_.size() - 2].substr(6));
    EXPECT_TRUE(event.ok());
    return *event;
  }
  size_t events() const {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }
  bool has_begun() const { return has_begun_; }

 private:
  HttpRequest request_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> sent_;
  bool is_held_, is_open_ = true, is_finished_ = false, has_begun_ = false;
};

class ReasonerTest : public testing::Test {
 protected:
  ReasonerTest()
      : home_(*Home::open(dir_ / "home")),
        library_(home_, {}, std::nullopt),
        reasoner_(library_, {.threads = 1, .queue_limit = 2}) {
    test::write_tiny_reasoner(home_.models() / "tiny.safetensors");
    request_.model = "tiny";
    request_.puzzle = test::kTinyPuzzle;
    request_.segments = 2;
  }
  std::shared_ptr<HeldExchange> accepted(bool is_held) {
    const auto exchange = std::make_shared<HeldExchange>(is_held);
    exchanges_.push_back(exchange);
    const Status status = reasoner_.solve(exchange, request_);
    EXPECT_TRUE(status.ok()) << status.error().message;
    return exchange;
  }
  // A test that failed half way must not hold up the worker for ever.
  void TearDown() override {
    for (const auto& exchange : exchanges_) {
      exchange->close();
      exchange->release();
    }
  }
  const test::TempDir dir_;
  const Home home_;
  ModelLibrary library_;
  Reasoner reasoner_;
  protocol::SolveRequest request_;
  std::vector<std::shared_ptr<HeldExchange>> exchanges_;
};

TEST_F(ReasonerTest, OneSolvesTwoWaitTheNextIsRefused) {
  const auto first = accepted(true);
  first->await_first();
  const auto second = accepted(false), third = accepted(false);
  const auto fourth = std::make_shared<HeldExchange>(false);
  const Status refused = reasoner_.solve(fourth, request_);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::TooManyRequests);
  EXPECT_FALSE(fourth->has_begun());
  EXPECT_EQ(second->events(), 0u);
  first->release();
  for (const auto& exchange : {first, second, third}) {
    exchange->await_end();
    EXPECT_EQ(exchange->events(), 4u);  // two segments, the end, [DONE]
    EXPECT_EQ(exchange->last().end, "segments");
  }
}

TEST_F(ReasonerTest, AClosedStreamCancelsAndMakesRoom) {
  request_.segments = 128;
  const auto first = accepted(true);
  first->await_first();
  const auto second = accepted(false), third = accepted(false);
  second->close();
  const auto fourth = accepted(false);  // second no longer waits
  first->close();
  first->release();
  fourth->await_end();
  EXPECT_EQ(first->last().end, "cancelled");
  EXPECT_EQ(first->last().segment, 1);
  EXPECT_EQ(second->events(), 0u);
  EXPECT_EQ(third->last().end, "segments");
}

TEST_F(ReasonerTest, StoppingEndsEveryStreamWithAWord) {
  request_.segments = 128;
  const auto first = accepted(true), second = accepted(false);
  first->await_first();
  std::jthread stopping([this] { reasoner_.stop(); });
  const auto is_stopping = [this] {
    const Status status = reasoner_.solve(std::make_shared<HeldExchange>(false), request_);
    return !status.ok() && status.error().code == ErrorCode::Unavailable;
  };
  while (!is_stopping()) std::this_thread::yield();
  first->release();
  stopping.join();
  EXPECT_EQ(second->last().end, "cancelled");
  EXPECT_EQ(second->last().error, "the engine is stopping");
  EXPECT_TRUE(first->last().is_last);
}

TEST_F(ReasonerTest, AFileThatIsGoneFailsItsPuzzleOnly) {
  const auto held = accepted(true);
  held->await_first();
  test::write_tiny_reasoner(home_.models() / "other.safetensors");
  request_.model = "other";
  const auto lost = accepted(false);
  std::filesystem::remove(home_.models() / "other.safetensors");
  request_.model.clear();  // the first usable one
  const auto after = accepted(false);
  held->release();
  after->await_end();
  EXPECT_EQ(lost->last().end, "failed");
  EXPECT_NE(lost->last().error, "");
  EXPECT_EQ(after->last().model, "tiny");
  EXPECT_EQ(after->last().end, "segments");
}

#if defined(__GLIBC__)
TEST_F(ReasonerTest, NoThreadIsARefusalAndALaterTryWorks) {
  const auto exchange = std::make_shared<HeldExchange>(false);
  {
    const test::NoThreads none;
    const Status refused = reasoner_.solve(exchange, request_);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(exchange->has_begun());
  }
  const auto later = accepted(false);
  later->await_end();
  EXPECT_EQ(later->last().end, "segments");
}
#endif

}  // namespace
}  // namespace greylag
