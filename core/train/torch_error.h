// SPDX-License-Identifier: Apache-2.0
// What does a user read when LibTorch or another library throws?
#pragma once

#include <exception>

#include "core/base/result.h"

namespace greylag::train {

// error_of (core/base/exception_error.h), which knows nothing of LibTorch: its own exceptions
// without their stack, and one of its allocator as NoSpace.
Error training_error(const std::exception& exception);

}  // namespace greylag::train
