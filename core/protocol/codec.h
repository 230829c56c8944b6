// SPDX-License-Identifier: Apache-2.0
// Structs of this folder <-> JSON text. Unknown keys are ignored, missing keys keep the default,
// a wrong type is InvalidArgument. A number without a value is null on the wire and NaN in the
// struct, whichever field it is. Instantiated in codec.cpp for every struct of
// engine.h, reason.h and training.h.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace greylag::protocol {

template <typename T>
Result<T> decode(std::string_view json);

// One line, no newline; not-a-number becomes null.
template <typename T>
std::string encode(const T& value);

}  // namespace greylag::protocol
