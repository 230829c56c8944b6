// SPDX-License-Identifier: Apache-2.0
// Is a merged model the same as base plus adapter? The largest difference of their logits.
#pragma once

#include <filesystem>

#include "core/adapter/adapter_file.h"
#include "core/base/result.h"

namespace greylag::train {

// Over a fixed sequence of tokens. The models are loaded one after the other. Rounding to the
// dtype of the merged file is part of the difference.
Result<double> largest_logit_difference(const std::filesystem::path& base,
                                        const std::filesystem::path& adapter,
                                        const std::filesystem::path& merged,
                                        const AdapterOptions& options = {});

}  // namespace greylag::train
