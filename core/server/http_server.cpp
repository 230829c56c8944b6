// SPDX-License-Identifier: Apache-2.0
#include "core/server/http_server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "core/base/log.h"
#include "core/server/http_connection.h"

namespace greylag {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {
constexpr size_t kWorkers = 8;
}  // namespace

struct HttpServer::Impl {
  HttpCore core;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  tcp::acceptor acceptor{io};
  asio::thread_pool workers{kWorkers};
  std::thread thread;

  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (!error) admit(std::move(socket));
      accept();
    });
  }

  void admit(tcp::socket socket) {
    if (core.connections.size() >= core.limits.connections) {
      boost::system::error_code ignored;
      socket.close(ignored);
      log_warn("server", "too many connections; a new one was closed");
      return;
    }
    auto connection = std::make_shared<Connection>(std::move(socket), core);
    core.connections.insert(connection);
    core.connection_count = core.connections.size();
    connection->start();
  }

  // Runs work on the io thread and waits.
  template <typename Work>
  auto ask(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto answer = task.get_future();
    asio::post(io, [&task] { task(); });
    return answer.get();
  }

  bool is_idle() {
    for (const auto& connection : core.connections) {
      if (connection->is_busy()) return false;
    }
    return true;
  }
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(int port, Router router, AccessCheck access,
                                                       HttpLimits limits) {
  if (port < 0 || port > 65535) {
    return Error{ErrorCode::InvalidArgument, "the port must be between 0 and 65535"};
  }
  auto impl = std::make_unique<Impl>();
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), static_cast<uint16_t>(port));
  boost::system::error_code error;
  impl->acceptor.open(endpoint.protocol(), error);
#if !defined(_WIN32)  // there it would let two programs share the port
  if (!error) impl->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
#endif
  if (!error) impl->acceptor.bind(endpoint, error);
  if (!error) impl->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return Error{ErrorCode::Conflict,
                 fmt::format("port {} is taken by another program; choose another with --port, or "
                             "--port 0 for any free one",
                             port)};
  }
  if (error) {
    return Error{ErrorCode::Internal,
                 fmt::format("cannot listen on port {}: {}", port, error.message())};
  }
  impl->core.limits = limits;
  impl->core.router = std::move(router);
  impl->core.access = std::move(access);
  impl->core.port = impl->acceptor.local_endpoint().port();
  impl->core.workers = &impl->workers;
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

int HttpServer::port() const { return impl_->core.port; }

void HttpServer::start() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->accept(); });
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
}

void HttpServer::stop(std::chrono::milliseconds drain) {
  if (!impl_->thread.joinable()) return;
  Impl& impl = *impl_;
  impl.ask([&impl] {
    boost::system::error_code ignored;
    impl.acceptor.close(ignored);
    impl.core.is_stopping = true;
  });
  const auto deadline = std::chrono::steady_clock::now() + drain;
  while (std::chrono::steady_clock::now() < deadline &&
         !impl.ask([&impl] { return impl.is_idle(); })) {
    asio::steady_timer pause(impl.workers, std::chrono::milliseconds(5));
    pause.wait();
  }
  impl.ask([&impl] {
    const auto connections = impl.core.connections;  // close() erases from the set
    for (const auto& connection : connections) connection->close();
  });
  impl.workers.join();
  impl.guard.reset();
  impl.thread.join();
}

size_t HttpServer::connection_count() const { return impl_->core.connection_count; }

void HttpServer::post_to_worker(std::function<void()> work) {
  asio::post(impl_->workers, std::move(work));
}

}  // namespace greylag
