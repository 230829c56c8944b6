// SPDX-License-Identifier: Apache-2.0
// What does a failed write mean for the user? Shared by the kinds of output file.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace greylag {

// code: an errno value; what: "write", "close". NoSpace when the disk is full, else Internal.
Error write_error(const std::filesystem::path& path, int code, const char* what);

}  // namespace greylag
