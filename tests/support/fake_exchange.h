// SPDX-License-Identifier: Apache-2.0
// An exchange without a socket: keeps what it is given; the test plays the client.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/server/http_message.h"

namespace greylag::test {

// Any thread. What is done after the end is dropped, as the real one does.
class FakeExchange final : public Exchange {
 public:
  explicit FakeExchange(HttpRequest request = {}) : request_(std::move(request)) {}
  // Called in send() before the bytes are kept, without a lock.
  std::function<void(const std::string&)> on_send;

  const HttpRequest& request() const override { return request_; }
  void reply(HttpResponse response) override {
    const std::lock_guard lock(mutex_);
    if (has_ended_ || has_begun_stream_) return;
    response_ = std::move(response);
    end();
  }
  void begin_stream() override {
    const std::lock_guard lock(mutex_);
    has_begun_stream_ = true;
  }
  void send(std::string bytes) override {
    if (on_send) on_send(bytes);
    const std::lock_guard lock(mutex_);
    if (!has_ended_ && has_begun_stream_) sent_.push_back(std::move(bytes));
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    end();
  }
  bool is_open() const override {
    const std::lock_guard lock(mutex_);
    return !has_ended_;
  }
  size_t pending_bytes() const override { return 0; }
  void post(std::function<void()> work) override { work(); }
  void on_close(std::function<void()> callback) override {
    {
      const std::lock_guard lock(mutex_);
      if (!is_client_gone_) {
        if (!has_ended_) on_close_ = std::move(callback);
        return;
      }
    }
    callback();
  }

  // The client goes.
  void hang_up() {
    std::function<void()> callback;
    {
      const std::lock_guard lock(mutex_);
      callback = std::exchange(on_close_, nullptr);
      is_client_gone_ = true;
      end();
    }
    if (callback) callback();
  }
  void await_end() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return has_ended_; });
  }
  bool has_begun_stream() const {
    const std::lock_guard lock(mutex_);
    return has_begun_stream_;
  }
  std::vector<std::string> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }
  // 0: there was no reply.
  int status() const {
    const std::lock_guard lock(mutex_);
    return response_ ? response_->status : 0;
  }
  std::string body() const {
    const std::lock_guard lock(mutex_);
    return response_ ? response_->body : "";
  }

 private:
  void end() {
    has_ended_ = true;
    on_close_ = nullptr;
    ended_.notify_all();
  }

  const HttpRequest request_;
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  std::vector<std::string> sent_;
  std::optional<HttpResponse> response_;
  std::function<void()> on_close_;
  bool has_begun_stream_ = false, has_ended_ = false, is_client_gone_ = false;
};

}  // namespace greylag::test
