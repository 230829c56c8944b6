// SPDX-License-Identifier: Apache-2.0
// Bytes of one connection -> requests, by RFC 9112. No sockets and no clock in here, so that it can
// be fuzzed; what a message may cost is bounded in every part before it is gathered.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/server/chunked_body.h"
#include "core/server/http_message.h"

namespace greylag {

// One thread. The caller pushes what it received and calls next() until it says NeedsMore; after a
// Head it decides whether the body is wanted (set_body_limit), after a Body it answers the request
// before it calls next() again. After Refused the connection can only be closed.
class RequestReader {
 public:
  enum class Step { NeedsMore, Head, Body, Refused };
  struct Refusal {
    int status = 400;
    std::string message;
  };

  explicit RequestReader(uint32_t head_limit) : head_limit_(head_limit) {}

  void push(std::string_view bytes) { input_.append(bytes); }
  Step next();

  // After Head: all but the body. After Body: whole; the caller may take it.
  HttpRequest& request() { return request_; }
  const Refusal& refusal() const { return refusal_; }
  // After Head; valid until the next one.
  bool has_body() const { return is_chunked_ || length_ > 0; }
  uint64_t content_length() const { return length_; }  // 0 when chunked
  bool is_keep_alive() const { return is_keep_alive_; }
  bool is_http_1_1() const { return is_http_1_1_; }
  // A body beyond it is Refused with 413, as soon as that is known.
  void set_body_limit(uint64_t bytes) { body_limit_ = bytes; }

  // Bytes of a request that has begun and is not whole: a head, or the body so far.
  bool is_inside_request() const { return part_ == Part::Body || !is_blank(); }
  bool is_reading_body() const { return part_ == Part::Body; }
  size_t body_bytes() const { return part_ == Part::Body ? request_.body.size() : 0; }
  // Received and not looked at yet.
  size_t buffered_bytes() const { return input_.size(); }

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;
  enum class Part { Head, Body, Refused };

  Step refuse(int status, std::string message);
  bool is_blank() const;
  bool skip_empty_lines();
  Step read_head();
  Step parse_head(size_t size);
  Step accept_head(const Parser& parser);
  Step read_body();

  const uint32_t head_limit_;
  Part part_ = Part::Head;
  std::string input_;
  size_t skipped_ = 0;   // bytes of empty lines before the request line
  size_t searched_ = 0;  // bytes of input_ that hold no end of a head
  ChunkedBody chunks_;
  HttpRequest request_;
  Refusal refusal_;
  uint64_t length_ = 0, body_limit_ = 0;
  bool is_chunked_ = false, is_keep_alive_ = false, is_http_1_1_ = false;
};

}  // namespace greylag
