// SPDX-License-Identifier: Apache-2.0
// Who listens? HTTP/1.1 on the loopback address only: one thread for all sockets, a few worker
// threads for handlers. Every limit is enforced while reading; Host, Origin and token are checked
// on the head, before routing and before the body is read.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "core/base/result.h"
#include "core/server/router.h"

namespace greylag {

struct HttpLimits {
  uint32_t head_bytes = 32 * 1024;
  size_t target_bytes = 8 * 1024;
  size_t header_fields = 64;
  uint64_t body_bytes = 8 * 1024 * 1024;
  size_t connections = 256;
  size_t stream_bytes = 4 * 1024 * 1024;  // unread bytes of one stream before it is dropped
  std::chrono::milliseconds head_time{10'000};
  std::chrono::milliseconds idle_time{30'000};
  std::chrono::milliseconds body_time{5'000};  // plus one second per KiB announced, at most 60 s
  std::chrono::milliseconds write_time{30'000};
  std::chrono::milliseconds ping_time{10'000};
};

// Error = refuse. head has no body yet; port is the one listened on.
using AccessCheck = std::function<std::optional<Error>(const HttpRequest& head, int port)>;

class HttpServer {
 public:
  // port 0 takes a free one. Conflict when the port is taken.
  static Result<std::unique_ptr<HttpServer>> listen(int port, Router router, AccessCheck access,
                                                    HttpLimits limits = {});
  ~HttpServer();

  int port() const;
  // Starts to answer.
  void start();
  // Stops accepting, waits up to `drain` for open exchanges to end, closes everything, joins.
  // Not from a handler.
  void stop(std::chrono::milliseconds drain);
  size_t connection_count() const;
  // Runs work on a worker thread.
  void post_to_worker(std::function<void()> work);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace greylag
