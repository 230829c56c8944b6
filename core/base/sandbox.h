// SPDX-License-Identifier: Apache-2.0
// How does a program do one dangerous job, reading a foreign file, so that being taken over by it
// gains nothing? run_sandboxed starts the program with two open ends: the file, to read, and a
// pipe, to answer. The program calls map_input, then lock_down, then looks at the first byte.
// Linux has walls (sandbox_linux.cpp, sandbox_run_linux.cpp); other systems have none yet
// (sandbox_none.cpp) and say so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/base/result.h"

namespace greylag {
class InputFile;
}

namespace greylag::sandbox {

struct Walls {
  bool has_seccomp = false;   // system calls outside a short list end the process
  bool has_landlock = false;  // no path can be opened, no TCP port used, whatever the call
  bool operator==(const Walls&) const = default;
};

// What this system can put around a process. Without seccomp nothing is locked in.
Walls available_walls();
// "seccomp and Landlock", "seccomp", or "none: " and the reason.
std::string walls_text(const Walls& walls);

// Limits of one run.
struct RunLimits {
  uint64_t answer_bytes = uint64_t{256} << 20;  // a longer answer is refused while it is read
  int timeout_ms = 120'000;  // of wall time, on a busy machine too; then the program is killed
};

// In the parent: starts the program with the file as stdin, reads its answer from its stdout and
// waits for its end. Its other descriptors are closed, its environment is empty but for
// LD_LIBRARY_PATH. Any thread. BadFile when it was killed (by its walls, a fault, a limit);
// Internal when it could not be started or says by its exit code that it could not work.
Result<std::string> run_sandboxed(const std::filesystem::path& program, const InputFile& file,
                                  const RunLimits& limits = {});

// In the program, before lock_down: maps the regular file on stdin, for the life of the process.
// BadFile when stdin is none.
Result<std::span<const std::byte>> map_input();

// In the program: closes all but stdout and stderr, sets limits (1 GiB of memory of its own, 30 s
// of processor time, no new files, no core dump), then raises the walls, for good. Afterwards it
// can compute, allocate, write to stdout and exit; any other system call kills it. One thread.
// Returns what stands. Internal when a wall that the kernel has could not be raised.
Result<Walls> lock_down();

// The part of lock_down that is Landlock's, for the test that looks at it alone. False where the
// kernel has no Landlock. Sets no_new_privs.
Result<bool> raise_landlock();

}  // namespace greylag::sandbox
