// SPDX-License-Identifier: Apache-2.0
#include "core/train/torch_error.h"

#include <c10/util/Exception.h>

#include <string>

#include "core/base/exception_error.h"

namespace greylag::train {

Error training_error(const std::exception& exception) {
  Error error = error_of(exception);
  if (const auto* torch = dynamic_cast<const c10::Error*>(&exception)) {
    error.message = std::string("LibTorch: ") + torch->what_without_backtrace();
    const bool is_memory = error.message.find("not enough memory") != std::string::npos ||
                           error.message.find("can't allocate memory") != std::string::npos;
    if (is_memory) error.code = ErrorCode::NoSpace;
  }
  if (error.code == ErrorCode::NoSpace) {
    error.message =
        "there is not enough memory; try a smaller batch or context, or close other programs";
  }
  return error;
}

}  // namespace greylag::train
