// SPDX-License-Identifier: Apache-2.0
// In which order does an HRM call its two modules? Facts hrm.md 1.4 and 4.3, written once for both
// modes, in inference and training:
//   for i = 1..h_cycles: l_cycles times z_L <- F_L(z_L + z_H + input); then z_H <- F_H(z_H + z_L).
#pragma once

#include <cstdint>

namespace greylag {

struct Recursion {
  int64_t h_cycles = 2;  // N_H
  int64_t l_cycles = 3;  // T_L

  struct Call {
    int64_t number = 0;    // 0 .. calls() - 1
    int64_t cycle = 0;     // 0 .. h_cycles - 1
    bool is_high = false;  // F_H, which ends the cycle; else F_L
  };

  // P
  int64_t calls() const { return h_cycles * (l_cycles + 1); }

  // Calls run(Call) for the calls of the first `cycles` cycles, in order.
  template <typename Run>
  void for_each_call(int64_t cycles, const Run& run) const {
    int64_t number = 0;
    for (int64_t cycle = 0; cycle < cycles; ++cycle) {
      for (int64_t k = 0; k < l_cycles; ++k) run(Call{number++, cycle, false});
      run(Call{number++, cycle, true});
    }
  }
};

}  // namespace greylag
