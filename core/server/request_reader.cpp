// SPDX-License-Identifier: Apache-2.0
// Heads are parsed by Beast, which is strict about line ends, names, lengths and repeated fields;
// transfer codings and bodies by us, because Beast gathers extensions and trailers without bound.
#include "core/server/request_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <utility>

namespace greylag {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr const char* kInvalid = "this is not a valid HTTP request";
// Before a request line, of clients that end bodies with CRLF.
constexpr size_t kEmptyLineBytes = 16;
constexpr size_t kMethodBytes = 32;

template <typename Message>
HttpRequest to_request(const Message& message) {
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const size_t query = request.target.find('?');
  request.path = request.target.substr(0, query);
  if (query != std::string::npos) request.query = request.target.substr(query + 1);
  for (const auto& field : message) {
    std::string name(field.name_string());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  return request;
}

// The values of all Transfer-Encoding fields, as one list.
std::string all_codings(const HttpRequest& request) {
  std::string list;
  for (const auto& [name, value] : request.headers) {
    if (name == "transfer-encoding") list += (list.empty() ? "" : ",") + value;
  }
  return list;
}

// False for what is no HTTP at all (a TLS hello, say), as soon as that shows.
bool begins_with_method(std::string_view input) {
  for (size_t i = 0; i < input.size() && i <= kMethodBytes; ++i) {
    if (input[i] == ' ') return i > 0;
    if (!is_token_char(input[i])) return false;
  }
  return input.size() <= kMethodBytes;
}

std::string_view last_coding(std::string_view list) {
  list.remove_prefix(list.rfind(',') + 1);  // npos + 1 is 0
  const size_t begin = list.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : list.substr(begin);
}

}  // namespace

RequestReader::Step RequestReader::refuse(int status, std::string message) {
  part_ = Part::Refused;
  input_.clear();
  refusal_ = {status, std::move(message)};
  return Step::Refused;
}

RequestReader::Step RequestReader::next() {
  switch (part_) {
    case Part::Head:
      return read_head();
    case Part::Body:
      return read_body();
    case Part::Refused:
      break;
  }
  return Step::Refused;
}

bool RequestReader::is_blank() const {
  return input_.find_first_not_of("\r\n") == std::string::npos;
}

// RFC 9112, section 2.2: empty lines before a request line are ignored; a stream of them is not.
bool RequestReader::skip_empty_lines() {
  while (input_.starts_with("\r\n")) {
    input_.erase(0, 2);
    skipped_ += 2;
    if (skipped_ > kEmptyLineBytes) return false;
  }
  return true;
}

// The head is given to the parser once it is whole, so that its pieces change nothing. What can
// never become one is refused at once, where waiting for more would be silence.
RequestReader::Step RequestReader::read_head() {
  if (searched_ == 0 && !skip_empty_lines()) return refuse(400, kInvalid);
  if (input_.empty() || input_ == "\r") return Step::NeedsMore;
  if (!begins_with_method(input_)) return refuse(400, kInvalid);
  const size_t end = std::min<size_t>(input_.size(), head_limit_);
  for (; searched_ < end; ++searched_) {
    if (input_[searched_] != '\n') continue;
    const std::string_view line_end = std::string_view(input_).substr(0, searched_ + 1);
    if (!line_end.ends_with("\r\n")) return refuse(400, kInvalid);
    if (line_end.ends_with("\r\n\r\n")) return parse_head(line_end.size());
  }
  if (input_.size() > head_limit_) return refuse(431, "the request head is too long");
  return Step::NeedsMore;
}

RequestReader::Step RequestReader::parse_head(size_t size) {
  Parser parser;
  parser.header_limit(head_limit_);
  parser.body_limit(boost::none);  // ours holds, once access is checked
  boost::system::error_code error;
  parser.put(boost::asio::buffer(input_.data(), size), error);
  if (error == http::error::bad_version) {
    return refuse(505, "this server speaks HTTP/1.0 and HTTP/1.1");
  }
  if (error || !parser.is_header_done()) return refuse(400, kInvalid);
  input_.erase(0, size);
  searched_ = 0;
  skipped_ = 0;
  return accept_head(parser);
}

RequestReader::Step RequestReader::accept_head(const Parser& parser) {
  const auto& head = parser.get();
  request_ = to_request(head);
  is_http_1_1_ = head.version() >= 11;
  is_keep_alive_ = parser.keep_alive();
  length_ = parser.content_length().value_or(0);
  const bool has_length = parser.content_length().has_value();
  is_chunked_ = false;
  chunks_ = ChunkedBody();
  body_limit_ = 0;
  // RFC 9112, sections 6.1 and 6.3: where a body ends must leave no doubt.
  const std::string codings = all_codings(request_);
  if (request_.header_count("transfer-encoding") > 0) {
    if (!is_http_1_1_ || has_length) {
      return refuse(400, "Transfer-Encoding fits neither HTTP/1.0 nor a Content-Length");
    }
    is_chunked_ = beast::iequals(codings, "chunked");
    if (!is_chunked_ && beast::iequals(last_coding(codings), "chunked")) {
      return refuse(501, "the only transfer coding that this server reads is chunked");
    }
    if (!is_chunked_) return refuse(400, "the last transfer coding must be chunked");
  }
  part_ = Part::Body;
  return Step::Head;
}

RequestReader::Step RequestReader::read_body() {
  if (is_chunked_) {
    std::string_view rest = input_;
    const auto progress = chunks_.take(rest, request_.body, body_limit_);
    input_.erase(0, input_.size() - rest.size());
    switch (progress) {
      case ChunkedBody::Progress::NeedsMore:
        return Step::NeedsMore;
      case ChunkedBody::Progress::Malformed:
        return refuse(400, "the chunked body is malformed");
      case ChunkedBody::Progress::TooLarge:
        return refuse(413, "the body is too long");
      case ChunkedBody::Progress::Done:
        break;
    }
  } else {
    if (length_ > body_limit_) return refuse(413, "the body is too long");
    const auto wanted = static_cast<size_t>(length_ - request_.body.size());
    const size_t count = std::min(wanted, input_.size());
    request_.body.append(input_, 0, count);
    input_.erase(0, count);
    if (count < wanted) return Step::NeedsMore;
  }
  part_ = Part::Head;
  return Step::Body;
}

}  // namespace greylag
