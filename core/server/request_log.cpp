// SPDX-License-Identifier: Apache-2.0
#include "core/server/request_log.h"

#include <algorithm>

namespace greylag {
namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kKept = 100;
constexpr std::chrono::milliseconds kShowEvery{250};

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

RequestLog::Entry* RequestLog::find(uint64_t id) {
  const auto it = std::find_if(entries_.rbegin(), entries_.rend(),
                               [&](const Entry& entry) { return entry.status.id == id; });
  return it == entries_.rend() ? nullptr : &*it;
}

uint64_t RequestLog::start(const std::string& route, const std::string& model) {
  protocol::RequestStatus status;
  status.route = route;
  status.model = model;
  status.state = "waiting";
  status.started_unix_time =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  {
    const std::lock_guard lock(mutex_);
    status.id = next_id_++;
    entries_.push_back({status, Clock::now(), {}, {}, true});
    size_t ended = 0;
    for (const Entry& entry : entries_) ended += entry.is_live ? 0 : 1;
    for (auto it = entries_.begin(); ended > kKept && it != entries_.end();) {
      if (it->is_live) {
        ++it;
      } else {
        it = entries_.erase(it);
        --ended;
      }
    }
  }
  on_change_(status);
  return status.id;
}

void RequestLog::progress(uint64_t id, int64_t prompt_tokens, int64_t completion_tokens,
                          double roof_share) {
  protocol::RequestStatus status;
  {
    const std::lock_guard lock(mutex_);
    Entry* entry = find(id);
    if (entry == nullptr || !entry->is_live) return;
    const auto now = Clock::now();
    if (entry->status.completion_tokens == 0) entry->first_token = now;
    entry->status.state = "running";
    entry->status.prompt_tokens = prompt_tokens;
    entry->status.completion_tokens = completion_tokens;
    entry->status.roof_share = roof_share;
    entry->status.seconds = seconds_between(entry->started, now);
    const double decoding = seconds_between(entry->first_token, now);
    if (completion_tokens > 1 && decoding > 0) {
      entry->status.tokens_per_second = static_cast<double>(completion_tokens - 1) / decoding;
    }
    if (now - entry->shown < kShowEvery) return;
    entry->shown = now;
    status = entry->status;
  }
  on_change_(status);
}

void RequestLog::end(uint64_t id, const std::string& state, int http_status) {
  protocol::RequestStatus status;
  {
    const std::lock_guard lock(mutex_);
    Entry* entry = find(id);
    if (entry == nullptr || !entry->is_live) return;
    entry->is_live = false;
    entry->status.state = state;
    entry->status.status = http_status;
    entry->status.seconds = seconds_between(entry->started, Clock::now());
    status = entry->status;
  }
  on_change_(status);
}

std::vector<protocol::RequestStatus> RequestLog::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<protocol::RequestStatus> out;
  for (auto it = entries_.rbegin(); it != entries_.rend(); ++it) out.push_back(it->status);
  return out;
}

}  // namespace greylag
