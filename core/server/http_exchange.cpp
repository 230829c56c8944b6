// SPDX-License-Identifier: Apache-2.0
// The side of a connection that handlers see: every call is passed to the io thread in order.
#include <boost/asio/post.hpp>
#include <utility>

#include "core/server/http_connection.h"

namespace greylag {

HttpExchange::HttpExchange(std::shared_ptr<Connection> connection, HttpRequest request,
                           BodyShare body_share)
    : connection_(std::move(connection)),
      request_(std::move(request)),
      body_share_(std::move(body_share)) {}

void HttpExchange::post(std::function<void()> work) {
  boost::asio::post(connection_->executor(), std::move(work));
}

void HttpExchange::reply(HttpResponse response) {
  post([self = shared_from_this(), response = std::move(response)] {
    self->connection_->respond(self, response);
  });
}

void HttpExchange::begin_stream() {
  post([self = shared_from_this()] { self->connection_->begin_stream(self); });
}

void HttpExchange::send(std::string bytes) {
  if (!is_open() || bytes.empty()) return;
  pending_ += bytes.size();
  post([self = shared_from_this(), bytes = std::move(bytes)]() mutable {
    self->connection_->stream(self, std::move(bytes));
  });
}

void HttpExchange::finish() {
  post([self = shared_from_this()] { self->connection_->finish(self); });
}

void HttpExchange::on_close(std::function<void()> callback) {
  post([self = shared_from_this(), callback = std::move(callback)]() mutable {
    if (self->is_client_gone_) {
      callback();
    } else if (self->is_open()) {
      self->on_close_ = std::move(callback);
    }
  });
}

void HttpExchange::end() {
  is_open_ = false;
  on_close_ = nullptr;
}

void HttpExchange::client_is_gone() {
  is_open_ = false;
  is_client_gone_ = true;
  if (auto callback = std::exchange(on_close_, nullptr)) callback();
}

}  // namespace greylag
