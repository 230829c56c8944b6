// SPDX-License-Identifier: Apache-2.0
// What host does a URL name, and what address did it resolve to? The one place that takes URLs and
// socket addresses apart.
#pragma once

#include <curl/curl.h>

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

struct UrlParts {
  std::string scheme;  // lower case
  std::string host;    // lower case, IPv6 without brackets
  bool has_user = false;
};
Result<UrlParts> split_url(const std::string& url);  // InvalidArgument

// "192.0.2.1" or "2001:db8::1"; empty for other families.
std::string address_text(const curl_sockaddr& address);

// "a b/c" -> "a%20b%2Fc"
std::string url_escape(std::string_view text);

std::string lower_ascii(std::string_view text);

}  // namespace greylag
