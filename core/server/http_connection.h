// SPDX-License-Identifier: Apache-2.0
// One client's socket: reads requests, writes replies and streams, notices when the client goes.
// Everything runs on the server's io thread except where said.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/server/http_server.h"

namespace greylag {

class Connection;
class HttpExchange;

// What all connections share. Outlives them.
struct HttpCore {
  HttpLimits limits;
  Router router;
  AccessCheck access;
  int port = 0;
  boost::asio::thread_pool* workers = nullptr;
  std::set<std::shared_ptr<Connection>> connections;  // io thread
  std::atomic<size_t> connection_count{0};            // read by any thread
  bool is_stopping = false;                           // io thread
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, HttpCore& core);

  void start();
  void close();
  bool is_busy() const { return current_ != nullptr || is_writing_; }
  boost::asio::any_io_executor executor() { return stream_.get_executor(); }

  // From the exchange, already on the io thread; ignored when it is not the current one.
  void respond(const std::shared_ptr<HttpExchange>& exchange, const HttpResponse& response);
  void begin_stream(const std::shared_ptr<HttpExchange>& exchange);
  void stream(const std::shared_ptr<HttpExchange>& exchange, std::string bytes);
  void finish(const std::shared_ptr<HttpExchange>& exchange);

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using ErrorCodeType = boost::system::error_code;

  void wait_for_request();
  void read_head();
  void on_head(ErrorCodeType error);
  std::optional<HttpResponse> refusal(const HttpRequest& head, Router::Match& match);
  void read_body(HttpRequest head, Router::Match match);
  void dispatch(HttpRequest request, const Router::Match& match);
  void refuse(const HttpResponse& response, bool is_unread);
  void watch_client();
  void write(std::string bytes);
  void write_next();
  void on_written(ErrorCodeType error);
  void after_exchange();
  void drain();
  void arm_ping();
  void client_is_gone();

  HttpCore& core_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer ping_timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::shared_ptr<HttpExchange> current_;
  std::deque<std::string> outgoing_;
  std::string writing_;
  bool is_writing_ = false;
  bool is_streaming_ = false;
  bool is_chunked_ = true;  // HTTP/1.0 clients get a stream that ends with the connection
  bool keeps_alive_ = false;
  bool is_closed_ = false;
  size_t unsent_bytes_ = 0;          // of the current stream, in outgoing_
  size_t writing_stream_bytes_ = 0;  // of the current stream, in writing_
  uint64_t drained_bytes_ = 0;
  uint64_t watch_number_ = 0;  // ignores the wait of an earlier exchange
  uint64_t sent_number_ = 0;   // what the ping timer compares
};

// The Exchange that handlers see; keeps its connection.
class HttpExchange : public Exchange, public std::enable_shared_from_this<HttpExchange> {
 public:
  HttpExchange(std::shared_ptr<Connection> connection, HttpRequest request);
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
  void end() { is_open_ = false; }
  void client_is_gone();
  void taken(size_t bytes) { pending_ -= bytes; }

 private:
  const std::shared_ptr<Connection> connection_;
  const HttpRequest request_;
  std::atomic<bool> is_open_{true};
  std::atomic<size_t> pending_{0};
  bool is_client_gone_ = false;     // io thread
  std::function<void()> on_close_;  // io thread
};

}  // namespace greylag
