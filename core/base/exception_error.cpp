// SPDX-License-Identifier: Apache-2.0
#include "core/base/exception_error.h"

#include <new>
#include <system_error>

namespace greylag {

Error error_of(const std::exception& exception) {
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) {
    return Error{ErrorCode::NoSpace,
                 "there is not enough memory; close other programs, or raise "
                 "the limit of this one"};
  }
  const auto* failed = dynamic_cast<const std::system_error*>(&exception);
  if (failed != nullptr && failed->code() == std::errc::resource_unavailable_try_again) {
    return Error{ErrorCode::Unavailable,
                 "this machine lets the program start no more threads; raise the limit of "
                 "processes (ulimit -u, or that of the container)"};
  }
  return Error{ErrorCode::Internal, exception.what()};
}

}  // namespace greylag
