// SPDX-License-Identifier: Apache-2.0
#include "core/server/api_error.h"

#include <nlohmann/json.hpp>

namespace greylag {

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidArgument:
      return 400;
    case ErrorCode::Unauthorized:
      return 401;
    case ErrorCode::Forbidden:
      return 403;
    case ErrorCode::NotFound:
      return 404;
    case ErrorCode::MethodNotAllowed:
      return 405;
    case ErrorCode::Conflict:
      return 409;
    case ErrorCode::TooLarge:
      return 413;
    case ErrorCode::UnsupportedType:
      return 415;
    case ErrorCode::BadFile:
      return 422;
    case ErrorCode::TooManyRequests:
      return 429;
    case ErrorCode::Cancelled:
      return 499;
    case ErrorCode::Internal:
      return 500;
    case ErrorCode::Unavailable:
      return 503;
    case ErrorCode::NoSpace:
      return 507;
  }
  return 500;
}

namespace {

const char* error_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 403) return "permission_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 ? "server_error" : "invalid_request_error";
}

std::string body_of(int status, const std::string& message, const std::string& param,
                    const std::string& code) {
  const auto optional = [](const std::string& text) {
    return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
  };
  nlohmann::ordered_json inner = {{"message", message},
                                  {"type", error_type(status)},
                                  {"param", optional(param)},
                                  {"code", optional(code)}};
  const nlohmann::ordered_json body = {{"error", std::move(inner)}};
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

HttpResponse response_of(int status, std::string body) {
  HttpResponse response{status, std::move(body), {}};
  if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", "1");
  if (status == 401) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"greylag\"");
  }
  return response;
}

}  // namespace

std::string error_body(const Error& error, const std::string& param, const std::string& code) {
  return body_of(http_status(error.code), error.message, param, code);
}

HttpResponse refusal_response(int status, const std::string& message) {
  return response_of(status, body_of(status, message, {}, {}));
}

HttpResponse error_response(const Error& error, const std::string& param, const std::string& code) {
  return response_of(http_status(error.code), error_body(error, param, code));
}

}  // namespace greylag
