// SPDX-License-Identifier: Apache-2.0
// The socket is read all the time, also while a request is answered: that is how a client that
// leaves is noticed although it sent something first. Bytes of the next requests wait in the
// reader, up to kPipelineBytes.
#include "core/server/http_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/beast/core/string.hpp>
#include <utility>

#include "core/base/log.h"
#include "core/server/api_error.h"
#include "core/server/sse.h"

namespace greylag {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr size_t kPipelineBytes = 64 * 1024;
constexpr uint64_t kStrangerBodyBytes = 1024;       // without a token there is nothing to send
constexpr uint64_t kDrainBytes = 64 * 1024 * 1024;  // of a refused body, so that the reply arrives
constexpr size_t kWriteBytes = 256 * 1024;          // gathered for one call of the system
constexpr std::chrono::seconds kDrainTime{2};
constexpr std::chrono::seconds kLongestBody{300};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

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

}  // namespace

void HttpCore::count_turned_away() {
  ++turned_away;
  const auto now = std::chrono::steady_clock::now();
  if (now - logged_at < std::chrono::seconds(1)) return;
  logged_at = now;
  log_warn("server", fmt::format("too many connections; clients turned away={}", turned_away));
  turned_away = 0;
}

bool BodyShare::set(HttpCore* core, size_t bytes) {
  core_ = core;
  if (core_ == nullptr) return true;
  core_->body_bytes += bytes;
  core_->body_bytes -= std::exchange(bytes_, bytes);
  return core_->body_bytes <= core_->limits.all_bodies_bytes;
}

Connection::Connection(asio::ip::tcp::socket socket, HttpCore& core, bool is_extra)
    : core_(core),
      socket_(std::move(socket)),
      deadline_timer_(socket_.get_executor()),
      write_timer_(socket_.get_executor()),
      ping_timer_(socket_.get_executor()),
      reader_(core.limits.head_bytes),
      is_extra_(is_extra) {}

// What fails in here costs this connection, not the process.
template <typename Work>
auto Connection::guarded(Work work) {
  return [self = shared_from_this(), work = std::move(work)](auto... arguments) {
    try {
      work(*self, arguments...);
    } catch (const std::exception& problem) {
      log_error("server", fmt::format("a connection failed: {}", problem.what()));
      self->client_is_gone();
    }
  };
}

void Connection::start() {
  boost::system::error_code ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  wait_for(Wait::Request);
  read();
}

bool Connection::is_idle() const {
  return phase_ == Phase::Reading && wait_ == Wait::Request && !is_writing_;
}

void Connection::turn_away() {
  if (has_served_ && is_idle()) return close();
  core_.count_turned_away();
  refuse(error_response(Error{ErrorCode::Unavailable, "the server has no free connection"}));
}

void Connection::read() {
  const bool is_full = phase_ == Phase::Answering && reader_.buffered_bytes() >= kPipelineBytes;
  if (is_reading_ || is_closed_ || is_input_ended_ || is_full) return;
  is_reading_ = true;
  socket_.async_read_some(asio::buffer(piece_),
                          guarded([](Connection& self, ErrorCodeType error, size_t size) {
                            self.on_read(error, size);
                          }));
}

void Connection::on_read(ErrorCodeType error, size_t size) {
  is_reading_ = false;
  if (is_closed_) return;
  if (error == asio::error::eof) return on_input_end();
  if (error) return client_is_gone();
  if (phase_ == Phase::Leaving) {
    drained_bytes_ += size;
    if (drained_bytes_ > kDrainBytes) return close();
  } else {
    reader_.push({piece_.data(), size});
    if (phase_ == Phase::Reading) advance();
  }
  read();
}

