// SPDX-License-Identifier: Apache-2.0
// What does a function that can fail return? Result<T>: a value, or an Error whose code maps
// one-to-one to an HTTP status (core/server) and whose message is fit for a user.
#pragma once

#include <cstdlib>
#include <string>
#include <utility>
#include <variant>

namespace greylag {

enum class ErrorCode {
  InvalidArgument,   // 400: the request or the argument is wrong
  Unauthorized,      // 401: no or wrong token
  Forbidden,         // 403: foreign Host or Origin, wrong kind of token
  NotFound,          // 404: no such model, run, file, route
  MethodNotAllowed,  // 405
  Conflict,          // 409: busy, exists already, run in the wrong state
  TooLarge,          // 413: body, prompt or number beyond a limit
  UnsupportedType,   // 415: not application/json
  BadFile,           // 422: a file breaks a rule of its format
  TooManyRequests,   // 429: queue full
  Internal,          // 500: a bug or a failing machine
  Unavailable,       // 503: loading, restarting
  NoSpace,           // 507: disk full
  Cancelled,         // 499: the caller went away or said stop
};

struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;

  // Adds where it happened: "loading x.pth: " + message.
  [[nodiscard]] Error in(const std::string& context) const {
    return Error{code, context + ": " + message};
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  // value() on an error is a broken invariant: it aborts.
  T& value() & {
    return ok() ? *std::get_if<0>(&state_) : (std::abort(), *std::get_if<0>(&state_));
  }
  const T& value() const& {
    return ok() ? *std::get_if<0>(&state_) : (std::abort(), *std::get_if<0>(&state_));
  }
  T&& value() && { return std::move(value()); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: implicit by design
  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<std::monostate, Error> state_;
};

using Status = Result<void>;

}  // namespace greylag
