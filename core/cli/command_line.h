// SPDX-License-Identifier: Apache-2.0
// What does greylag-engine do with its arguments? The contract: exit 0 done, 1 refused or failed, 2
// usage, never a signal; with --json stdout holds exactly one JSON value.
#pragma once

namespace greylag {

// Returns the exit code. Catches what commands throw.
int run_command_line(int argc, const char* const* argv);

}  // namespace greylag
