// SPDX-License-Identifier: Apache-2.0
// What can be done to a product before it is stored?
#pragma once

#include <cstdint>

namespace greylag::gpu {

// tanh(x), 1 / (1 + exp(-x)), max(x, 0)^2
enum class Activation : uint8_t { None, Tanh, Sigmoid, ReluSquared };

}  // namespace greylag::gpu
