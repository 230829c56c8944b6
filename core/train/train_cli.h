// SPDX-License-Identifier: Apache-2.0
// The command line of greylag-train: run, resume, control, merge, eval, parity, init.
// With --json stdout holds exactly one JSON value; everything else goes to stderr.
#pragma once

namespace greylag::train {

// Exit code: 0 done, 1 refused or failed, 2 usage.
int run_train_cli(int argc, char** argv);

}  // namespace greylag::train
