// SPDX-License-Identifier: Apache-2.0
#include "core/hub/http_fetch.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>

#include "core/hub/url.h"

namespace greylag {
namespace {

constexpr int kRedirects = 5;
constexpr int kPollMs = 100;

struct EasyDeleter {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;
using Multi = std::unique_ptr<CURLM, MultiDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

Error retry(std::string message) { return Error{ErrorCode::Unavailable, std::move(message)}; }

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

// "bytes 5-9/10" or "bytes */10"
void parse_content_range(std::string_view value, FetchHead& head) {
  if (!value.starts_with("bytes ")) return;
  value.remove_prefix(6);
  const size_t slash = value.find('/'), dash = value.find('-');
  if (slash == std::string_view::npos) return;
  head.range_total = parse_number(value.substr(slash + 1));
  if (dash == std::string_view::npos || dash > slash) return;
  head.range_first = parse_number(value.substr(0, dash));
  head.range_last = parse_number(value.substr(dash + 1, slash - dash - 1));
}

// "\"<64 hex digits>\"" -> the digits; else empty. Where a file is kept as it is, the ETag is no
// SHA-256.
std::string sha256_of_etag(std::string_view etag) {
  if (etag.size() == 66 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, 64);
  const std::string digits = lower_ascii(etag);
  const bool is_hash =
      digits.size() == 64 && digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  return is_hash ? digits : "";
}

// One hop: the state that libcurl's callbacks write.
struct Hop {
  const FetchSink& sink;
  CURL* curl = nullptr;
  FetchHead head;
  Status result;  // of the sink
  bool is_head_given = false;
  bool refuses_private = false;
  bool was_private = false;
  bool is_first_host = true;  // may speak of the file that it redirects to
  std::string linked_sha256;  // of this hop and those before
  std::optional<uint64_t> linked_size;
  std::string error_code;  // X-Error-Code: why the hub refuses
  uint64_t bytes = 0;      // moved by the stall timer's comparison

  bool has_wanted_status() const {
    return head.status == 200 || head.status == 206 || head.status == 416;
  }
  bool give_head() {
    if (is_head_given) return result.ok();
    is_head_given = true;
    head.linked_sha256 = linked_sha256;
    head.linked_size = linked_size;
    if (has_wanted_status()) result = sink.on_head(head);
    return result.ok();
  }
};

size_t on_header(char* data, size_t, size_t size, void* user) {
  auto& hop = *static_cast<Hop*>(user);
  hop.bytes += size;
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/")) {
    hop.head = FetchHead{};
    const size_t space = line.find(' ');
    hop.head.status = static_cast<int>(
        parse_number(line.substr(std::min(space + 1, line.size()), 3)).value_or(0));
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  const std::string name = lower_ascii(line.substr(0, colon));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "etag") hop.head.etag = std::string(value);
  if (name == "content-length") hop.head.content_length = parse_number(value);
  if (name == "content-range") parse_content_range(value, hop.head);
  if (name == "x-error-code") hop.error_code = std::string(value);
  if (!hop.is_first_host) return size;
  if (name == "x-linked-etag") hop.linked_sha256 = sha256_of_etag(value);
  if (name == "x-linked-size") hop.linked_size = parse_number(value);
  return size;
}

size_t on_body(char* data, size_t, size_t size, void* user) {
  auto& hop = *static_cast<Hop*>(user);
  hop.bytes += size;
  if (!hop.give_head()) return 0;
  if (hop.head.status != 200 && hop.head.status != 206) return size;  // an error page
  hop.result = hop.sink.on_body({reinterpret_cast<const std::byte*>(data), size});
  return hop.result.ok() ? size : 0;
}

// libcurl asks for a socket after resolving: the last place where an address can be refused.
curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& hop = *static_cast<Hop*>(user);
  if (hop.refuses_private && is_private_address(address_text(*address))) {
    hop.was_private = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype, address->protocol);
}

bool is_proxy_set() {
  for (const char* name : {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): never changed
    if (value != nullptr && *value != '\0') return true;
  }
  return false;
}

List request_headers(const FetchRequest& request) {
  List headers;
  if (request.from == 0) return headers;
  const std::string range = fmt::format("Range: bytes={}-", request.from);
  headers.reset(curl_slist_append(nullptr, range.c_str()));
  if (!request.if_range.empty() && headers) {
    const std::string line = "If-Range: " + request.if_range;
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  }
  return headers;
}

void set_options(CURL* curl, const FetchRequest& request, const std::string& url, Hop& hop,
                 curl_slist* headers) {
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "greylag/0.1");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_time.count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &hop);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &hop);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &hop);
}

