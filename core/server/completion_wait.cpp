// SPDX-License-Identifier: Apache-2.0
#include "core/server/completion_wait.h"

#include <utility>

#include "core/server/api_error.h"
#include "core/server/sse.h"

namespace greylag {
namespace {

// Long enough for most errors to come as an HTTP status, short against the timeouts of clients.
constexpr std::chrono::seconds kQuietTime{1};
// A large model from a slow disk or a network share.
constexpr std::chrono::minutes kLongestWait{10};

}  // namespace

CompletionWait::CompletionWait(std::shared_ptr<Exchange> exchange, RequestLog& log, uint64_t log_id,
                               bool is_stream)
    : log_(log), log_id_(log_id), is_stream_(is_stream), exchange_(std::move(exchange)) {}

std::shared_ptr<CompletionWait> CompletionWait::start(std::shared_ptr<Exchange> exchange,
                                                      RequestLog& log, uint64_t log_id,
                                                      bool is_stream) {
  const std::shared_ptr<CompletionWait> wait(new CompletionWait(exchange, log, log_id, is_stream));
  exchange->on_close([weak = std::weak_ptr(wait)] {
    if (const auto self = weak.lock()) self->on_client_gone();
  });
  return wait;
}

void CompletionWait::refuse(const Error& error, const std::string& param, const std::string& code) {
  const std::optional<Taken> taken = take();
  if (!taken) return;
  log_.end(log_id_, "failed", http_status(error.code));
  if (!taken->has_begun_stream) {
    return taken->exchange->reply(error_response(error, param, code));
  }
  taken->exchange->send(sse_data(error_body(error, param, code)));
  taken->exchange->send(std::string(kSseDone));
  taken->exchange->finish();
}

std::optional<CompletionWait::Taken> CompletionWait::take() {
  const std::lock_guard lock(mutex_);
  if (!exchange_) return std::nullopt;
  return Taken{std::exchange(exchange_, nullptr), has_begun_stream_};
}

void CompletionWait::on_leave(std::function<void()> leave) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_client_gone_) {
      std::swap(leave_, leave);
      return;
    }
  }
  leave();
}

void CompletionWait::on_client_gone() {
  std::shared_ptr<Exchange> exchange;  // dropped after the lock
  std::function<void()> leave;
  {
    const std::lock_guard lock(mutex_);
    if (!exchange_) return;
    exchange = std::exchange(exchange_, nullptr);
    leave = std::exchange(leave_, nullptr);
    is_client_gone_ = true;
  }
  log_.end(log_id_, "cancelled", http_status(ErrorCode::Cancelled));
  if (leave) leave();
}

void CompletionWait::look(std::chrono::steady_clock::time_point now) {
  if (now - started_ > kLongestWait) {
    refuse(Error{ErrorCode::Unavailable, "the model is still loading"}, {}, "model_loading");
    std::function<void()> leave;
    {
      const std::lock_guard lock(mutex_);
      leave = std::exchange(leave_, nullptr);
    }
    if (leave) leave();
    return;
  }
  if (!is_stream_ || now - started_ < kQuietTime) return;
  const std::lock_guard lock(mutex_);
  if (!exchange_ || has_begun_stream_) return;
  has_begun_stream_ = true;
  exchange_->begin_stream();  // under the lock: whoever takes the exchange sends after it
}

void CompletionWaits::add(const std::shared_ptr<CompletionWait>& wait) {
  const std::lock_guard lock(mutex_);
  waits_.push_back(wait);
}

void CompletionWaits::look() {
  std::vector<std::shared_ptr<CompletionWait>> waits;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waits_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : waits_) waits.push_back(weak.lock());
  }
  const auto now = std::chrono::steady_clock::now();
  for (const auto& wait : waits) {
    if (wait) wait->look(now);
  }
}

}  // namespace greylag
