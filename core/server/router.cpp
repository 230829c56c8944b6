// SPDX-License-Identifier: Apache-2.0
#include "core/server/router.h"

#include <utility>

namespace greylag {
namespace {

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const size_t end = path.find('/');
    parts.emplace_back(path.substr(0, end));
    path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  }
  return parts;
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& parts) {
  if (pattern.size() != parts.size()) return false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (pattern[i] == "{}" ? parts[i].empty() : pattern[i] != parts[i]) return false;
  }
  return true;
}

}  // namespace

void Router::add(const std::string& method, const std::string& pattern, Handler handler) {
  add_stream(method, pattern,
             [handler = std::move(handler)](const std::shared_ptr<Exchange>& exchange) {
               exchange->reply(handler(exchange->request()));
             });
}

void Router::add_stream(const std::string& method, const std::string& pattern,
                        StreamHandler handler) {
  routes_.push_back({method, pattern, split_path(pattern), std::move(handler)});
}

Result<Router::Match> Router::find(std::string_view method, std::string_view path) const {
  const std::vector<std::string> parts = split_path(path);
  bool is_known_path = false;
  for (const Route& route : routes_) {
    if (!matches(route.parts, parts)) continue;
    is_known_path = true;
    if (route.method != method) continue;
    Match match{&route.handler, {}};
    for (size_t i = 0; i < parts.size(); ++i) {
      if (route.parts[i] != "{}") continue;
      auto decoded = percent_decode(parts[i]);
      if (!decoded) return Error{ErrorCode::InvalidArgument, "the path is badly percent-encoded"};
      match.arguments.push_back(std::move(*decoded));
    }
    return match;
  }
  if (is_known_path) {
    return Error{ErrorCode::MethodNotAllowed,
                 "this path does not answer to " + std::string(method)};
  }
  return Error{ErrorCode::NotFound, "there is no such path"};
}

std::string Router::methods(std::string_view path) const {
  const std::vector<std::string> parts = split_path(path);
  std::string list;
  for (const Route& route : routes_) {
    if (!matches(route.parts, parts)) continue;
    list += (list.empty() ? "" : ", ") + route.method + (route.method == "GET" ? ", HEAD" : "");
  }
  return list;
}

std::vector<Router::Entry> Router::entries() const {
  std::vector<Entry> entries;
  for (const Route& route : routes_) entries.push_back({route.method, route.pattern});
  return entries;
}

}  // namespace greylag
