// SPDX-License-Identifier: Apache-2.0
// Who fetches files? One thread works through a queue, resumes after cuts, kills and restarts, and
// gives a file its name only when its SHA-256 is the pinned one, or where none is pinned the one
// that the host stated before the first byte. A host that fails or refuses is followed by the next
// mirror.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/result.h"
#include "core/hub/download_record.h"
#include "core/protocol/engine.h"

namespace greylag {

class PartFile;

struct DownloaderOptions {
  std::chrono::milliseconds stall_time{30'000};
  std::chrono::milliseconds first_pause{1'000};  // before the first retry; doubles, at most 60 s
  int retries = 6;                               // without progress
};

// All public functions: any thread. on_change is called on the download thread or the caller's, one
// call at a time, at most four times a second per download while it runs; it must not call back.
class Downloader {
 public:
  using OnChange = std::function<void(const protocol::DownloadStatus&)>;

  // Takes up the unfinished downloads recorded in `folder`.
  Downloader(std::filesystem::path folder, OnChange on_change, DownloaderOptions options = {});
  // Stops; what is unfinished goes on at the next start.
  ~Downloader();
  Downloader(const Downloader&) = delete;

  // record.id is filled from file_name. Conflict when the file exists or is being fetched;
  // InvalidArgument, Forbidden (name, hash, URL).
  Result<protocol::DownloadStatus> add(DownloadRecord record);
  // NotFound; Conflict in the wrong state: a download that was cancelled stays so, however far the
  // thread has got with it.
  Result<protocol::DownloadStatus> pause(const std::string& id);
  Result<protocol::DownloadStatus> resume(const std::string& id);
  Result<protocol::DownloadStatus> cancel(const std::string& id);
  std::vector<protocol::DownloadStatus> list() const;

 private:
  struct Job {
    DownloadRecord record;
    protocol::DownloadStatus status;
    std::string wanted;  // "paused" or "cancelled" while running (then final); empty = go on
    std::chrono::steady_clock::time_point shown_at, measured_at;
    uint64_t measured_bytes = 0;
  };

  void work(const std::stop_token& stop);
  void run(const std::string& id, const std::stop_token& stop);
  Status attempt(DownloadRecord& record, std::optional<PartFile>& part, const std::string& id,
                 const std::stop_token& stop);
  bool pause_before_retry(const std::string& id, int failures, const std::stop_token& stop);
  void settle(const std::string& id, const Status& result);
  bool is_interrupted(const std::string& id, const std::stop_token& stop) const;
  void show_progress(const std::string& id, uint64_t done, uint64_t total);
  void set_state(const std::string& id, const std::string& state);
  void announce(const std::string& id);
  Job* find(const std::string& id);
  const Job* find(const std::string& id) const;
  static bool is_active(const Job& job);

  const std::filesystem::path folder_;
  const OnChange on_change_;
  const DownloaderOptions options_;
  std::mutex announcing_;     // orders the calls of on_change_; taken before mutex_
  mutable std::mutex mutex_;  // guards jobs_
  std::condition_variable_any changed_;
  std::vector<Job> jobs_;
  std::jthread thread_;  // last: joined first
};

}  // namespace greylag
