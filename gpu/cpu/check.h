// SPDX-License-Identifier: Apache-2.0
// What happens when an op is called against its contract? One line on stderr, then abort: it is a
// bug of the caller, and the process boundary makes it survivable.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace greylag::gpu {

inline void check(bool is_true, const char* message) {
  if (is_true) return;
  std::fprintf(stderr, "error gpu broken contract: %s\n", message);
  std::abort();
}

}  // namespace greylag::gpu
