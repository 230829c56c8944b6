// SPDX-License-Identifier: Apache-2.0
// May this request come in? Decided from the head alone, before routing and before the body is
// read: Host must be ours (DNS rebinding), no Origin (a web page), a bearer token of the right
// kind.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/home.h"
#include "core/base/result.h"
#include "core/server/http_message.h"

namespace greylag {

// The two tokens of one engine. Any thread.
class Tokens {
 public:
  // Reads HOME/api.token (made on first use, 0600), makes a new HOME/control.token.
  static Result<Tokens> open(const Home& home);
  Tokens(std::string api, std::string control);
  Tokens(Tokens&& other) noexcept;

  bool is_api(std::string_view token) const;
  bool is_control(std::string_view token) const;
  // A new api token, stored; the old one stops working.
  Result<std::string> renew(const Home& home);

 private:
  mutable std::mutex mutex_;  // guards api_
  std::string api_;
  std::string control_;
};

// 256 random bits as text.
std::string make_token();
// Takes equal time for equal lengths, whatever the contents.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// True for 127.0.0.1:port, localhost:port, [::1]:port exactly (localhost in any case).
bool is_own_host(std::string_view host, int port);

// Who comes in. Forbidden (Host, Origin, Sec-Fetch-Site, wrong kind of token), Unauthorized,
// InvalidArgument (absolute-form target, several Host headers).
Result<Caller> check_access(const HttpRequest& head, int port, const Tokens& tokens);

}  // namespace greylag
