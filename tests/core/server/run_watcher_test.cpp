// SPDX-License-Identifier: Apache-2.0
// What goes out when a run's folder grows: its metrics, with a reasoning core's where it has one.
#include "core/server/run_watcher.h"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "core/runs/run_folder.h"
#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

// A watcher over one run, and the events that it sent.
class RunWatcherTest : public testing::Test {
 protected:
  void SetUp() override {
    protocol::RunConfig config;
    config.model = "m";
    config.data = "d";
    config.method = "hrm";
    auto made = RunFolder::create(runs_ / "r", config);
    ASSERT_TRUE(made) << made.error().message;
    folder_.emplace(std::move(*made));
    watcher_.emplace(runs_.path(), RunWatcherHooks{.on_status = [](const auto&) {},
                                                   .on_metrics =
                                                       [this](const auto& event) {
                                                         const std::lock_guard lock(mutex_);
                                                         events_.push_back(event);
                                                         changed_.notify_all();
                                                       },
                                                   .on_tick =
                                                       [this] {
                                                         const std::lock_guard lock(mutex_);
                                                         has_looked_ = true;
                                                         changed_.notify_all();
                                                       }});
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, kPatience, [this] { return has_looked_; }));
  }

  protocol::MetricEvent event_after(const protocol::Metric& metric) {
    EXPECT_TRUE(folder_->append_metric(metric));
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [this] { return !events_.empty(); }));
    return events_.empty() ? protocol::MetricEvent() : events_.back();
  }

  static constexpr std::chrono::seconds kPatience{10};
  test::TempDir runs_;
  std::optional<RunFolder> folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_looked_ = false;
  std::vector<protocol::MetricEvent> events_;
  std::optional<RunWatcher> watcher_;  // last: its thread uses the others
};

TEST_F(RunWatcherTest, SendsWhatACoreMeasures) {
  protocol::Metric metric;
  metric.step = 1;
  metric.loss = 2;
  metric.cycle_losses = {2.5, 2};
  metric.cycle_changes = {0.5};
  metric.halt_depth = 1.75;
  metric.has_halt_depth = true;
  const auto event = event_after(metric);
  EXPECT_EQ(event.run, "r");
  EXPECT_EQ(event.step, std::vector<int64_t>{1});
  EXPECT_EQ(event.cycle_losses, (std::vector<std::vector<double>>{{2.5, 2}}));
  EXPECT_EQ(event.cycle_changes, (std::vector<std::vector<double>>{{0.5}}));
  EXPECT_EQ(event.halt_depth, std::vector<double>{1.75});
}

TEST_F(RunWatcherTest, SaysNothingOfACoreThatIsNotThere) {
  protocol::Metric metric;
  metric.step = 1;
  metric.loss = 2;
  const auto event = event_after(metric);
  EXPECT_EQ(event.loss, std::vector<double>{2});
  EXPECT_TRUE(event.cycle_losses.empty());
  EXPECT_TRUE(event.cycle_changes.empty());
  EXPECT_TRUE(event.halt_depth.empty());
}

}  // namespace
}  // namespace greylag
