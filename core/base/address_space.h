// SPDX-License-Identifier: Apache-2.0
// Is there room for OpenBLAS? Its constructor, which runs before main, reserves a buffer for each
// thread and, under a limit of address space (ulimit -v) that has no room for it, tries again for
// ever. platform_address_space_linux.cpp looks before it does; only greylag-train is linked with
// it.
#pragma once

namespace greylag {

// Threads whose buffers fit; 0 when there is no limit. Found out at the start of the process.
unsigned threads_in_address_space();

}  // namespace greylag
