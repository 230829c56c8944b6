// SPDX-License-Identifier: Apache-2.0
// Is this an RWKV-7 checkpoint, and if not, what else? By tensor names; identify_architecture is
// declared in config.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/result.h"
#include "core/checkpoint/reader.h"

namespace greylag {

// N of "blocks.N.something"; null for other names and numbers beyond 6 digits.
std::optional<int64_t> layer_of(std::string_view name);

// BadFile with a sentence that names the other architecture.
Status check_is_rwkv7(const CheckpointReader& reader);

}  // namespace greylag
