// SPDX-License-Identifier: Apache-2.0
// Who listens? HTTP/1.1 on both loopback addresses and no other: one thread for all sockets, worker
// threads for handlers, those of /v1 apart from the engine's own. Every limit is enforced while
// reading; Host, Origin and token are checked on the head, before routing and before the body is
// read.
//
// Places. `connections` clients are served at once. When all places are taken, a newcomer gets that
// of the oldest client that has shown no token yet, else of the one that has been idle longest (at
// least a second); whoever loses a place, or finds none, is told so (503, Retry-After). Up to
// `extra_connections` more are let in to hear it, and those of them that bear the control token are
// served: the window always gets through. Beyond those, clients wait in the system's queue.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/base/result.h"
#include "core/server/router.h"

namespace greylag {

struct HttpLimits {
  uint32_t head_bytes = 32 * 1024;
  size_t target_bytes = 8 * 1024;
  size_t header_fields = 64;
  uint64_t body_bytes = 8 * 1024 * 1024;
  uint64_t all_bodies_bytes = 256 * 1024 * 1024;  // of all requests that are read or answered
  size_t connections = 256;
  size_t extra_connections = 256;
  size_t stream_bytes = 4 * 1024 * 1024;  // unread bytes of one stream before it is dropped
  std::chrono::milliseconds head_time{10'000};
  std::chrono::milliseconds idle_time{30'000};
  std::chrono::milliseconds body_time{5'000};    // plus one second per KiB that came
  std::chrono::milliseconds write_time{30'000};  // without a byte taken
  std::chrono::milliseconds ping_time{10'000};
};

// Who asks, or why not. head has no body yet; port is the one listened on.
using AccessCheck = std::function<Result<Caller>(const HttpRequest& head, int port)>;

class HttpServer {
 public:
  // port 0 takes a free one. Conflict when the port is taken, on either address: [::1] must not be
  // left to another program, which would get the tokens of clients that say "localhost".
  // Unavailable when no thread can be started.
  static Result<std::unique_ptr<HttpServer>> listen(int port, Router router, AccessCheck access,
                                                    HttpLimits limits = {});
  ~HttpServer();

  int port() const;
  // Starts to answer. Unavailable when no thread can be started.
  Status start();
  // Stops accepting, waits up to `drain` for open exchanges to end, closes everything, joins.
  // Not from a handler.
  void stop(std::chrono::milliseconds drain);
  size_t connection_count() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace greylag
