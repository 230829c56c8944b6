// SPDX-License-Identifier: Apache-2.0
// What does a user read when a library throws?
#pragma once

#include <exception>

#include "core/base/result.h"

namespace greylag {

// NoSpace when there is no memory; Unavailable when the machine lets no thread be started; else
// Internal with what the exception says.
Error error_of(const std::exception& exception);

}  // namespace greylag
