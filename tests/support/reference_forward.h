// SPDX-License-Identifier: Apache-2.0
// What should a model answer, computed apart from the engine? RWKV-7 (facts
// rwkv7-and-training 1.2), with or without a reasoning core (hrm.md 4.3), token by token in f64, on
// the values that the files' tensors decode to.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/checkpoint/reader.h"
#include "core/model/config.h"
#include "core/model/hrm_config.h"

namespace greylag::test {

// Logits [T, V] of all positions from a zero state.
std::vector<double> reference_logits(CheckpointReader& reader, const Config& config,
                                     std::span<const int32_t> tokens);

struct ReferenceCore {
  CheckpointReader& reader;
  HrmConfig config;
  double strength = 1;
  int64_t effort = 0;  // 0 = all cycles
};
std::vector<double> reference_logits(CheckpointReader& reader, const Config& config,
                                     std::span<const int32_t> tokens, const ReferenceCore* core);

}  // namespace greylag::test
