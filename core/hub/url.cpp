// SPDX-License-Identifier: Apache-2.0
#include "core/hub/url.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstring>
#include <memory>

#include "core/hub/http_fetch.h"

namespace greylag {
namespace {

using boost::asio::ip::address;
using boost::asio::ip::address_v4;
using boost::asio::ip::address_v6;

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string out = text;
  curl_free(text);
  return out;
}

bool is_in(address_v4 ip, const char* network, unsigned bits) {
  const auto mask = ~uint32_t{0} << (32 - bits);
  return (ip.to_uint() & mask) == (address_v4::from_string(network).to_uint() & mask);
}

bool is_private_v4(address_v4 ip) {
  return is_in(ip, "0.0.0.0", 8) || is_in(ip, "10.0.0.0", 8) || is_in(ip, "100.64.0.0", 10) ||
         is_in(ip, "127.0.0.0", 8) || is_in(ip, "169.254.0.0", 16) || is_in(ip, "172.16.0.0", 12) ||
         is_in(ip, "192.168.0.0", 16) || is_in(ip, "198.18.0.0", 15) || is_in(ip, "224.0.0.0", 3);
}

bool is_private_v6(const address_v6& ip) {
  const auto bytes = ip.to_bytes();
  if (ip.is_v4_mapped()) return is_private_v4(make_address_v4(boost::asio::ip::v4_mapped, ip));
  const bool is_nat64 =
      bytes[0] == 0x00 && bytes[1] == 0x64 && bytes[2] == 0xFF && bytes[3] == 0x9B;
  const bool is_unique_local = (bytes[0] & 0xFE) == 0xFC;
  return ip.is_loopback() || ip.is_unspecified() || ip.is_link_local() || ip.is_multicast() ||
         is_unique_local || is_nat64 || ip.is_site_local();
}

}  // namespace

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return out;
}

std::string url_escape(std::string_view text) {
  char* escaped = curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size()));
  std::string out = escaped == nullptr ? "" : escaped;
  curl_free(escaped);
  return out;
}

Result<UrlParts> split_url(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return Error{ErrorCode::InvalidArgument, "this is not a valid URL"};
  }
  UrlParts parts;
  parts.scheme = lower_ascii(url_part(parsed.get(), CURLUPART_SCHEME));
  parts.host = lower_ascii(url_part(parsed.get(), CURLUPART_HOST));
  if (parts.host.size() > 2 && parts.host.front() == '[') {
    parts.host = parts.host.substr(1, parts.host.size() - 2);
  }
  parts.has_user = !url_part(parsed.get(), CURLUPART_USER).empty();
  return parts;
}

std::string address_text(const curl_sockaddr& from) {
  boost::asio::ip::tcp::endpoint endpoint;
  if (from.addrlen == 0 || from.addrlen > endpoint.capacity()) return {};
  std::memcpy(endpoint.data(), &from.addr, from.addrlen);
  endpoint.resize(from.addrlen);
  return endpoint.address().to_string();
}

bool is_private_address(std::string_view text) {
  boost::system::error_code error;
  const address ip = boost::asio::ip::make_address(std::string(text), error);
  if (error) return true;  // an unknown family is not the open network
  return ip.is_v4() ? is_private_v4(ip.to_v4()) : is_private_v6(ip.to_v6());
}

bool is_loopback_url(const std::string& url) {
  const auto parts = split_url(url);
  if (!parts) return false;
  if (parts->host == "localhost") return true;
  boost::system::error_code error;
  const address ip = boost::asio::ip::make_address(parts->host, error);
  return !error && ip.is_loopback();
}

Status check_download_url(const std::string& url) {
  const auto parts = split_url(url);
  if (!parts) return parts.error();
  if (parts->has_user) {
    return Error{ErrorCode::Forbidden, "a URL with a user name or password is refused"};
  }
  const bool is_local = is_loopback_url(url);
  if (parts->scheme != "https" && !(parts->scheme == "http" && is_local)) {
    return Error{ErrorCode::Forbidden, "downloads use https only"};
  }
  boost::system::error_code error;
  const address ip = boost::asio::ip::make_address(parts->host, error);
  if (!error && !is_local && is_private_address(ip.to_string())) {
    return Error{ErrorCode::Forbidden, "the address belongs to a private network"};
  }
  return {};
}

}  // namespace greylag
