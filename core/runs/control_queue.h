// SPDX-License-Identifier: Apache-2.0
// How does a command reach a live trainer? As a file of its own in RUN/control, taken first in,
// first out: a second command never replaces one that nobody has read. Any number of writers, one
// trainer.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag {

// Does nothing when the newest command that waits is the same. Errors of write_file_atomic.
Status push_command(const std::filesystem::path& run, const std::string& command);
// The oldest one, removed; empty when none waits.
std::string take_command(const std::filesystem::path& run);
// Oldest first.
std::vector<std::string> pending_commands(const std::filesystem::path& run);
void clear_commands(const std::filesystem::path& run);

}  // namespace greylag
