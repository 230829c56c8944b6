// SPDX-License-Identifier: Apache-2.0
// How do commands speak? Results on stdout, everything else on stderr.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/cli/commands.h"

namespace greylag {

// One line of JSON on stdout; invalid UTF-8 becomes U+FFFD.
void print_json(const nlohmann::ordered_json& value);

// "greylag-engine: message" as one line on stderr, and with --json
// {"error":{"code","message"}} on stdout.
void report(const CommandContext& context, std::string_view code, const std::string& message);

// {"error": ...} style names of ErrorCode: "bad_file", "not_found", ...
std::string_view error_code_name(ErrorCode code);

}  // namespace greylag
