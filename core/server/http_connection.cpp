// SPDX-License-Identifier: Apache-2.0
#include "core/server/http_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <utility>

#include "core/base/log.h"
#include "core/server/api_error.h"
#include "core/server/sse.h"

namespace greylag {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr uint64_t kDrainBytes = 64 * 1024 * 1024;  // of a refused body, so that the reply arrives
constexpr std::chrono::seconds kDrainTime{2};

template <typename Message>
HttpRequest to_request(const Message& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const size_t query = request.target.find('?');
  request.path = request.target.substr(0, query);
  if (query != std::string::npos) request.query = request.target.substr(query + 1);
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    });
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  return request;
}

std::string head_bytes(const HttpResponse& response, bool keeps_alive) {
  std::string out =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_reason(response.status));
  for (const auto& [name, value] : response.headers) out += name + ": " + value + "\r\n";
  out += "Content-Type: application/json\r\nCache-Control: no-store\r\n";
  out += "X-Content-Type-Options: nosniff\r\n";
  out += fmt::format("Content-Length: {}\r\nConnection: {}\r\n\r\n", response.body.size(),
                     keeps_alive ? "keep-alive" : "close");
  return out;
}

bool is_json_type(std::string_view type) {
  const std::string_view word = type.substr(0, type.find(';'));
  const size_t end = word.find_last_not_of(" \t");
  return beast::iequals(word.substr(0, end + 1), "application/json");
}

Error head_error(const boost::system::error_code& error) {
  if (error == http::error::header_limit) {
    return Error{ErrorCode::TooLarge, "the request head is longer than 32 KiB"};
  }
  return Error{ErrorCode::InvalidArgument, "this is not a valid HTTP request"};
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, HttpCore& core)
    : core_(core), stream_(std::move(socket)), ping_timer_(stream_.get_executor()) {}

void Connection::start() {
  boost::system::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  wait_for_request();
}

void Connection::wait_for_request() {
  if (core_.is_stopping) return close();
  if (buffer_.size() > 0) return read_head();
  stream_.expires_after(core_.limits.idle_time);
  stream_.async_read_some(buffer_.prepare(4096),
                          [self = shared_from_this()](ErrorCodeType error, size_t size) {
                            if (error) return self->close();
                            self->buffer_.commit(size);
                            self->read_head();
                          });
}

void Connection::read_head() {
  parser_.emplace();
  parser_->header_limit(core_.limits.head_bytes);
  parser_->body_limit(boost::none);  // checked by us after access, so that 401 comes before 413
  stream_.expires_after(core_.limits.head_time);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCodeType error, size_t) { self->on_head(error); });
}

void Connection::on_head(ErrorCodeType error) {
  if (error == http::error::end_of_stream || error == beast::error::timeout) return close();
  if (error && error.category() != ErrorCodeType(http::error::bad_method).category()) {
    return close();
  }
  if (error) return refuse(error_response(head_error(error)), true);
  HttpRequest head = to_request(parser_->get());
  is_chunked_ = parser_->get().version() >= 11;
  const bool has_body = parser_->chunked() || parser_->content_length().value_or(0) > 0;
  keeps_alive_ = parser_->keep_alive() && is_chunked_;
  Router::Match match;
  if (auto response = refusal(head, match)) return refuse(*response, has_body);
  read_body(std::move(head), std::move(match));
}

std::optional<HttpResponse> Connection::refusal(const HttpRequest& head, Router::Match& match) {
  const auto refused = [](ErrorCode code, std::string message) {
    return error_response(Error{code, std::move(message)});
  };
  if (auto error = core_.access(head, core_.port)) {
    return error_response(*error, {},
                          error->code == ErrorCode::Unauthorized ? "invalid_api_key" : "");
  }
  if (head.target.size() > core_.limits.target_bytes) {
    return refused(ErrorCode::TooLarge, "the request path is longer than 8 KiB");
  }
  if (head.headers.size() > core_.limits.header_fields) {
    return refused(ErrorCode::TooLarge, "the request has more than 64 header fields");
  }
  auto found = core_.router.find(head.method, head.path);
  if (!found) return error_response(found.error());
  match = std::move(found.value());
  const uint64_t length = parser_->content_length().value_or(0);
  const bool has_body = parser_->chunked() || length > 0;
  if (has_body && !is_json_type(head.header("content-type"))) {
    return refused(ErrorCode::UnsupportedType, "Content-Type must be application/json");
  }
  if (length > core_.limits.body_bytes) {
    return refused(ErrorCode::TooLarge, "the body is longer than 8 MiB");
  }
  return std::nullopt;
}

void Connection::read_body(HttpRequest head, Router::Match match) {
  const uint64_t length = parser_->content_length().value_or(0);
  parser_->body_limit(core_.limits.body_bytes);
  const auto extra = std::chrono::seconds(std::min<uint64_t>(length / 1024, 60));
  stream_.expires_after(core_.limits.body_time + extra);
  if (beast::iequals(head.header("expect"), "100-continue")) {
    write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this(), head = std::move(head), match = std::move(match)](
          ErrorCodeType error, size_t) mutable {
        if (error == http::error::body_limit) {
          return self->refuse(
              error_response(Error{ErrorCode::TooLarge, "the body is longer than 8 MiB"}), true);
        }
        if (error) return self->close();
        head.body = std::move(self->parser_->get().body());
        self->parser_.reset();
        self->dispatch(std::move(head), match);
      });
}

