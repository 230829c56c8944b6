// SPDX-License-Identifier: Apache-2.0
// Append-only files of one JSON object per line. A line that a crash tore is dropped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace greylag {

// Appends one line and hands it to the system. NoSpace when it does not fit; Internal.
Status append_line(const std::filesystem::path& file, const std::string& line);

// Whole lines, without their newline; nothing when the file does not exist.
std::vector<std::string> read_lines(const std::filesystem::path& file);

// The whole lines at the end of the file, at least until `is_old(line)` holds for one of them (that
// one and those before it may be included). Reads only as much of the file as that needs.
std::vector<std::string> read_last_lines(const std::filesystem::path& file,
                                         const std::function<bool(std::string_view)>& is_old);

// Cuts what follows the last newline.
Status cut_torn_line(const std::filesystem::path& file);

// Size in bytes; 0 when the file does not exist.
uint64_t file_size_or_zero(const std::filesystem::path& file);

}  // namespace greylag
