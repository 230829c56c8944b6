// SPDX-License-Identifier: Apache-2.0
// Which function answers? Patterns are "/v1/models/{}": literal parts are compared as sent, {}
// takes one percent-encoded part. Handlers run on a worker thread and may block.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/server/http_message.h"

namespace greylag {

using StreamHandler = std::function<void(const std::shared_ptr<Exchange>&)>;
using Handler = std::function<HttpResponse(const HttpRequest&)>;

// Filled before the server starts, then read only: any thread.
class Router {
 public:
  void add(const std::string& method, const std::string& pattern, Handler handler);
  void add_stream(const std::string& method, const std::string& pattern, StreamHandler handler);

  struct Match {
    const StreamHandler* handler = nullptr;
    std::vector<std::string> arguments;  // decoded
  };
  // NotFound (no such path), MethodNotAllowed, InvalidArgument (broken percent-encoding).
  Result<Match> find(std::string_view method, std::string_view path) const;

  // What a 405 names: the methods of a known path, "GET, HEAD, DELETE".
  std::string methods(std::string_view path) const;

  struct Entry {
    std::string method, pattern;
  };
  std::vector<Entry> entries() const;

 private:
  struct Route {
    std::string method, pattern;
    std::vector<std::string> parts;
    StreamHandler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace greylag
