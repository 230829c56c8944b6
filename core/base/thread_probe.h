// SPDX-License-Identifier: Apache-2.0
// How many threads does the machine let this process start? A limit of processes (ulimit -u), of a
// container (pids.max) or of address space is told by nothing but a start that fails, and a library
// that fails so ends the process (libgomp). So the threads are started once, and end again.
#pragma once

namespace greylag {

// At most `wanted`, beside those that run. They have ended when this returns. Any thread.
unsigned startable_threads(unsigned wanted);

}  // namespace greylag
