// SPDX-License-Identifier: Apache-2.0
// How does a server-sent event look? One line of data per event here, so `data: …` and a blank
// line; `event: type` before it on /engine/events. JSON never holds a raw newline.
#pragma once

#include <string>
#include <string_view>

namespace greylag {

inline constexpr std::string_view kSseDone = "data: [DONE]\n\n";
inline constexpr std::string_view kSsePing = ": ping\n\n";

std::string sse_data(std::string_view json);
std::string sse_event(std::string_view type, std::string_view json);

}  // namespace greylag
