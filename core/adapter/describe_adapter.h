// SPDX-License-Identifier: Apache-2.0
// describe_adapter for a file that is open already.
#pragma once

#include <filesystem>

#include "core/adapter/adapter_file.h"
#include "core/checkpoint/reader.h"

namespace greylag {

// path is where reader's file lies: an init file is looked for beside it.
Result<AdapterSummary> describe_open_adapter(const CheckpointReader& reader,
                                             const std::filesystem::path& path,
                                             const AdapterOptions& options);

}  // namespace greylag
