// SPDX-License-Identifier: Apache-2.0
// Where does a diagnostic go? To stderr, one line each: `level area message`. Control characters
// are escaped at the sink. Never log prompt text, tokens or paths under the user's home at info.
#pragma once

#include <string_view>

namespace greylag {

enum class LogLevel { Debug, Info, Warn, Error };

// Lines below this level are dropped. Default Info. Any thread.
void set_log_level(LogLevel level);

// area is the folder the line comes from ("server", "train"). Any thread.
void log(LogLevel level, std::string_view area, std::string_view message);
inline void log_debug(std::string_view area, std::string_view m) { log(LogLevel::Debug, area, m); }
inline void log_info(std::string_view area, std::string_view m) { log(LogLevel::Info, area, m); }
inline void log_warn(std::string_view area, std::string_view m) { log(LogLevel::Warn, area, m); }
inline void log_error(std::string_view area, std::string_view m) { log(LogLevel::Error, area, m); }

// A broken invariant: logs where and what, then aborts.
void check(bool condition, std::string_view what);

}  // namespace greylag
