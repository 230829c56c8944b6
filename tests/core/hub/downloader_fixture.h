// SPDX-License-Identifier: Apache-2.0
// A downloader in a temporary folder, and one file that it is asked for.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <sstream>
#include <utility>

#include "core/base/random.h"
#include "core/base/sha256.h"
#include "core/hub/downloader.h"
#include "tests/support/fault_server.h"
#include "tests/support/temp_dir.h"

namespace greylag::test {

inline constexpr size_t kSize = 300'000;

inline std::string random_text(size_t size, uint64_t seed) {
  CounterRandom random(seed, 0);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random.below(256));
  return text;
}

inline std::string sha256_of(const std::string& text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.hex();
}

inline std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

class DownloaderFixture : public testing::Test {
 protected:
  DownloaderFixture() { std::filesystem::create_directories(dir_ / "records"); }

  void open() {
    const DownloaderOptions options{.stall_time = std::chrono::milliseconds(300),
                                    .first_pause = std::chrono::milliseconds(1),
                                    .retries = 4};
    downloader_ = std::make_unique<Downloader>(
        dir_ / "records", [this](const protocol::DownloadStatus& s) { on_change(s); }, options);
  }
  void on_change(const protocol::DownloadStatus& status) {
    const bool is_growing = status.state == "running" && status.bytes_done > 0;
    if (is_growing && during_) std::exchange(during_, {})();
    const std::lock_guard lock(mutex_);
    last_ = status;
    changed_.notify_all();
  }
  DownloadRecord record(const FaultServer& server) {
    DownloadRecord record;
    record.name = record.file_name = "model.pth";
    record.url = server.url("/model.pth");
    record.sha256 = sha256_of(content_);
    record.target = target_;
    return record;
  }
  DownloadRecord unpinned(const std::string& url) {
    DownloadRecord record;
    record.name = record.file_name = "model.pth";
    record.url = url;
    record.target = target_;
    return record;
  }
  // Waits for one of the states; the test's deadline is the whole program's.
  protocol::DownloadStatus wait_for(const std::vector<std::string>& states) {
    std::unique_lock lock(mutex_);
    const auto is_there = [&] {
      return std::find(states.begin(), states.end(), last_.state) != states.end();
    };
    EXPECT_TRUE(changed_.wait_for(lock, std::chrono::seconds(60), is_there)) << last_.state;
    return last_;
  }
  protocol::DownloadStatus fetch(const FaultServer& server) {
    open();
    const auto added = downloader_->add(record(server));
    EXPECT_TRUE(added.ok()) << (added ? "" : added.error().message);
    return wait_for({"done", "failed"});
  }
  // The first answer is `fault`, every later one is honest.
  protocol::DownloadStatus fetch_after(const FaultServer::Script& fault) {
    FaultServer server([&](const FaultRequest& r) {
      return r.number == 0 ? fault(r) : honest_reply(r, content_);
    });
    const auto status = fetch(server);
    requests_ = server.request_count();
    return status;
  }
  void expect_whole(const protocol::DownloadStatus& status) {
    EXPECT_EQ(status.state, "done") << status.error;
    EXPECT_EQ(read_all(target_), content_);
    EXPECT_FALSE(std::filesystem::exists(dir_ / "model.pth.part"));
    EXPECT_TRUE(std::filesystem::is_empty(dir_ / "records"));
  }
  void expect_nothing(const protocol::DownloadStatus& status) {
    EXPECT_EQ(status.state, "failed");
    EXPECT_FALSE(status.error.empty());
    EXPECT_FALSE(std::filesystem::exists(target_));
  }

  TempDir dir_;
  const std::filesystem::path target_ = dir_ / "model.pth";
  const std::string content_ = random_text(kSize, 1);
  std::mutex mutex_;
  std::condition_variable changed_;
  protocol::DownloadStatus last_;
  std::function<void()> during_;  // done once while bytes come, on the download thread
  int requests_ = 0;
  std::unique_ptr<Downloader> downloader_;  // last: stops before what its callback uses
};

}  // namespace greylag::test
