// SPDX-License-Identifier: Apache-2.0
// One client's socket: reads requests, writes replies and streams, notices when the client goes.
// Everything runs on the server's io thread except where said.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/server/http_server.h"
#include "core/server/request_reader.h"

namespace greylag {

class Connection;
class HttpExchange;

// What all connections share. Outlives them.
struct HttpCore {
  HttpLimits limits;
  Router router;
  AccessCheck access;
  int port = 0;
  // Two, so that answers of models (/v1) and the engine's own state never wait for each other.
  boost::asio::io_context* api_workers = nullptr;
  boost::asio::io_context* engine_workers = nullptr;
  std::set<std::shared_ptr<Connection>> connections;  // io thread
  std::atomic<size_t> connection_count{0};            // read by any thread
  std::atomic<size_t> body_bytes{0};                  // of all bodies in memory
  std::function<void()> on_place_free;                // io thread: a connection has closed
  uint64_t turned_away = 0;                           // io thread: not in the log yet
  std::chrono::steady_clock::time_point logged_at{};  // io thread
  bool is_stopping = false;                           // io thread

  // A client found no place. At most one line a second tells of all of them.
  void count_turned_away();
};

// The part of HttpCore::body_bytes that one request holds. One thread at a time.
class BodyShare {
 public:
  BodyShare() = default;
  BodyShare(BodyShare&& other) noexcept { *this = std::move(other); }
  BodyShare& operator=(BodyShare&& other) noexcept {
    std::swap(core_, other.core_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyShare() { set(core_, 0); }
  // False when all bodies together are beyond the limit.
  bool set(HttpCore* core, size_t bytes);

 private:
  HttpCore* core_ = nullptr;
  size_t bytes_ = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Clock = std::chrono::steady_clock;

  // is_extra: there is no place left but those kept for the window; it is told so unless it bears
  // the control token.
  Connection(boost::asio::ip::tcp::socket socket, HttpCore& core, bool is_extra);

  void start();
  void close();
  // Answers 503 to a client that has asked for nothing yet, or lets an idle one go.
  void turn_away();

  bool is_busy() const { return current_ != nullptr || is_writing_; }
  // Once a request of it bore a token, it is no stranger.
  bool is_stranger() const { return !has_token_; }
  bool is_leaving() const { return phase_ == Phase::Leaving; }
  // It keeps a place and asks for nothing.
  bool is_idle() const;
  Clock::time_point idle_since() const { return waiting_since_; }
  boost::asio::any_io_executor executor() { return socket_.get_executor(); }

  // From the exchange, already on the io thread; ignored when it is not the current one.
  void respond(const std::shared_ptr<HttpExchange>& exchange, const HttpResponse& response);
  void begin_stream(const std::shared_ptr<HttpExchange>& exchange);
  void stream(const std::shared_ptr<HttpExchange>& exchange, std::string bytes);
  void finish(const std::shared_ptr<HttpExchange>& exchange);

 private:
  using ErrorCodeType = boost::system::error_code;
  enum class Phase { Reading, Answering, Leaving };
  enum class Wait { Request, Head, Body, Goodbye };  // of the client; each has its deadline

  template <typename Work>
  auto guarded(Work work);
  void read();
  void on_read(ErrorCodeType error, size_t size);
  void on_input_end();
  void probe();
  void advance();
  bool accept_head();
  std::optional<HttpResponse> refusal(const HttpRequest& head);
  void dispatch();
  void refuse(const HttpResponse& response);
  void wait_for(Wait wait);
  Clock::time_point deadline() const;
  void arm_deadline();
  void on_deadline();
  void write(std::string bytes);
  void write_next();
  void on_written(ErrorCodeType error, size_t size);
  void after_exchange();
  void leave();
  void arm_ping();
  void client_is_gone();

  HttpCore& core_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer deadline_timer_, write_timer_, ping_timer_;
  RequestReader reader_;
  const bool is_extra_;
  Phase phase_ = Phase::Reading;
  Wait wait_ = Wait::Request;
  Clock::time_point waiting_since_ = Clock::now();
  bool has_token_ = false;
  bool has_served_ = false;
  bool is_reading_ = false;
  bool is_input_ended_ = false;  // the client sends nothing more
  bool is_closed_ = false;
  uint64_t drained_bytes_ = 0;
  std::array<char, 16 * 1024> piece_{};

  // The current request.
  Router::Match match_;
  BodyShare body_share_;
  std::shared_ptr<HttpExchange> current_;
  bool is_head_request_ = false;
  bool is_streaming_ = false;
  bool is_chunked_ = true;  // HTTP/1.0 clients get a stream that ends with the connection
  bool keeps_alive_ = false;

  std::deque<std::string> outgoing_;
  std::string writing_;
  size_t written_ = 0;  // of writing_
  bool is_writing_ = false;
  size_t stream_bytes_ = 0;   // of the current stream, given to write and not yet taken
  uint64_t sent_number_ = 0;  // what the ping timer compares
};

// The Exchange that handlers see; keeps its connection.
class HttpExchange : public Exchange, public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(std::shared_ptr<Connection> connection, HttpRequest request, BodyShare body_share);
  const HttpRequest& request() const override { return request_; }
  void reply(HttpResponse response) override;
  void begin_stream() override;
  void send(std::string bytes) override;
  void finish() override;
  bool is_open() const override { return is_open_.load(std::memory_order_relaxed); }
  size_t pending_bytes() const override { return pending_.load(std::memory_order_relaxed); }
  void post(std::function<void()> work) override;
  void on_close(std::function<void()> callback) override;

  // io thread
  void end();
  void client_is_gone();
  void add_pending(size_t bytes) { pending_ += bytes; }
  void taken(size_t bytes) { pending_ -= bytes; }

 private:
  const std::shared_ptr<Connection> connection_;
  const HttpRequest request_;
  const BodyShare body_share_;
  std::atomic<bool> is_open_{true};
  std::atomic<size_t> pending_{0};
  bool is_client_gone_ = false;     // io thread
  std::function<void()> on_close_;  // io thread; dropped at the end, for it may hold this exchange
};

}  // namespace greylag