// The client has closed its sending side. It may have left, or still wait for its answer.
void Connection::on_input_end() {
  is_input_ended_ = true;
  keeps_alive_ = false;
  if (phase_ == Phase::Answering) {
    if (current_) probe();
  } else if (phase_ == Phase::Reading && reader_.is_inside_request()) {
    refuse(refusal_response(400, "the request ended before it was whole"));
  } else if (!is_writing_) {
    close();
  }
}

// Only a byte to the client tells whether it has left altogether: its system then resets the
// connection. A comment in a stream, an interim answer before a reply; both mean nothing. HTTP/1.0
// knows neither, so such a client is believed to wait.
void Connection::probe() {
  if (!is_chunked_) return;
  socket_.async_wait(asio::ip::tcp::socket::wait_error,
                     guarded([](Connection& self, ErrorCodeType error) {
                       if (!error && self.current_) self.client_is_gone();
                     }));
  if (is_streaming_) {
    current_->send(std::string(kSsePing));
  } else {
    write(std::string(kContinue));
  }
}

void Connection::advance() {
  while (phase_ == Phase::Reading) {
    const RequestReader::Step step = reader_.next();
    const bool has_room = body_share_.set(&core_, reader_.body_bytes());
    switch (step) {
      case RequestReader::Step::Head:
        if (!accept_head()) return;
        break;
      case RequestReader::Step::Body:
        return dispatch();
      case RequestReader::Step::Refused:
        return refuse(refusal_response(reader_.refusal().status, reader_.refusal().message));
      case RequestReader::Step::NeedsMore:
        if (!has_room) {
          return refuse(error_response(
              Error{ErrorCode::Unavailable, "the server holds too many long requests"}));
        }
        return wait_for(reader_.is_reading_body()     ? Wait::Body
                        : reader_.is_inside_request() ? Wait::Head
                                                      : Wait::Request);
    }
  }
}

// False when the request was refused and the connection ends with it.
bool Connection::accept_head() {
  const HttpRequest& head = reader_.request();
  is_head_request_ = head.method == "HEAD";
  is_chunked_ = reader_.is_http_1_1();
  keeps_alive_ = reader_.is_keep_alive() && is_chunked_ && !is_input_ended_;
  if (const auto response = refusal(head)) {
    if (reader_.has_body() || is_leaving()) {
      refuse(*response);
      return false;
    }
    reader_.next();  // the empty body; the connection goes on
    phase_ = Phase::Answering;
    write(head_bytes(*response, keeps_alive_) + (is_head_request_ ? "" : response->body));
    return false;
  }
  reader_.set_body_limit(head.caller == Caller::Nobody ? kStrangerBodyBytes
                                                       : core_.limits.body_bytes);
  if (reader_.has_body() && is_chunked_ && reader_.buffered_bytes() == 0 &&
      beast::iequals(head.header("expect"), "100-continue")) {
    write(std::string(kContinue));
  }
  return true;
}

std::optional<HttpResponse> Connection::refusal(const HttpRequest& head) {
  const auto caller = core_.access(head, core_.port);
  if (!caller) {
    const bool is_token = caller.error().code == ErrorCode::Unauthorized;
    return error_response(caller.error(), {}, is_token ? "invalid_api_key" : "");
  }
  reader_.request().caller = *caller;
  if (*caller != Caller::Nobody) has_token_ = true;
  if (is_extra_ && *caller != Caller::Control) {
    core_.count_turned_away();
    keeps_alive_ = false;
    return error_response(Error{ErrorCode::Unavailable, "the server has no free connection"});
  }
  if (head.target.size() > core_.limits.target_bytes) {
    return refusal_response(414, "the request path is longer than 8 KiB");
  }
  if (head.headers.size() > core_.limits.header_fields) {
    return refusal_response(431, "the request has more than 64 header fields");
  }
  const std::string_view expectation = head.header("expect");
  if (!expectation.empty() && !beast::iequals(expectation, "100-continue")) {
    return refusal_response(417, "the only expectation that can be met is 100-continue");
  }
  auto found = core_.router.find(is_head_request_ ? "GET" : head.method, head.path);
  if (!found) {
    HttpResponse response = error_response(found.error());
    if (response.status == 405) {
      response.headers.emplace_back("Allow", core_.router.methods(head.path));
    }
    return response;
  }
  match_ = std::move(found.value());
  if (reader_.has_body() && !is_json_type(head.header("content-type"))) {
    return refusal_response(415, "Content-Type must be application/json");
  }
  return std::nullopt;
}

