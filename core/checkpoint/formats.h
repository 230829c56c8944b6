// SPDX-License-Identifier: Apache-2.0
// The readers of single formats, for open_checkpoint.cpp and tests. Each takes over the mapped
// file.
#pragma once

#include <memory>

#include "core/base/file.h"
#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag {

Result<std::unique_ptr<CheckpointReader>> open_pth(MappedFile file);
Result<std::unique_ptr<CheckpointReader>> open_safetensors(MappedFile file);

}  // namespace greylag