void Connection::dispatch(HttpRequest request, const Router::Match& match) {
  request.arguments = match.arguments;
  stream_.expires_never();
  current_ = std::make_shared<HttpExchange>(shared_from_this(), std::move(request));
  watch_client();
  asio::post(*core_.workers, [exchange = current_, handler = match.handler] {
    try {
      (*handler)(exchange);
    } catch (const std::exception& e) {
      log_error("server", fmt::format("a handler failed: {}", e.what()));
      exchange->reply(error_response(Error{ErrorCode::Internal, "the request failed inside"}));
    }
  });
}

// A reply to a request that no handler sees. is_unread: body bytes may follow, so the connection
// cannot be used again.
void Connection::refuse(const HttpResponse& response, bool is_unread) {
  keeps_alive_ = keeps_alive_ && !is_unread;
  parser_.reset();
  write(head_bytes(response, keeps_alive_) + response.body);
}

// Readable while we answer means the client hung up, or it sent its next request already.
void Connection::watch_client() {
  const uint64_t number = ++watch_number_;
  stream_.socket().async_wait(asio::ip::tcp::socket::wait_read,
                              [self = shared_from_this(), number](ErrorCodeType error) {
                                if (error || number != self->watch_number_ || !self->current_)
                                  return;
                                ErrorCodeType failed;
                                if (self->stream_.socket().available(failed) == 0 || failed)
                                  self->client_is_gone();
                              });
}

void Connection::respond(const std::shared_ptr<HttpExchange>& exchange,
                         const HttpResponse& response) {
  if (exchange != current_ || is_streaming_) return;
  current_->end();
  current_.reset();
  write(head_bytes(response, keeps_alive_) + response.body);
}

void Connection::begin_stream(const std::shared_ptr<HttpExchange>& exchange) {
  if (exchange != current_ || is_streaming_) return;
  is_streaming_ = true;
  keeps_alive_ = keeps_alive_ && is_chunked_;
  write(fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
      "Cache-Control: no-cache, no-store\r\nX-Accel-Buffering: no\r\n{}"
      "Connection: {}\r\n\r\n",
      is_chunked_ ? "Transfer-Encoding: chunked\r\n" : "", keeps_alive_ ? "keep-alive" : "close"));
  arm_ping();
}

void Connection::stream(const std::shared_ptr<HttpExchange>& exchange, std::string bytes) {
  if (exchange != current_ || !is_streaming_) return;
  unsent_bytes_ += bytes.size();
  if (unsent_bytes_ > core_.limits.stream_bytes) {
    log_warn("server", "a client reads too slowly; its stream is dropped");
    return client_is_gone();
  }
  write(is_chunked_ ? fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes) : std::move(bytes));
}

void Connection::finish(const std::shared_ptr<HttpExchange>& exchange) {
  if (exchange != current_ || !is_streaming_) return;
  current_->end();
  current_.reset();
  is_streaming_ = false;
  ping_timer_.cancel();
  if (is_chunked_) {
    write("0\r\n\r\n");
  } else if (!is_writing_) {
    after_exchange();
  }
}

void Connection::arm_ping() {
  ping_timer_.expires_after(core_.limits.ping_time);
  ping_timer_.async_wait([self = shared_from_this(), number = sent_number_](ErrorCodeType error) {
    if (error || !self->is_streaming_) return;
    if (number == self->sent_number_ && self->current_) {
      self->current_->send(std::string(kSsePing));
    }
    self->arm_ping();
  });
}

void Connection::write(std::string bytes) {
  ++sent_number_;
  outgoing_.push_back(std::move(bytes));
  if (!is_writing_) write_next();
}

void Connection::write_next() {
  is_writing_ = true;
  writing_.clear();
  for (const auto& piece : outgoing_) writing_ += piece;
  outgoing_.clear();
  writing_stream_bytes_ = std::exchange(unsent_bytes_, 0);
  stream_.expires_after(core_.limits.write_time);
  asio::async_write(
      stream_, asio::buffer(writing_),
      [self = shared_from_this()](ErrorCodeType error, size_t) { self->on_written(error); });
}

void Connection::on_written(ErrorCodeType error) {
  is_writing_ = false;
  if (error || is_closed_) return client_is_gone();
  if (current_) current_->taken(writing_stream_bytes_);
  if (!outgoing_.empty()) return write_next();
  if (current_ || parser_) return;  // more will come, or the body is still being read
  after_exchange();
}

void Connection::after_exchange() {
  ++watch_number_;
  boost::system::error_code ignored;
  stream_.socket().cancel(ignored);  // the wait of watch_client
  if (core_.is_stopping) return close();
  if (keeps_alive_) return wait_for_request();
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  stream_.expires_after(kDrainTime);
  drain();
}

void Connection::drain() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(65536),
                          [self = shared_from_this()](ErrorCodeType error, size_t size) {
                            self->drained_bytes_ += size;
                            if (error || self->drained_bytes_ > kDrainBytes) return self->close();
                            self->drain();
                          });
}

void Connection::client_is_gone() {
  if (const auto exchange = std::exchange(current_, nullptr)) exchange->client_is_gone();
  close();
}

void Connection::close() {
  if (is_closed_) return;
  is_closed_ = true;
  if (const auto exchange = std::exchange(current_, nullptr)) exchange->client_is_gone();
  ping_timer_.cancel();
  stream_.close();
  core_.connections.erase(shared_from_this());
  core_.connection_count = core_.connections.size();
}

}  // namespace greylag