void Connection::dispatch() {
  phase_ = Phase::Answering;
  has_served_ = true;
  HttpRequest request = std::move(reader_.request());
  request.arguments = std::move(match_.arguments);
  body_share_.set(&core_, request.body.size());
  auto& workers = request.path.starts_with("/v1/") ? *core_.api_workers : *core_.engine_workers;
  current_ = std::make_shared<HttpExchange>(shared_from_this(), std::move(request),
                                            std::exchange(body_share_, BodyShare()));
  if (is_input_ended_) probe();
  asio::post(workers, [exchange = current_, handler = match_.handler] {
    try {
      (*handler)(exchange);
    } catch (const std::exception& e) {
      log_error("server", fmt::format("a handler failed: {}", e.what()));
      exchange->reply(error_response(Error{ErrorCode::Internal, "the request failed inside"}));
    }
  });
}

// A reply to what no handler sees; the connection ends with it, for the rest of its input means
// nothing.
void Connection::refuse(const HttpResponse& response) {
  keeps_alive_ = false;
  phase_ = Phase::Leaving;
  body_share_ = BodyShare();
  wait_for(Wait::Goodbye);
  write(head_bytes(response, false) + (is_head_request_ ? "" : response.body));
}

void Connection::wait_for(Wait wait) {
  if (wait != wait_) waiting_since_ = Clock::now();
  wait_ = wait;
  arm_deadline();
}

Connection::Clock::time_point Connection::deadline() const {
  const HttpLimits& limits = core_.limits;
  switch (wait_) {
    case Wait::Request:
      return waiting_since_ + (has_served_ ? limits.idle_time : limits.head_time);
    case Wait::Head:
      return waiting_since_ + limits.head_time;
    case Wait::Body: {  // a second more for each KiB that came
      const auto earned = std::chrono::seconds(reader_.body_bytes() / 1024);
      return waiting_since_ + limits.body_time + std::min(earned, kLongestBody);
    }
    case Wait::Goodbye:
      break;
  }
  return waiting_since_ + limits.write_time;
}

void Connection::arm_deadline() {
  deadline_timer_.expires_at(deadline());
  deadline_timer_.async_wait(guarded([](Connection& self, ErrorCodeType error) {
    if (!error) self.on_deadline();
  }));
}

void Connection::on_deadline() {
  if (is_closed_ || phase_ == Phase::Answering) return;
  if (Clock::now() < deadline()) return arm_deadline();
  if (phase_ == Phase::Leaving || wait_ == Wait::Request) return close();
  refuse(refusal_response(408, "the request came too slowly"));
}

void Connection::respond(const std::shared_ptr<HttpExchange>& exchange,
                         const HttpResponse& response) {
  if (exchange != current_ || is_streaming_) return;
  current_->end();
  current_.reset();
  write(head_bytes(response, keeps_alive_) + (is_head_request_ ? "" : response.body));
}

void Connection::begin_stream(const std::shared_ptr<HttpExchange>& exchange) {
  if (exchange != current_ || is_streaming_) return;
  keeps_alive_ = keeps_alive_ && is_chunked_;
  std::string head = fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
      "Cache-Control: no-cache, no-store\r\nX-Accel-Buffering: no\r\n{}"
      "Connection: {}\r\n\r\n",
      is_chunked_ ? "Transfer-Encoding: chunked\r\n" : "", keeps_alive_ ? "keep-alive" : "close");
  if (is_head_request_) {  // a head is all it wanted
    std::exchange(current_, nullptr)->client_is_gone();
    return write(std::move(head));
  }
  is_streaming_ = true;
  write(std::move(head));
  arm_ping();
}

