// SPDX-License-Identifier: Apache-2.0
#include "core/server/access.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/file.h"
#include "core/base/platform.h"

namespace greylag {
namespace {

constexpr uint64_t kTokenFileLimit = 4096;

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return out;
}

// The token of "Bearer …", empty when the header has another form.
std::string_view bearer(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (lower(authorization.substr(0, kScheme.size())) != kScheme) return {};
  authorization.remove_prefix(kScheme.size());
  while (!authorization.empty() && authorization.front() == ' ') authorization.remove_prefix(1);
  return authorization;
}

std::optional<Error> check_origin(const HttpRequest& head, int port) {
  if (!head.target.starts_with('/')) {
    return Error{ErrorCode::InvalidArgument, "the request target must be a path"};
  }
  if (head.header_count("host") != 1) {
    return Error{ErrorCode::InvalidArgument, "exactly one Host header is required"};
  }
  if (!is_own_host(head.header("host"), port)) {
    return Error{ErrorCode::Forbidden,
                 fmt::format("this Host is not served; use 127.0.0.1:{}", port)};
  }
  const std::string site = lower(head.header("sec-fetch-site"));
  if (head.header_count("origin") > 0 || site == "cross-site" || site == "same-site") {
    return Error{ErrorCode::Forbidden, "requests from web pages are refused"};
  }
  return std::nullopt;
}

}  // namespace

std::string make_token() {
  std::string token = "gl-";
  for (const uint8_t byte : platform::random_bytes(32)) token += fmt::format("{:02x}", byte);
  return token;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  }
  return difference == 0;
}

Tokens::Tokens(std::string api, std::string control)
    : api_(std::move(api)), control_(std::move(control)) {}

Tokens::Tokens(Tokens&& other) noexcept
    : api_(std::move(other.api_)), control_(std::move(other.control_)) {}

Result<Tokens> Tokens::open(const Home& home) {
  std::string api;
  if (const auto stored = read_text_file(home.api_token(), kTokenFileLimit)) {
    api = stored.value();
    while (!api.empty() && static_cast<unsigned char>(api.back()) <= ' ') api.pop_back();
  }
  if (api.size() < 32) {  // missing or damaged: a short token could be guessed
    api = make_token();
    if (const Status s = write_file_atomic(home.api_token(), api + "\n", true); !s) {
      return s.error().in("writing the api token");
    }
  }
  std::string control = make_token();
  if (const Status s = write_file_atomic(home.control_token(), control + "\n", true); !s) {
    return s.error().in("writing the control token");
  }
  return Tokens(std::move(api), std::move(control));
}

bool Tokens::is_api(std::string_view token) const {
  const std::lock_guard lock(mutex_);
  return equal_in_constant_time(token, api_);
}

bool Tokens::is_control(std::string_view token) const {
  return equal_in_constant_time(token, control_);
}

Result<std::string> Tokens::renew(const Home& home) {
  std::string api = make_token();
  if (const Status s = write_file_atomic(home.api_token(), api + "\n", true); !s) return s.error();
  const std::lock_guard lock(mutex_);
  api_ = api;
  return api;
}

bool is_own_host(std::string_view host, int port) {
  const std::string text = lower(host);
  for (const char* name : {"127.0.0.1", "localhost", "[::1]"}) {
    if (text == fmt::format("{}:{}", name, port)) return true;
  }
  return false;
}

Result<Caller> check_access(const HttpRequest& head, int port, const Tokens& tokens) {
  if (auto error = check_origin(head, port)) return *error;
  const std::string_view token = bearer(head.header("authorization"));
  const bool is_reading = head.method == "GET" || head.method == "HEAD";
  if (is_reading && head.path == "/health") {
    return tokens.is_control(token) ? Caller::Control
           : tokens.is_api(token)   ? Caller::Api
                                    : Caller::Nobody;
  }
  if (head.header_count("authorization") != 1 || token.empty()) {
    return Error{ErrorCode::Unauthorized,
                 "a bearer token is required: send the header Authorization: Bearer TOKEN"};
  }
  if (tokens.is_control(token)) return Caller::Control;
  if (!tokens.is_api(token)) return Error{ErrorCode::Unauthorized, "the bearer token is wrong"};
  if (head.path == "/engine" || head.path.starts_with("/engine/")) {
    return Error{ErrorCode::Forbidden, "the api token does not open /engine"};
  }
  return Caller::Api;
}

}  // namespace greylag
