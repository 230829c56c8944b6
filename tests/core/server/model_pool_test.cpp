// SPDX-License-Identifier: Apache-2.0
// Who waits for a model, and what happens to it meanwhile? Loads are jobs, so a test that holds
// their only thread decides how long a load takes.
#include "core/server/model_pool.h"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/no_threads.h"
#include "tests/support/temp_dir.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag {
namespace {

using Host = std::shared_ptr<ModelHost>;

class ModelPoolTest : public testing::Test {
 protected:
  ModelPoolTest() : home_(*Home::open(dir_ / "home")), library_(home_, {}, std::nullopt) {
    EXPECT_TRUE(test::write_tiny_checkpoint(file()).ok());
  }
  std::filesystem::path file() const { return home_.models() / "tiny.safetensors"; }
  static ModelPool::Options options() {
    ModelPool::Options options;
    options.device = "cpu";
    options.threads = 1;
    options.scheduler.slots = 1;
    options.scheduler.queue_limit = 2;
    return options;
  }
  ModelEntry entry() { return *library_.find("tiny"); }
  Result<Host> acquire() {
    std::promise<Result<Host>> got;
    pool_.acquire(entry(), [&](Result<Host> host) { got.set_value(std::move(host)); });
    return got.get_future().get();
  }
  // No load makes progress until release().
  void hold_loads() {
    is_held_ = true;
    std::promise<void> begun;
    ASSERT_TRUE(loads_
                    .submit([&, released = release_.get_future().share()](const auto&) {
                      begun.set_value();
                      released.wait();
                    })
                    .ok());
    begun.get_future().wait();
  }
  void release() {
    if (std::exchange(is_held_, false)) release_.set_value();
  }
  void TearDown() override { release(); }

