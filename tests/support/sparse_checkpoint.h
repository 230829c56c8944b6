// SPDX-License-Identifier: Apache-2.0
// A model of any size that takes no time to write: a safetensors file whose data is a hole, so all
// numbers are zero. It loads as slowly as a real one of its size.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/base/result.h"

namespace greylag::test {

// f16 with the byte vocabulary; width: a multiple of 64. About 24 layers x width^2 bytes.
Status write_sparse_checkpoint(const std::filesystem::path& path, int64_t layers, int64_t width);

}  // namespace greylag::test