// Runs the transfer until it ends, stalls or is stopped.
Result<CURLcode> perform(CURL* curl, const FetchRequest& request, Hop& hop) {
  const Multi multi(curl_multi_init());
  curl_multi_add_handle(multi.get(), curl);
  Result<CURLcode> outcome = CURLE_OK;
  auto last_moved = std::chrono::steady_clock::now();
  uint64_t last_bytes = 0;
  for (int running = 1; running > 0;) {
    curl_multi_perform(multi.get(), &running);
    if (running == 0) break;
    const auto now = std::chrono::steady_clock::now();
    if (hop.bytes != last_bytes) {
      last_bytes = hop.bytes;
      last_moved = now;
    }
    if (hop.sink.should_stop()) {
      outcome = Error{ErrorCode::Cancelled, "stopped"};
      break;
    }
    if (now - last_moved > request.stall_time + (last_bytes == 0 ? request.connect_time
                                                                 : std::chrono::milliseconds(0))) {
      outcome = retry("no data came for a while");
      break;
    }
    curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg == CURLMSG_DONE && outcome.ok()) outcome = message->data.result;
  }
  curl_multi_remove_handle(multi.get(), curl);
  return outcome;
}

// why: X-Error-Code. Hugging Face answers 401 for what is not there, too.
Status status_error(int status, const std::string& why) {
  const std::string text = fmt::format("the server answered {}", status);
  if (why == "RepoNotFound" || why == "EntryNotFound" || why == "RevisionNotFound") {
    return Error{ErrorCode::NotFound, "the host has no such file"};
  }
  if (status == 401 || status == 403) {
    return Error{ErrorCode::Forbidden,
                 text +
                     ": the publisher gives this file only to people who signed in and accepted "
                     "its terms. Get it in a browser, then import it"};
  }
  if (status >= 500 || status == 429 || status == 408) return retry(text);
  if (status == 404 || status == 410) return Error{ErrorCode::NotFound, text};
  return Error{ErrorCode::InvalidArgument, text};
}

// Empty next: this hop was the last.
Status fetch_hop(const FetchRequest& request, const std::string& url, Hop& hop, std::string& next) {
  const Easy curl(curl_easy_init());
  if (!curl) return Error{ErrorCode::Internal, "libcurl cannot start"};
  hop.curl = curl.get();
  const List headers = request_headers(request);
  set_options(curl.get(), request, url, hop, headers.get());
  const auto outcome = perform(curl.get(), request, hop);
  if (!outcome) return outcome.error();
  if (!hop.result.ok()) return hop.result;
  if (hop.was_private) {
    return Error{ErrorCode::Forbidden, "the address belongs to a private network"};
  }
  if (*outcome == CURLE_PEER_FAILED_VERIFICATION) {
    return Error{ErrorCode::Forbidden, "the server's certificate is not valid"};
  }
  if (*outcome != CURLE_OK) return retry(curl_easy_strerror(*outcome));
  if (hop.head.status >= 300 && hop.head.status < 400) {
    char* location = nullptr;
    curl_easy_getinfo(curl.get(), CURLINFO_REDIRECT_URL, &location);
    if (location == nullptr) return status_error(hop.head.status, hop.error_code);
    next = location;
    return {};
  }
  if (!hop.has_wanted_status()) return status_error(hop.head.status, hop.error_code);
  hop.give_head();  // an empty body gave no chance before
  return hop.result;
}

}  // namespace

Status http_fetch(const FetchRequest& request, const FetchSink& sink) {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return Error{ErrorCode::Internal, "libcurl cannot start"};
  if (Status allowed = check_download_url(request.url); !allowed) return allowed;
  const bool is_local = is_loopback_url(request.url);
  const auto first_host = split_url(request.url);
  if (!first_host) return first_host.error();
  std::string url = request.url;
  std::string linked_sha256;
  std::optional<uint64_t> linked_size;
  for (int hops = 0; hops <= kRedirects; ++hops) {
    if (hops > 0) {
      if (Status allowed = check_download_url(url); !allowed) return allowed.error().in("redirect");
      if (!is_local && is_loopback_url(url)) {
        return Error{ErrorCode::Forbidden, "a redirect leads to this computer"};
      }
    }
    Hop hop{.sink = sink,
            .head = {},
            .result = {},
            .linked_sha256 = linked_sha256,
            .linked_size = linked_size,
            .error_code = {}};
    hop.refuses_private = !is_local && !is_proxy_set();
    const auto host = split_url(url);
    hop.is_first_host = host && host->host == first_host->host;
    std::string next;
    if (Status done = fetch_hop(request, url, hop, next); !done || next.empty()) return done;
    url = next;
    linked_sha256 = hop.linked_sha256;
    linked_size = hop.linked_size;
  }
  return Error{ErrorCode::Forbidden, "the server redirects more than 5 times"};
}

Result<std::string> http_fetch_text(const std::string& url, size_t limit,
                                    const std::function<bool()>& should_stop) {
  std::string text;
  FetchSink sink;
  sink.on_head = [](const FetchHead&) { return Status(); };
  sink.on_body = [&](std::span<const std::byte> bytes) -> Status {
    if (text.size() + bytes.size() > limit) {
      return Error{ErrorCode::BadFile, "the host's answer is too long"};
    }
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  };
  sink.should_stop = should_stop;
  FetchRequest request;
  request.url = url;
  request.stall_time = request.connect_time = std::chrono::seconds(10);  // somebody is waiting
  if (Status fetched = http_fetch(request, sink); !fetched) return fetched.error();
  return text;
}

}  // namespace greylag
