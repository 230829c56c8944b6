// SPDX-License-Identifier: Apache-2.0
#include "tests/support/fault_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <list>
#include <mutex>
#include <sstream>
#include <thread>

namespace greylag::test {

namespace asio = boost::asio;
using asio::ip::tcp;

struct FaultServer::Impl {
  Script script;
  asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::atomic<int> requests{0};
  std::atomic<bool> is_stopping{false};
  std::list<tcp::socket> stalled;
  std::thread thread;

  static FaultRequest parse(std::istream& head) {
    FaultRequest request;
    std::string line;
    std::getline(head, line);
    std::istringstream(line.substr(line.find(' ') + 1)) >> request.path;
    while (std::getline(head, line) && line != "\r") {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.starts_with("Range: bytes=")) request.range_from = std::stoull(line.substr(13));
      if (line.starts_with("If-Range: ")) request.if_range = line.substr(10);
    }
    return request;
  }

  void answer(tcp::socket socket) {
    asio::streambuf buffer;
    boost::system::error_code error;
    asio::read_until(socket, buffer, "\r\n\r\n", error);
    if (error) return;
    std::istream head(&buffer);
    FaultRequest request = parse(head);
    request.number = requests++;
    const FaultReply reply = script(request);
    std::string bytes =
        "HTTP/1.1 " + std::to_string(reply.status) + " Test\r\nConnection: close\r\n";
    for (const auto& header : reply.headers) bytes += header + "\r\n";
    bytes += "Content-Length: " + std::to_string(reply.announced.value_or(reply.body.size()));
    bytes += "\r\n\r\n" + reply.body;
    asio::write(socket, asio::buffer(bytes), error);
    if (reply.is_stalling)
      stalled.push_back(std::move(socket));
    else
      socket.shutdown(tcp::socket::shutdown_both, error);
  }

  void run() {
    while (!is_stopping) {
      boost::system::error_code error;
      tcp::socket socket = acceptor.accept(error);
      if (!error && !is_stopping) answer(std::move(socket));
    }
  }
};

FaultServer::FaultServer(Script script) : impl_(std::make_unique<Impl>()) {
  impl_->script = std::move(script);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

FaultServer::~FaultServer() {
  impl_->is_stopping = true;
  boost::system::error_code ignored;
  asio::io_context io;
  tcp::socket wake(io);
  wake.connect(impl_->acceptor.local_endpoint(), ignored);
  impl_->thread.join();
}

std::string FaultServer::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(impl_->acceptor.local_endpoint().port()) + path;
}

int FaultServer::request_count() const { return impl_->requests; }

FaultReply honest_reply(const FaultRequest& request, const std::string& content,
                        const std::string& etag) {
  FaultReply reply;
  reply.headers.push_back("ETag: " + etag);
  const bool wants_rest =
      request.range_from && (request.if_range.empty() || request.if_range == etag);
  if (!wants_rest) {
    reply.body = content;
    return reply;
  }
  const uint64_t from = *request.range_from;
  const std::string total = std::to_string(content.size());
  if (from >= content.size()) {
    reply.status = 416;
    reply.headers.push_back("Content-Range: bytes */" + total);
    return reply;
  }
  reply.status = 206;
  reply.headers.push_back("Content-Range: bytes " + std::to_string(from) + "-" +
                          std::to_string(content.size() - 1) + "/" + total);
  reply.body = content.substr(from);
  return reply;
}

}  // namespace greylag::test
