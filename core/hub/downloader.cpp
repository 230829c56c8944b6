// SPDX-License-Identifier: Apache-2.0
#include "core/hub/downloader.h"

#include <algorithm>
#include <exception>
#include <system_error>

#include "core/base/log.h"
#include "core/hub/download_attempt.h"
#include "core/hub/file_name.h"
#include "core/hub/http_fetch.h"
#include "core/hub/part_file.h"

namespace greylag {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kShowEvery{250};
constexpr std::chrono::milliseconds kLongestPause{60'000};

bool is_sha256(const std::string& text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

protocol::DownloadStatus first_status(const DownloadRecord& record) {
  protocol::DownloadStatus status;
  status.id = record.id;
  status.name = record.name;
  status.file_name = record.file_name;
  status.url = record.url;
  status.state = record.is_paused ? "paused" : "queued";
  status.verification = record.verification();
  status.bytes_total = record.size_bytes;
  return status;
}

// What one host refuses another may have.
bool is_refusal(ErrorCode code) {
  return code == ErrorCode::NotFound || code == ErrorCode::Forbidden ||
         code == ErrorCode::InvalidArgument;
}

Error unknown() { return Error{ErrorCode::NotFound, "there is no such download"}; }
Error wrong_state(const std::string& state) {
  return Error{ErrorCode::Conflict, "this download is " + state};
}

}  // namespace

Downloader::Downloader(std::filesystem::path folder, OnChange on_change, DownloaderOptions options)
    : folder_(std::move(folder)), on_change_(std::move(on_change)), options_(options) {
  for (DownloadRecord& record : load_records(folder_)) {
    Job job;
    job.status = first_status(record);
    std::error_code absent;
    const auto size = std::filesystem::file_size(record.part(), absent);
    job.status.bytes_done = absent ? 0 : size;
    job.record = std::move(record);
    jobs_.push_back(std::move(job));
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Downloader::~Downloader() = default;

Downloader::Job* Downloader::find(const std::string& id) {
  const auto it =
      std::find_if(jobs_.begin(), jobs_.end(), [&](const Job& j) { return j.status.id == id; });
  return it == jobs_.end() ? nullptr : &*it;
}
const Downloader::Job* Downloader::find(const std::string& id) const {
  return const_cast<Downloader*>(this)->find(id);
}

bool Downloader::is_active(const Job& job) {
  const std::string& state = job.status.state;
  return state == "queued" || state == "running" || state == "verifying" || state == "paused";
}

Result<protocol::DownloadStatus> Downloader::add(DownloadRecord record) {
  if (Status name = check_file_name(record.file_name); !name) return name.error();
  if (Status url = check_download_url(record.url); !url) return url.error();
  for (const std::string& mirror : record.mirrors) {
    if (Status url = check_download_url(mirror); !url) return url.error();
  }
  if (!record.sha256.empty() && !is_sha256(record.sha256)) {
    return Error{ErrorCode::InvalidArgument, "sha256 must be 64 lower-case hex digits"};
  }
  record.id = record.file_name;
  if (std::filesystem::exists(record.target)) {
    return Error{ErrorCode::Conflict, record.file_name + " is installed already"};
  }
  Job job;
  job.status = first_status(record);
  {
    const std::lock_guard lock(mutex_);
    if (Job* old = find(record.id)) {
      if (is_active(*old))
        return Error{ErrorCode::Conflict, record.file_name + " is being fetched"};
      jobs_.erase(jobs_.begin() + (old - jobs_.data()));
    }
    if (Status saved = save_record(folder_, record); !saved) return saved.error();
    job.record = std::move(record);
    jobs_.push_back(job);
  }
  changed_.notify_all();
  announce(job.status.id);
  return job.status;
}

Result<protocol::DownloadStatus> Downloader::pause(const std::string& id) {
  std::unique_lock lock(mutex_);
  Job* job = find(id);
  if (job == nullptr) return unknown();
  if (job->status.state == "paused") return job->status;
  if (!is_active(*job)) return wrong_state(job->status.state);
  if (job->wanted == "cancelled") return wrong_state("being cancelled");
  job->record.is_paused = true;
  if (Status saved = save_record(folder_, job->record); !saved) return saved.error();
  if (job->status.state == "queued")
    job->status.state = "paused";
  else
    job->wanted = "paused";
  const auto status = job->status;
  lock.unlock();
  changed_.notify_all();
  announce(id);
  return status;
}

Result<protocol::DownloadStatus> Downloader::resume(const std::string& id) {
  std::unique_lock lock(mutex_);
  Job* job = find(id);
  if (job == nullptr) return unknown();
  const std::string state = job->status.state;
  if (job->wanted == "cancelled") return wrong_state("being cancelled");
  if (state != "paused" && state != "failed" && job->wanted != "paused") return wrong_state(state);
  job->record.is_paused = false;
  job->wanted.clear();
  if (Status saved = save_record(folder_, job->record); !saved) return saved.error();
  if (state == "paused" || state == "failed") job->status.state = "queued";
  job->status.error.clear();
  const auto status = job->status;
  lock.unlock();
  changed_.notify_all();
  announce(id);
  return status;
}

Result<protocol::DownloadStatus> Downloader::cancel(const std::string& id) {
  std::unique_lock lock(mutex_);
  Job* job = find(id);
  if (job == nullptr) return unknown();
  const std::string state = job->status.state;
  if (state == "cancelled") return job->status;
  if (state == "done") return wrong_state(state);
  if (state == "running" || state == "verifying") {
    job->wanted = "cancelled";
  } else {
    job->status.state = "cancelled";
    remove_record(folder_, job->record);
    std::error_code ignored;
    std::filesystem::remove(job->record.part(), ignored);
  }
  const auto status = job->status;
  lock.unlock();
  changed_.notify_all();
  announce(id);
  return status;
}

std::vector<protocol::DownloadStatus> Downloader::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<protocol::DownloadStatus> out;
  for (const Job& job : jobs_) out.push_back(job.status);
  return out;
}

bool Downloader::is_interrupted(const std::string& id, const std::stop_token& stop) const {
  if (stop.stop_requested()) return true;
  const std::lock_guard lock(mutex_);
  const Job* job = find(id);
  return job == nullptr || !job->wanted.empty();
}

// The newest state is read inside the announcing lock, so that the last event is never an old one.
void Downloader::announce(const std::string& id) {
  const std::lock_guard one_at_a_time(announcing_);
  protocol::DownloadStatus status;
  {
    const std::lock_guard lock(mutex_);
    const Job* job = find(id);
    if (job == nullptr) return;
    status = job->status;
  }
  on_change_(status);
}

void Downloader::set_state(const std::string& id, const std::string& state) {
  std::unique_lock lock(mutex_);
  Job* job = find(id);
  job->status.state = state;
  lock.unlock();
  announce(id);
}

void Downloader::show_progress(const std::string& id, uint64_t done, uint64_t total) {
  std::unique_lock lock(mutex_);
  Job* job = find(id);
  const auto now = Clock::now();
  job->status.bytes_done = done;
  job->status.bytes_total = total;
  if (now - job->shown_at < kShowEvery) return;
  const double seconds = std::chrono::duration<double>(now - job->measured_at).count();
  if (done >= job->measured_bytes && seconds > 0) {
    const double rate = static_cast<double>(done - job->measured_bytes) / seconds;
    double& shown = job->status.bytes_per_second;
    shown = shown > 0 ? 0.7 * shown + 0.3 * rate : rate;  // smooth enough to read
    job->status.seconds_left =
        shown > 0 && total > done ? static_cast<double>(total - done) / shown : 0;
  }
  job->shown_at = job->measured_at = now;
  job->measured_bytes = done;
  lock.unlock();
  announce(id);
}

void Downloader::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::string id;
    {
      std::unique_lock lock(mutex_);
      const auto next = [this] {
        return std::find_if(jobs_.begin(), jobs_.end(),
                            [](const Job& job) { return job.status.state == "queued"; });
      };
      if (!changed_.wait(lock, stop, [&] { return next() != jobs_.end(); })) return;
      id = next()->status.id;
      next()->status.state = "running";  // before anyone can pause it as a queued one
    }
    try {
      run(id, stop);
    } catch (const std::exception& e) {
      settle(id, Error{ErrorCode::Internal, e.what()});
    }
  }
}

void Downloader::run(const std::string& id, const std::stop_token& stop) {
  DownloadRecord record;
  {
    const std::lock_guard lock(mutex_);
    Job* job = find(id);
    job->status.bytes_per_second = 0;
    job->measured_at = Clock::now();
    job->measured_bytes = job->status.bytes_done;
    record = job->record;
  }
  announce(id);
  std::optional<PartFile> part;  // kept over the attempts: what it holds is hashed once
  uint64_t furthest = 0;
  size_t unasked = record.mirrors.size();  // hosts that have not refused yet, beside this one
  for (int failures = 0;;) {
    const Status result = attempt(record, part, id, stop);
    {
      const std::lock_guard lock(mutex_);
      Job* job = find(id);
      job->record.etag = record.etag;  // is_paused may have changed meanwhile
      job->record.size_bytes = record.size_bytes;
      job->record.sha256 = record.sha256;
      job->record.is_hash_stated = record.is_hash_stated;
      job->status.verification = record.verification();
      if (job->status.bytes_done > furthest) {
        furthest = job->status.bytes_done;
        failures = 0;
      }
    }
    if (result.ok()) return settle(id, result);
    if (is_refusal(result.error().code) && unasked > 0) {
      --unasked;
      record.take_next_host();
      continue;
    }
    if (result.error().code != ErrorCode::Unavailable) return settle(id, result);
    if (++failures > options_.retries) return settle(id, result);
    record.take_next_host();
    if (!pause_before_retry(id, failures, stop)) {
      return settle(id, Error{ErrorCode::Cancelled, "stopped"});
    }
  }
}

Status Downloader::attempt(DownloadRecord& record, std::optional<PartFile>& part,
                           const std::string& id, const std::stop_token& stop) {
  AttemptHooks hooks;
  hooks.should_stop = [&] { return is_interrupted(id, stop); };
  hooks.on_progress = [&](uint64_t done, uint64_t total) { show_progress(id, done, total); };
  hooks.on_verifying = [&] { set_state(id, "verifying"); };
  hooks.save = [&](const DownloadRecord& changed) {
    const std::lock_guard lock(mutex_);
    DownloadRecord merged = changed;
    merged.is_paused = find(id)->record.is_paused;
    return save_record(folder_, merged);
  };
  return attempt_download(record, part, options_.stall_time, hooks);
}

bool Downloader::pause_before_retry(const std::string& id, int failures,
                                    const std::stop_token& stop) {
  const auto pause = std::min<std::chrono::milliseconds>(
      options_.first_pause * (1 << std::min(failures - 1, 16)), kLongestPause);
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, stop, pause, [&] { return !find(id)->wanted.empty(); });
  return !stop.stop_requested() && find(id)->wanted.empty();
}

// The end of a run, for good or until resume.
void Downloader::settle(const std::string& id, const Status& result) {
  std::unique_lock lock(mutex_);
  Job* job = find(id);
  const std::string wanted = std::exchange(job->wanted, "");
  std::error_code ignored;
  if (wanted == "cancelled") {
    job->status.state = "cancelled";
    remove_record(folder_, job->record);
    std::filesystem::remove(job->record.part(), ignored);
    // It may have come to its end in the moment in which it was cancelled.
    if (result.ok()) std::filesystem::remove(job->record.target, ignored);
  } else if (result.ok()) {
    job->status.state = "done";
    job->status.seconds_left = 0;
    remove_record(folder_, job->record);
  } else if (wanted == "paused") {
    job->status.state = "paused";
  } else if (result.error().code == ErrorCode::Cancelled) {
    job->status.state = "queued";  // resumed meanwhile, or the engine ends
  } else {
    job->status.state = "failed";
    job->status.error = result.error().message;
    log_warn("hub", "a download failed: " + result.error().message);
  }
  lock.unlock();
  announce(id);
}

}  // namespace greylag
