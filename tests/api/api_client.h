// SPDX-License-Identifier: Apache-2.0
// An engine in this process on a free port, and a client that speaks only HTTP to it.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/server/engine.h"
#include "tests/support/temp_dir.h"

namespace greylag::test {

struct ApiReply {
  int status = 0;
  std::string head;
  std::string body;
  nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
  // The data of each SSE event.
  std::vector<std::string> events() const;
};

// HOME in a temporary folder with one tiny byte-level model "tiny".
class ApiEngine {
 public:
  explicit ApiEngine(const std::function<void(EngineOptions&)>& change = {});
  int port() const { return port_; }
  void stop() { engine_.reset(); }
  const std::string& api_token() const { return api_; }
  const std::string& control_token() const { return control_; }
  const TempDir& dir() const { return dir_; }

  // Sends bytes as they are; reads until the server closes or the reply is whole. Status 0: nobody
  // answered. Any thread, also after stop().
  ApiReply raw(const std::string& bytes) const;
  // With the control token; a body makes it application/json.
  ApiReply call(const std::string& method, const std::string& path, const std::string& body = {},
                const std::string& extra_headers = {}) const;
  ApiReply post(const std::string& path, const nlohmann::json& body) const {
    return call("POST", path, body.dump());
  }
  // Sends the bytes, reads until `size` bytes of reply came, hangs up, returns what came.
  std::string hang_up_after(const std::string& bytes, size_t size) const;
  std::string request(const std::string& method, const std::string& path, const std::string& body,
                      const std::string& extra_headers) const;

 private:
  TempDir dir_;
  std::unique_ptr<Engine> engine_;
  int port_ = 0;
  std::string api_, control_;
};

}  // namespace greylag::test
