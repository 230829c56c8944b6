// SPDX-License-Identifier: Apache-2.0
// What are API clients doing? The live requests and the last 100 that ended; no prompt text.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "core/protocol/engine.h"

namespace greylag {

// Any thread. on_change is called without a lock: at start and end, and at most four times a second
// per request between.
class RequestLog {
 public:
  using OnChange = std::function<void(const protocol::RequestStatus&)>;
  explicit RequestLog(OnChange on_change) : on_change_(std::move(on_change)) {}

  uint64_t start(const std::string& route, const std::string& model);
  // roof_share: as in RequestStatus, 0 = unknown.
  void progress(uint64_t id, int64_t prompt_tokens, int64_t completion_tokens, double roof_share);
  void end(uint64_t id, const std::string& state, int http_status);
  std::vector<protocol::RequestStatus> list() const;  // newest first

 private:
  struct Entry {
    protocol::RequestStatus status;
    std::chrono::steady_clock::time_point started, first_token, shown;
    bool is_live = true;
  };
  Entry* find(uint64_t id);

  const OnChange on_change_;
  mutable std::mutex mutex_;  // guards what follows
  uint64_t next_id_ = 1;
  std::deque<Entry> entries_;
};

}  // namespace greylag
