// SPDX-License-Identifier: Apache-2.0
#include "core/server/http_server.h"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <list>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/log.h"
#include "core/server/http_connection.h"

namespace greylag {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr size_t kApiWorkers = 4, kEngineWorkers = 4;
constexpr int kFreePortTries = 16;
constexpr std::chrono::seconds kShortIdle{1};

// Opens, binds and listens.
boost::system::error_code listen_on(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
#if !defined(_WIN32)  // there it would let two programs share the port
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
#endif
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  return error;
}

// The machine has no IPv6, so nobody can be there.
bool has_no_such_address(const boost::system::error_code& error) {
  return error == asio::error::address_family_not_supported ||
         error == boost::system::errc::address_not_available ||
         error == boost::system::errc::protocol_not_supported;
}

Error port_error(int port, const boost::system::error_code& error) {
  if (error == asio::error::address_in_use) {
    return Error{ErrorCode::Conflict,
                 fmt::format("port {} is taken by another program; choose another with --port, or "
                             "--port 0 for any free one",
                             port)};
  }
  return Error{ErrorCode::Internal,
               fmt::format("cannot listen on port {}: {}", port, error.message())};
}

Error no_thread(const std::system_error& problem) {
  return Error{
      ErrorCode::Unavailable,
      fmt::format("this machine lets the server start no more threads: {}", problem.what())};
}

// Threads that run handlers. (asio's own pool waits for ever when a thread of it cannot start.)
class Workers {
 public:
  // Goes on with the threads that start; throws std::system_error when none does.
  explicit Workers(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      try {
        threads_.emplace_back([this] { io_.run(); });
      } catch (const std::system_error& problem) {
        if (threads_.empty()) throw;
        log_warn("server", fmt::format("only {} of {} worker threads could be started: {}", i,
                                       count, problem.what()));
        return;
      }
    }
  }
  ~Workers() { join(); }
  Workers(const Workers&) = delete;

