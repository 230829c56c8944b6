// SPDX-License-Identifier: Apache-2.0
#include "core/base/regular_file.h"

#include <string>
#include <system_error>

#include "core/base/file.h"

namespace greylag {
namespace {

const char* kind_name(std::filesystem::file_type type) {
  switch (type) {
    case std::filesystem::file_type::directory:
      return "a folder";
    case std::filesystem::file_type::block:
    case std::filesystem::file_type::character:
      return "a device";
    case std::filesystem::file_type::fifo:
      return "a pipe";
    case std::filesystem::file_type::socket:
      return "a socket";
    default:
      return "nothing that can be read";
  }
}

}  // namespace

Status check_regular_file(const std::filesystem::path& path) {
  std::error_code failed;
  const auto type = std::filesystem::status(path, failed).type();
  if (type == std::filesystem::file_type::regular) return {};
  if (type == std::filesystem::file_type::not_found) {
    return Error{ErrorCode::NotFound, "there is no file " + path_to_utf8(path)};
  }
  if (type == std::filesystem::file_type::none) {
    return Error{ErrorCode::InvalidArgument,
                 "cannot look at " + path_to_utf8(path) + ": " + failed.message()};
  }
  return Error{ErrorCode::InvalidArgument,
               path_to_utf8(path) + " is " + kind_name(type) + ", not a file"};
}

}  // namespace greylag
