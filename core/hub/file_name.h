// SPDX-License-Identifier: Apache-2.0
// Which names from outside may become file names? One rule for downloads, imports and merges.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag {

// A single plain name, safe on every system: no separators, "..", drive, stream, control
// characters, reserved DOS names, leading dot, trailing dot or space; 1..200 bytes of UTF-8.
Status check_file_name(std::string_view name);

// Lower-case letters, digits, '-' from any text, at most 40 characters, never empty.
std::string slug(std::string_view text);

}  // namespace greylag
