// SPDX-License-Identifier: Apache-2.0
#include "core/server/sse.h"

namespace greylag {
namespace {

// Any line break inside would end the field: each line becomes a data line of its own.
void append_data(std::string& out, std::string_view text) {
  while (true) {
    const size_t end = text.find_first_of("\r\n");
    out.append("data: ").append(text.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    const bool is_pair = text.substr(end, 2) == "\r\n";
    text.remove_prefix(end + (is_pair ? 2 : 1));
  }
  out += '\n';
}

}  // namespace

std::string sse_data(std::string_view json) {
  std::string out;
  append_data(out, json);
  return out;
}

std::string sse_event(std::string_view type, std::string_view json) {
  std::string out("event: ");
  out.append(type).append("\n");
  append_data(out, json);
  return out;
}

}  // namespace greylag
