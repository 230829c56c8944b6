// SPDX-License-Identifier: Apache-2.0
// What becomes of a completion request until its model, and what lies beside it, is loaded? It
// waits without a thread. A stream begins after a second of waiting, so that its pings reach the
// client; until then an error can still be an HTTP status.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/server/http_message.h"
#include "core/server/request_log.h"

namespace greylag {

// Ends once: by refuse, by take, or because the client goes, which ends the request in the log.
// Any thread.
class CompletionWait : public std::enable_shared_from_this<CompletionWait> {
 public:
  static std::shared_ptr<CompletionWait> start(std::shared_ptr<Exchange> exchange, RequestLog& log,
                                               uint64_t log_id, bool is_stream);

  // Answers with the error: as a reply, or as the last event of a stream that has begun.
  void refuse(const Error& error, const std::string& param = {}, const std::string& code = {});
  // The exchange is the caller's from here on; none when the wait has ended.
  struct Taken {
    std::shared_ptr<Exchange> exchange;
    bool has_begun_stream = false;
  };
  std::optional<Taken> take();
  // What to do when the client goes; at once when it has. Replaces what was to be done before.
  void on_leave(std::function<void()> leave);
  // Begins the stream, or gives up, when it is time to.
  void look(std::chrono::steady_clock::time_point now);

 private:
  CompletionWait(std::shared_ptr<Exchange> exchange, RequestLog& log, uint64_t log_id,
                 bool is_stream);
  void on_client_gone();

  RequestLog& log_;
  const uint64_t log_id_;
  const bool is_stream_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mutex mutex_;                    // guards what follows
  std::shared_ptr<Exchange> exchange_;  // null after the end
  bool has_begun_stream_ = false;
  bool is_client_gone_ = false;
  std::function<void()> leave_;
};

// Those that wait. Any thread.
class CompletionWaits {
 public:
  void add(const std::shared_ptr<CompletionWait>& wait);
  // A few times a second.
  void look();

 private:
  std::mutex mutex_;  // guards waits_
  std::vector<std::weak_ptr<CompletionWait>> waits_;
};

}  // namespace greylag
