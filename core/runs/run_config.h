// SPDX-License-Identifier: Apache-2.0
// RunConfig <-> config.yaml, its defaults and its bounds.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/protocol/training.h"

namespace greylag {

Result<protocol::RunConfig> parse_run_config(const std::string& yaml);  // BadFile names the key
std::string format_run_config(const protocol::RunConfig& config);

// Fills method-dependent defaults (lr, lr_final, threads) and checks every bound. InvalidArgument
// names the field and the allowed range.
Result<protocol::RunConfig> complete_run_config(protocol::RunConfig config);

}  // namespace greylag
