// SPDX-License-Identifier: Apache-2.0
// Are these tensors fit to be written? Shared by the writers.
#pragma once

#include <span>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag {

// Sum of size_bytes. InvalidArgument: a bad or repeated name, a size that is not that of the shape.
Result<uint64_t> check_writer_input(std::span<const TensorInfo> tensors);

}  // namespace greylag
