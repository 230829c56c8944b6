// SPDX-License-Identifier: Apache-2.0
// Is this a file that can be read to its end? Asked before a path that a user gave is opened:
// opening a pipe waits for its other end, and a device such as /dev/zero never ends.
#pragma once

#include <filesystem>

#include "core/base/result.h"

namespace greylag {

// Links are followed. NotFound: there is nothing of that name. InvalidArgument: a folder, a device,
// a pipe or a socket, called so.
Status check_regular_file(const std::filesystem::path& path);

}  // namespace greylag
