// SPDX-License-Identifier: Apache-2.0
// Names and shapes of an adapter's tensors for a model of a given config.
#pragma once

#include <cstdint>
#include <string>

#include "core/model/weights.h"

namespace greylag {

inline constexpr int64_t kHighestRank = 4096;

// Columns and rows of the matrix that the target names.
int64_t target_in(const Config& config, AdapterTarget target);
int64_t target_out(const Config& config, AdapterTarget target);

// "blocks.3.att.receptance"; the adapter adds .lora_A and .lora_B, the model .weight.
std::string target_key(int64_t layer, AdapterTarget target);
// "blocks.3.att.time_state"
std::string time_state_key(int64_t layer);

}  // namespace greylag