  const test::TempDir dir_;
  const Home home_;
  ModelLibrary library_;
  std::promise<void> release_;
  bool is_held_ = false;
  JobRunner loads_{{.threads = 1}};
  ModelPool pool_{options(), loads_, [](const std::string&) {}};
};

TEST_F(ModelPoolTest, WaitersHoldNoThreadAndGetTheModelTogether) {
  hold_loads();
  std::vector<std::promise<Host>> got(3);
  for (auto& promise : got) {
    const uint64_t waiter = pool_.acquire(
        entry(), [&](Result<Host> host) { promise.set_value(host ? *host : nullptr); });
    EXPECT_NE(waiter, 0u);  // this thread is free again
  }
  EXPECT_TRUE(pool_.is_loading("tiny"));
  EXPECT_EQ(pool_.load().waiting, 3);
  release();
  const Host first = got[0].get_future().get();
  ASSERT_NE(first, nullptr);
  for (size_t i = 1; i < got.size(); ++i) EXPECT_EQ(got[i].get_future().get(), first);
  EXPECT_TRUE(pool_.is_loaded("tiny"));
  bool is_at_once = false;
  EXPECT_EQ(pool_.acquire(entry(), [&](auto host) { is_at_once = host.ok(); }), 0u);
  EXPECT_TRUE(is_at_once);
}

TEST_F(ModelPoolTest, AsManyWaitAsTheSchedulerTakes) {
  hold_loads();
  std::atomic<int> ready{0};
  uint64_t one = 0;
  for (int i = 0; i < 3; ++i) one = pool_.acquire(entry(), [&](auto) { ++ready; });
  ErrorCode code{};
  const auto refused = [&](Result<Host> host) { code = host.error().code; };
  EXPECT_EQ(pool_.acquire(entry(), refused), 0u);
  EXPECT_EQ(code, ErrorCode::TooManyRequests);
  pool_.leave(one);  // a client that goes makes room
  EXPECT_NE(pool_.acquire(entry(), [&](auto) { ++ready; }), 0u);
  release();
  while (ready != 3) std::this_thread::yield();
}

TEST_F(ModelPoolTest, OneThatLeftIsNotCalledAndHoldsNothing) {
  hold_loads();
  const auto held = std::make_shared<int>(0);
  const uint64_t waiter = pool_.acquire(entry(), [held](auto) { ADD_FAILURE() << "it had left"; });
  pool_.leave(waiter);
  EXPECT_EQ(held.use_count(), 1);
  release();
  EXPECT_TRUE(acquire().ok());  // the load went on
}

TEST_F(ModelPoolTest, AFailedLoadIsTriedAgain) {
  const ModelEntry known = entry();
  std::filesystem::resize_file(file(), 100);
  for (int i = 0; i < 50; ++i) {
    std::promise<ErrorCode> got;
    pool_.acquire(known, [&](auto host) { got.set_value(host ? ErrorCode{} : host.error().code); });
    EXPECT_EQ(got.get_future().get(), ErrorCode::BadFile);
  }
  ASSERT_TRUE(test::write_tiny_checkpoint(file()).ok());
  EXPECT_TRUE(acquire().ok());
}

TEST_F(ModelPoolTest, ClosingTellsThoseThatWait) {
  hold_loads();
  std::promise<ErrorCode> got;
  pool_.acquire(entry(), [&](auto host) { got.set_value(host.error().code); });
  pool_.close();
  EXPECT_EQ(got.get_future().get(), ErrorCode::Unavailable);
  release();
}

TEST_F(ModelPoolTest, AModelThatLoadsIsNotRemoved) {
  hold_loads();
  ASSERT_TRUE(pool_.begin_load(entry()).ok());
  const Status removed = pool_.remove("tiny", [&]() -> Status {
    ADD_FAILURE() << "the pool had not agreed";
    return {};
  });
  ASSERT_FALSE(removed.ok());
  EXPECT_EQ(removed.error().code, ErrorCode::Conflict);
  release();
}

TEST_F(ModelPoolTest, NoLoadBeginsWhileTheFileGoes) {
  const ModelEntry known = entry();
  const Status removed = pool_.remove("tiny", [&]() -> Status {
    const Status begun = pool_.begin_load(known);
    EXPECT_FALSE(begun.ok());
    EXPECT_EQ(begun.error().code, ErrorCode::Conflict);
    EXPECT_FALSE(pool_.is_loading("tiny"));
    std::filesystem::remove(file());
    return {};
  });
  EXPECT_TRUE(removed.ok());
}

TEST_F(ModelPoolTest, AModelThatCannotBeRemovedStaysLoaded) {
  ASSERT_TRUE(acquire().ok());
  const Status removed = pool_.remove("tiny", []() -> Status {
    return Error{ErrorCode::Conflict, "it belongs to the program"};
  });
  EXPECT_FALSE(removed.ok());
  EXPECT_TRUE(pool_.is_loaded("tiny"));
  ASSERT_TRUE(pool_.remove("tiny", [] { return Status(); }).ok());
  EXPECT_FALSE(pool_.is_loaded("tiny"));
}

// A model's device thread cannot wait for its own end, and the HTTP thread must not.
TEST_F(ModelPoolTest, TheLastReferenceMayGoAnywhere) {
  Host host = *acquire();
  std::promise<void> is_idle;  // the loader, which had a reference too
  ASSERT_TRUE(loads_.submit([&](const auto&) { is_idle.set_value(); }).ok());
  is_idle.get_future().wait();
  ASSERT_TRUE(pool_.unload("tiny").ok());
  std::promise<void> submitted, ended;
  GenerationRequest request;
  request.prompt = {1};
  request.max_tokens = 1;
  ASSERT_TRUE(host->scheduler()
                  .submit(request,
                          [&](const GenerationEvent& event) {
                            if (!event.is_last) return true;
                            submitted.get_future().wait();
                            host.reset();
                            ended.set_value();
                            return true;
                          })
                  .ok());
  submitted.set_value();
  ended.get_future().wait();
  pool_.clear();  // waits for what is being freed
}

TEST_F(ModelPoolTest, AChangedFileIsLoadedAgain) {
  const Host before = *acquire();
  ASSERT_TRUE(test::write_tiny_checkpoint(file(), {.layers = 3}).ok());
  const auto after = acquire();
  ASSERT_TRUE(after.ok());
  EXPECT_NE(*after, before);
  EXPECT_EQ((*after)->config().layers, 3);
}

#if defined(__GLIBC__)
TEST_F(ModelPoolTest, NoThreadFailsTheRequestOnly) {
  const ModelEntry known = entry();
  {
    const test::NoThreads none;
    ErrorCode code{};
    pool_.acquire(known, [&](auto host) { code = host.error().code; });
    EXPECT_EQ(code, ErrorCode::Unavailable);
    EXPECT_FALSE(pool_.is_loading("tiny"));
  }
  EXPECT_TRUE(acquire().ok());
}
#endif

}  // namespace
}  // namespace greylag
