// SPDX-License-Identifier: Apache-2.0
// What errno says, as an Error. For platform_*_posix.cpp alone.
#pragma once

#include <string>

#include "core/base/result.h"

namespace greylag::platform {

// what + ": " + the system's text for errno. NoSpace when the disk is full, else Internal.
Error system_error(const std::string& what);

}  // namespace greylag::platform
