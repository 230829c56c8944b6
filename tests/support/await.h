// SPDX-License-Identifier: Apache-2.0
// Waits for what another process or thread does.
#pragma once

#include <chrono>
#include <thread>

#include "core/base/platform.h"

namespace greylag::test {

// Looks until it holds; false after five minutes.
template <typename Condition>
bool await(const Condition& holds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

inline bool is_gone(int64_t pid) { return !platform::process_start_mark(pid).has_value(); }

}  // namespace greylag::test
