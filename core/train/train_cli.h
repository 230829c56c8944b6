// SPDX-License-Identifier: Apache-2.0
// The command line of greylag-train: run, resume, control, merge, eval, parity, init, and what
// other parts add.
// With --json stdout holds exactly one JSON value; everything else goes to stderr.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace greylag::train {

// Does what the command line asks for; returns the exit code.
using Command = std::function<int()>;
// Adds subcommands whose callbacks put a Command into `chosen`, which runs after parsing. is_json
// tells then whether --json was given; both live as long as the app.
using AddCommands = std::function<void(CLI::App& app, const bool& is_json, Command& chosen)>;

// There was no room on the disk or in memory. A run that has begun is paused then and can be
// resumed.
inline constexpr int kExitNoRoom = 3;

// Exit code: 0 done, 1 refused or failed, 2 usage, kExitNoRoom.
int run_train_cli(int argc, char** argv, const AddCommands& more = {});

}  // namespace greylag::train
