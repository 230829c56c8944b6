// SPDX-License-Identifier: Apache-2.0
// With how many threads may LibTorch, OpenBLAS and libgomp compute? Two of them do not fail when
// they get none: libgomp ends the process, and OpenBLAS asks for the buffer of a thread for ever.
#pragma once

#include <cstdint>

namespace greylag::train {

// wanted: 0 = all cores that this process may use. Fewer where the machine lets fewer be started,
// or where a limit of address space has no room for them, and says so in the log. Main thread,
// before the first step.
void use_threads(int64_t wanted);

}  // namespace greylag::train
