// SPDX-License-Identifier: Apache-2.0
// What should a model answer, computed apart from the engine? RWKV-7 (facts rwkv7-and-training 1.2)
// token by token in f64, on the values that the file's tensors decode to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/checkpoint/reader.h"
#include "core/model/config.h"

namespace greylag::test {

// Logits [T, V] of all positions from a zero state.
std::vector<double> reference_logits(CheckpointReader& reader, const Config& config,
                                     std::span<const int32_t> tokens);

}  // namespace greylag::test