void Connection::stream(const std::shared_ptr<HttpExchange>& exchange, std::string bytes) {
  if (exchange != current_ || !is_streaming_) return;
  if (is_chunked_) {
    const size_t plain = bytes.size();
    bytes = fmt::format("{:x}\r\n{}\r\n", plain, bytes);
    exchange->add_pending(bytes.size() - plain);
  }
  stream_bytes_ += bytes.size();
  if (stream_bytes_ > core_.limits.stream_bytes) {
    log_warn("server", "a client reads too slowly; its stream is dropped");
    return client_is_gone();
  }
  write(std::move(bytes));
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
  ping_timer_.async_wait(guarded([number = sent_number_](Connection& self, ErrorCodeType error) {
    if (error || !self.is_streaming_) return;
    if (number == self.sent_number_ && self.current_) {
      self.current_->send(std::string(kSsePing));
    }
    self.arm_ping();
  }));
}

void Connection::write(std::string bytes) {
  ++sent_number_;
  outgoing_.push_back(std::move(bytes));
  if (!is_writing_) write_next();
}

// The write deadline starts again whenever the client takes something.
void Connection::write_next() {
  is_writing_ = true;
  if (written_ == writing_.size()) {
    writing_.clear();
    written_ = 0;
    while (!outgoing_.empty() && writing_.size() < kWriteBytes) {
      writing_ += outgoing_.front();
      outgoing_.pop_front();
    }
  }
  write_timer_.expires_after(core_.limits.write_time);
  write_timer_.async_wait(guarded([](Connection& self, ErrorCodeType error) {
    if (!error) self.client_is_gone();
  }));
  socket_.async_write_some(asio::buffer(writing_.data() + written_, writing_.size() - written_),
                           guarded([](Connection& self, ErrorCodeType error, size_t size) {
                             self.on_written(error, size);
                           }));
}

void Connection::on_written(ErrorCodeType error, size_t size) {
  is_writing_ = false;
  write_timer_.cancel();
  if (error || is_closed_) return client_is_gone();
  written_ += size;
  if (current_ && is_streaming_) {
    const size_t taken = std::min(stream_bytes_, size);
    stream_bytes_ -= taken;
    current_->taken(taken);
  }
  if (written_ < writing_.size() || !outgoing_.empty()) return write_next();
  if (current_ || phase_ == Phase::Reading) return;  // more will come, or the body is still read
  after_exchange();
}

void Connection::after_exchange() {
  stream_bytes_ = 0;
  if (core_.is_stopping) return close();
  if (!keeps_alive_) return leave();
  phase_ = Phase::Reading;
  waiting_since_ = Clock::now();
  wait_for(Wait::Request);
  advance();
  read();
}

// Closing with unread input would reset the connection and take the reply from the client.
void Connection::leave() {
  if (is_input_ended_) return close();
  phase_ = Phase::Leaving;
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  deadline_timer_.expires_after(kDrainTime);
  deadline_timer_.async_wait(guarded([](Connection& self, ErrorCodeType error) {
    if (!error) self.close();
  }));
  read();
}

void Connection::client_is_gone() {
  if (const auto exchange = std::exchange(current_, nullptr)) exchange->client_is_gone();
  close();
}

void Connection::close() {
  if (is_closed_) return;
  is_closed_ = true;
  if (const auto exchange = std::exchange(current_, nullptr)) exchange->client_is_gone();
  is_streaming_ = false;
  deadline_timer_.cancel();
  write_timer_.cancel();
  ping_timer_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
  core_.connections.erase(shared_from_this());
  core_.connection_count = core_.connections.size();
  if (core_.on_place_free) core_.on_place_free();
}

}  // namespace greylag
