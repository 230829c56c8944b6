// SPDX-License-Identifier: Apache-2.0
// How does one byte range come over HTTP? A GET by libcurl with redirects followed by hand, so that
// every hop is checked: https only, and no private address, unless the first URL was loopback.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

struct FetchRequest {
  std::string url;
  uint64_t from = 0;     // first byte wanted; 0 asks for the whole file
  std::string if_range;  // strong ETag of what we have; empty = none
  std::chrono::milliseconds stall_time{30'000};
  std::chrono::milliseconds connect_time{20'000};
};

// The head of the final answer (after redirects).
struct FetchHead {
  int status = 0;
  std::string etag;
  // What the first host said of the file that it redirects to (Hugging Face: X-Linked-ETag and
  // X-Linked-Size): 64 lower-case hex digits, or empty.
  std::string linked_sha256;
  std::optional<uint64_t> linked_size;
  std::optional<uint64_t> content_length;
  std::optional<uint64_t> range_first, range_last, range_total;  // of Content-Range
};

// on_head: before the first body byte; an error ends the transfer with that error.
// on_body: returns an error to end. should_stop: polled about ten times a second.
struct FetchSink {
  std::function<Status(const FetchHead&)> on_head;
  std::function<Status(std::span<const std::byte>)> on_body;
  std::function<bool()> should_stop;
};

// Ok when the server's answer arrived whole. Unavailable: try again (connection, stall, short body,
// 5xx, 429); Cancelled: should_stop; Forbidden: the URL or a redirect is not allowed, or the host
// gives the file only to some (401, 403); NotFound and InvalidArgument for other statuses. on_head
// is called for 200, 206 and 416 only.
Status http_fetch(const FetchRequest& request, const FetchSink& sink);

// A small text, at most `limit` bytes (BadFile beyond). Errors as above.
Result<std::string> http_fetch_text(const std::string& url, size_t limit,
                                    const std::function<bool()>& should_stop);

// May a download start here? https, or http to a loopback host; no user:password.
Status check_download_url(const std::string& url);
bool is_loopback_url(const std::string& url);
// "127.0.0.1", "10.…", "169.254.…", "::1", "fc00::…", mapped forms …
bool is_private_address(std::string_view address);

}  // namespace greylag
