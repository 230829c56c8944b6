// SPDX-License-Identifier: Apache-2.0
// How is a list brought into random order? Fisher and Yates, the same on every platform.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "core/base/random.h"

namespace greylag {

template <typename T>
void shuffle(std::span<T> items, CounterRandom& random) {
  for (size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random.below(left)]);
  }
}

}  // namespace greylag
