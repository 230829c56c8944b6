// SPDX-License-Identifier: Apache-2.0
// The commands `greylag-train reason prepare | init | run | eval | solve`.
#pragma once

#include "core/train/train_cli.h"

namespace greylag::reason {

// A train::AddCommands.
void add_reason_commands(CLI::App& app, const bool& is_json, train::Command& chosen);

}  // namespace greylag::reason
