// SPDX-License-Identifier: Apache-2.0
// An HTTP server that misbehaves on purpose: each request gets what the test's script says, down
// to the byte where the connection breaks. Loopback, one thread, a free port.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace greylag::test {

struct FaultRequest {
  int number = 0;  // from 0, over the server's life
  std::string path;
  std::optional<uint64_t> range_from;
  std::string if_range;
};

struct FaultReply {
  int status = 200;
  std::vector<std::string> headers;  // "ETag: \"a\""
  std::string body;
  std::optional<uint64_t> announced;  // Content-Length; none = body.size()
  bool is_stalling = false;           // after the body: keep the connection open, send nothing
};

class FaultServer {
 public:
  using Script = std::function<FaultReply(const FaultRequest&)>;
  explicit FaultServer(Script script);
  ~FaultServer();
  FaultServer(const FaultServer&) = delete;
  std::string url(const std::string& path) const;
  int request_count() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What an honest server answers for `content`: 206 for a fitting Range (and If-Range), 416 beyond
// the end, else 200.
FaultReply honest_reply(const FaultRequest& request, const std::string& content,
                        const std::string& etag = "\"v1\"");

}  // namespace greylag::test