  asio::io_context& io() { return io_; }
  // After what was posted is done.
  void join() {
    guard_.reset();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{io_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace

struct HttpServer::Impl {
  HttpCore core;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{io.get_executor()};
  std::list<tcp::acceptor> acceptors;  // 127.0.0.1, and ::1 where there is IPv6
  std::list<tcp::acceptor*> paused;    // io thread: wait for a place before they accept again
  Workers api_workers{kApiWorkers}, engine_workers{kEngineWorkers};
  std::thread thread;

  Status open(int port) {
    const bool is_any = port == 0;
    for (int tries = 0;; ++tries) {
      acceptors.clear();
      tcp::acceptor& v4 = acceptors.emplace_back(io);
      auto error = listen_on(v4, {asio::ip::address_v4::loopback(), static_cast<uint16_t>(port)});
      if (error) return port_error(port, error);
      core.port = v4.local_endpoint().port();
      tcp::acceptor& v6 = acceptors.emplace_back(io);
      error = listen_on(v6, {asio::ip::address_v6::loopback(), static_cast<uint16_t>(core.port)});
      if (!error) return {};
      if (has_no_such_address(error)) {
        acceptors.pop_back();
        return {};
      }
      if (!is_any || tries == kFreePortTries) return port_error(core.port, error);
    }
  }

  void accept(tcp::acceptor& acceptor) {
    if (core.connections.size() >= core.limits.connections + core.limits.extra_connections) {
      paused.push_back(&acceptor);
      return;
    }
    acceptor.async_accept([this, &acceptor](boost::system::error_code error, tcp::socket socket) {
      if (!acceptor.is_open()) return;
      if (!error) admit(std::move(socket));
      if (error == asio::error::no_descriptors) return retry(acceptor);
      accept(acceptor);
    });
  }

  // No descriptor is free: trying again at once would only keep the thread busy.
  void retry(tcp::acceptor& acceptor) {
    core.count_turned_away();
    auto pause = std::make_shared<asio::steady_timer>(io, std::chrono::milliseconds(100));
    pause->async_wait([this, &acceptor, pause](boost::system::error_code) {
      if (acceptor.is_open()) accept(acceptor);
    });
  }

  void resume() {
    for (tcp::acceptor* acceptor : std::exchange(paused, {})) {
      if (acceptor->is_open()) accept(*acceptor);
    }
  }

  void admit(tcp::socket socket) {
    const bool has_place = is_place_free() || make_place();
    auto connection = std::make_shared<Connection>(std::move(socket), core, !has_place);
    core.connections.insert(connection);
    core.connection_count = core.connections.size();
    connection->start();
  }

  bool is_place_free() const {
    if (core.connections.size() < core.limits.connections) return true;
    size_t count = 0;
    for (const auto& connection : core.connections) count += connection->is_leaving() ? 0 : 1;
    return count < core.limits.connections;
  }

  // Takes a place from the oldest stranger that is not being answered, else from who has been idle
  // longest.
  bool make_place() {
    std::shared_ptr<Connection> chosen;
    const auto now = Connection::Clock::now();
    for (const auto& connection : core.connections) {
      if (connection->is_leaving() || connection->is_busy()) continue;
      const bool is_stranger = connection->is_stranger();
      const bool is_long_idle =
          connection->is_idle() && now - connection->idle_since() > kShortIdle;
      if (!is_stranger && !is_long_idle) continue;
      const bool is_better =
          !chosen || (is_stranger && !chosen->is_stranger()) ||
          (is_stranger == chosen->is_stranger() && connection->idle_since() < chosen->idle_since());
      if (is_better) chosen = connection;
    }
    if (chosen) chosen->turn_away();
    return chosen != nullptr;
  }

  // A fault that no connection has caught must not end the process; what it belonged to is lost.
  void serve() {
    while (true) {
      try {
        io.run();
        return;
      } catch (const std::exception& problem) {
        log_error("server", fmt::format("the socket thread failed: {}", problem.what()));
      }
    }
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
  try {
    auto impl = std::make_unique<Impl>();
    if (Status opened = impl->open(port); !opened) return opened.error();
    impl->core.limits = limits;
    impl->core.router = std::move(router);
    impl->core.access = std::move(access);
    impl->core.api_workers = &impl->api_workers.io();
    impl->core.engine_workers = &impl->engine_workers.io();
    impl->core.on_place_free = [impl = impl.get()] { impl->resume(); };
    return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
  } catch (const std::system_error& problem) {
    return no_thread(problem);
  }
}

int HttpServer::port() const { return impl_->core.port; }

Status HttpServer::start() {
  asio::post(impl_->io, [impl = impl_.get()] {
    for (tcp::acceptor& acceptor : impl->acceptors) impl->accept(acceptor);
  });
  try {
    impl_->thread = std::thread([impl = impl_.get()] { impl->serve(); });
  } catch (const std::system_error& problem) {
    return no_thread(problem);
  }
  return {};
}

void HttpServer::stop(std::chrono::milliseconds drain) {
  if (!impl_->thread.joinable()) return;
  Impl& impl = *impl_;
  impl.ask([&impl] {
    boost::system::error_code ignored;
    for (tcp::acceptor& acceptor : impl.acceptors) acceptor.close(ignored);
    impl.core.is_stopping = true;
  });
  const auto deadline = std::chrono::steady_clock::now() + drain;
  while (std::chrono::steady_clock::now() < deadline &&
         !impl.ask([&impl] { return impl.is_idle(); })) {
    asio::steady_timer pause(impl.engine_workers.io(), std::chrono::milliseconds(5));
    pause.wait();
  }
  impl.ask([&impl] {
    const auto connections = impl.core.connections;  // close() erases from the set
    for (const auto& connection : connections) connection->close();
  });
  impl.api_workers.join();
  impl.engine_workers.join();
  impl.guard.reset();
  impl.thread.join();
}

size_t HttpServer::connection_count() const { return impl_->core.connection_count; }

}  // namespace greylag
