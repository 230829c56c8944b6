// SPDX-License-Identifier: Apache-2.0
// The only calls that differ between Windows, macOS and Linux. platform_*_posix.cpp and
// platform_windows.cpp implement them; beside the sandbox (sandbox.h), nothing else in the tree
// includes a system header.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace greylag::platform {

// Call first in main, while there is one thread. Whoever started the program may have closed its
// standard streams (they become /dev/null, so that no file of ours takes their numbers), blocked
// signals or ignored the end of children; a pipe without a reader and a file beyond a limit shall
// be errors of a write (EPIPE, EFBIG) and no signals.
void prepare_process();
// What this process creates from now on is for its user alone (umask 077).
void make_new_files_private();
// The signals that ask a program to save what it has and to end: of a user, a closed terminal, a
// batch system whose time is up, a machine that goes down. Without those that whoever started the
// program had ignored (nohup).
std::vector<int> stop_signals();

// The user's data folder for the program: $XDG_DATA_HOME or ~/.local/share, ~/Library/Application
// Support, %LOCALAPPDATA%; + "Greylag". Where the environment names no folder, that of the system's
// list of users; empty when it names none either.
std::filesystem::path default_home();
// Folder of the running executable.
std::filesystem::path executable_dir();

// For libraries that read their environment before main: when the variable is unset, sets it and
// starts the program again in the same process (same pid). Returns when it is set already, or where
// a program cannot replace itself (Windows). Call first in main.
void ensure_environment(const char* name, const char* value, char** argv);

int64_t process_id();
// Opaque start mark of a live process (so that a reused pid is not mistaken); nullopt if none runs.
std::optional<uint64_t> process_start_mark(int64_t pid);

struct SpawnedProcess {
  int64_t pid = -1;
  uint64_t start_mark = 0;  // as process_start_mark gives it
};
// Starts a program that outlives its parent and has no console; stdout and stderr are appended to
// log_file. It inherits nothing else: no other descriptor or handle, no signal that is blocked or
// ignored here. Any thread. NotFound when there is no such program; Internal, with the system's
// reason, when it cannot be run.
Result<SpawnedProcess> spawn_detached(const std::filesystem::path& program,
                                      const std::vector<std::string>& arguments,
                                      const std::filesystem::path& log_file);
// For the start of a program by other means: from now on nothing that is open here but the standard
// streams is inherited. Between fork and exec too (async-signal-safe).
void keep_descriptors_from_children();
// Asks a process to end (SIGTERM) or ends it (SIGKILL).
void end_process(int64_t pid, bool is_forced);

// Opens (creating it if needed) a file and takes an exclusive lock that ends with the process.
// Conflict if another process holds it. The handle is released by release_lock or process end.
Result<int64_t> acquire_lock(const std::filesystem::path& path);
void release_lock(int64_t handle);

// What this process may have: the machine's memory, or less where a container (cgroup) or a limit
// of address space (ulimit -v) says so.
uint64_t memory_total_bytes();
uint64_t memory_available_bytes();
// Address space that is left under a limit of it; nullopt where there is none.
std::optional<uint64_t> address_space_left_bytes();
// Resident set size of this process.
uint64_t memory_resident_bytes();
// The largest that it has been.
uint64_t memory_peak_bytes();
uint64_t disk_free_bytes(const std::filesystem::path& folder);
// Cores that this process may use: its affinity, and the time that a container gives it.
unsigned cpu_count();
std::string cpu_name();
// n bytes from the system's generator.
std::vector<uint8_t> random_bytes(size_t n);

// New file for writing (fails if it exists), 0600 when private; open_exclusive meets a Conflict
// until it is closed. The caller closes it, or gives it to close_as.
Result<int> create_file(const std::filesystem::path& path, bool is_private);
// Existing or new file for writing, at its beginning. Conflict while another process has it open
// in this way. The caller closes it, or gives it to close_as.
Result<int> open_exclusive(const std::filesystem::path& path);
// 0 or an errno value.
int write_fully(int fd, const void* bytes, size_t size);
int seek_file(int fd, uint64_t offset);  // from the beginning
int truncate_file(int fd, uint64_t size);
int close_file(int fd);
// Closes the open file `from` and puts it in the place of `to`, in the order that leaves no moment
// in which another process could open it exclusively under its old name (where the system can).
Status close_as(int fd, const std::filesystem::path& from, const std::filesystem::path& to);
bool is_disk_full(int errno_value);
// The file would be larger than a limit of this process (ulimit -f) or of the file system.
bool is_file_too_large(int errno_value);

// A regular file, open for reading.
struct Input {
  int64_t handle = -1;  // POSIX: a descriptor; Windows: a HANDLE
  uint64_t size = 0;    // when it was opened
};
// NotFound; BadFile when it is not a regular file.
Result<Input> open_input(const std::filesystem::path& path);
void close_input(int64_t handle);
// Fills `out` from `offset` on. BadFile when the file ends before it is full: it was cut since it
// was opened. Internal when the disk fails. Any thread.
Status read_at(int64_t handle, uint64_t offset, std::span<std::byte> out);

// Read-only. A part of a mapped file that its disk does not give any more (the file was cut, a
// network drive went) reads as zeros from then on, and is_intact turns false: without this, looking
// at it would end the process (SIGBUS).
struct Mapping {
  void* address = nullptr;  // null for an empty file
  size_t size = 0;
  void* handle = nullptr;  // Windows: the mapping object
  int guard = -1;          // POSIX: who watches it
};
// Internal when it cannot be mapped. Any thread.
Result<Mapping> map_input(const Input& input);
bool is_intact(const Mapping& mapping);
void unmap_input(const Mapping& mapping);

enum class Privacy {
  Private,      // nobody else could read it
  MadePrivate,  // others could; they cannot any more
  Open,         // others can, and the file system keeps no permissions
  Foreign,      // it belongs to another account
};
// Takes the rights of other accounts to a folder (0700) or a file (0600). Windows: Private; there
// the user's profile folder keeps others out. NotFound; Internal.
Result<Privacy> make_private(const std::filesystem::path& path);

// Flush a file / a folder's entries to the disk.
Status sync_file(int fd);
Status sync_folder(const std::filesystem::path& folder);
// Flushes a closed file that was written by other means (a finished download).
Status sync_path(const std::filesystem::path& file);
// True when stdin/stdout is a terminal.
bool is_terminal(int fd);

}  // namespace greylag::platform
