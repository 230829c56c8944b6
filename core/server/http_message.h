// SPDX-License-Identifier: Apache-2.0
// What is a request once its bytes are read, and what is a reply before it becomes bytes? Handlers
// see these two and an Exchange, never a socket.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace greylag {

// Whose token a request bears: none (GET /health alone), a program's, or the window's.
enum class Caller { Nobody, Api, Control };

struct HttpRequest {
  std::string method;                                        // "GET"
  std::string target;                                        // as sent: path and query
  std::string path;                                          // target before '?', not decoded
  std::string query;                                         // after '?'
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  std::vector<std::string> arguments;  // decoded {…} parts of the route's pattern, in order
  Caller caller = Caller::Nobody;

  // The first value of a header; empty when absent.
  std::string_view header(std::string_view lower_case_name) const;
  size_t header_count(std::string_view lower_case_name) const;
  // Decoded value of ?name=…; nullopt when absent.
  std::optional<std::string> parameter(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string body;  // JSON, or empty
  std::vector<std::pair<std::string, std::string>> headers;
};

// "%2F" -> "/"; nullopt when an escape is broken or decodes to NUL.
std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);
const char* status_reason(int status);

// One request and its reply. Every function may be called from any thread; work is done in order on
// the connection's thread. Exactly one of reply() or begin_stream()…finish() ends the exchange;
// what comes after the end, or after the client is gone, is dropped.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const HttpRequest& request() const = 0;
  virtual void reply(HttpResponse response) = 0;
  // Sends the head of a text/event-stream. While nothing is sent, a comment goes out every 10 s.
  virtual void begin_stream() = 0;
  virtual void send(std::string bytes) = 0;
  virtual void finish() = 0;
  // False once the client is gone or the exchange has ended.
  virtual bool is_open() const = 0;
  // Bytes given to send() that the system has not taken yet.
  virtual size_t pending_bytes() const = 0;
  // Runs work on the connection's thread.
  virtual void post(std::function<void()> work) = 0;
  // Called once on the connection's thread if the client goes before the end (at once when it is
  // gone already), dropped at the end. One callback per exchange: a
  // later one takes its place.
  virtual void on_close(std::function<void()> callback) = 0;
};

}  // namespace greylag
