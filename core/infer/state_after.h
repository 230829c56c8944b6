// SPDX-License-Identifier: Apache-2.0
// Which state has a model that has read these tokens? For files that a later conversation starts
// from.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "core/model/hrm_core.h"
#include "core/model/rwkv7.h"

namespace greylag {

// What the tokens are read with; any may be null.
struct ReadingWith {
  std::shared_ptr<const HostState> state;  // the start
  const AdapterWeights* adapter = nullptr;
  std::shared_ptr<const HrmWeights> core;
  HrmUse core_use;
};

// On the device's thread. Errors: InvalidArgument (no tokens, one out of range, a state of another
// core), TooManyRequests (no place in the pool).
Result<HostState> state_after(Rwkv7& model, StatePool& pool, gpu::Device& device, gpu::Queue& queue,
                              std::span<const int32_t> tokens, const ReadingWith& with);

}  // namespace greylag
