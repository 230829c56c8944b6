// SPDX-License-Identifier: Apache-2.0
// Readers say which rule a file breaks; whoever knows the path says which file.
#pragma once

#include <filesystem>

#include "core/base/file.h"
#include "core/base/result.h"

namespace greylag {

// "PATH: message", or the error as it is when it names the file already.
inline Error in_file(const Error& error, const std::filesystem::path& path) {
  const std::string name = path_to_utf8(path.filename());
  return error.message.find(name) == std::string::npos ? error.in(path_to_utf8(path)) : error;
}

}  // namespace greylag
