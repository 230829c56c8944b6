// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: files as memory. A page of a mapped file that is gone, because another program
// cut the file or its disk failed, raises SIGBUS in the thread that looks at it. The handler puts
// zeros in its place and notes it, so that the thread goes on and its caller can ask afterwards.
// (libwayland-server guards the memory that clients share with it in this way.)
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "core/base/platform.h"
#include "core/base/platform_error_posix.h"

namespace greylag::platform {
namespace {

// A mapping that is watched, which the handler may read at any time: `end` is 0 while it is none,
// and is written after and cleared before `begin`.
struct Guard {
  std::atomic<bool> is_taken{false};
  std::atomic<uintptr_t> begin{0}, end{0};
  std::atomic<bool> is_intact{true};
};
static_assert(std::atomic<uintptr_t>::is_always_lock_free);

// More than the threads that parse at one time. A handler can reach nothing but globals.
std::array<Guard, 64> g_guards;
uintptr_t g_page_bytes = 0;
struct sigaction g_previous;

bool replace_with_zeros(uintptr_t address) {
  for (Guard& guard : g_guards) {
    const uintptr_t end = guard.end.load(), begin = guard.begin.load();
    if (address < begin || address >= end || guard.end.load() != end) continue;
    const uintptr_t page = address / g_page_bytes * g_page_bytes;
    // All that follows too: a cut file has lost its end.
    void* zeros = mmap(reinterpret_cast<void*>(page), end - page, PROT_READ,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    if (zeros == MAP_FAILED) return false;
    guard.is_intact.store(false);
    return true;
  }
  return false;
}

void on_bus_error(int /*signal*/, siginfo_t* info, void* /*context*/) {
  const int code = errno;
  if (!replace_with_zeros(reinterpret_cast<uintptr_t>(info->si_addr))) {
    // Not ours: the access is repeated and ends as it would have without this handler.
    sigaction(SIGBUS, &g_previous, nullptr);
  }
  errno = code;
}

void install_handler() {
  g_page_bytes = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(SIGBUS, &action, &g_previous);
}

int take_guard() {
  static std::once_flag is_installed;
  std::call_once(is_installed, install_handler);
  for (size_t i = 0; i < g_guards.size(); ++i) {
    if (!g_guards[i].is_taken.exchange(true)) return static_cast<int>(i);
  }
  return -1;
}

Guard& guard_of(const Mapping& mapping) { return g_guards[static_cast<size_t>(mapping.guard)]; }

}  // namespace

Result<Mapping> map_input(const Input& input) {
  Mapping mapping;
  mapping.size = static_cast<size_t>(input.size);
  if (mapping.size == 0) return mapping;
  mapping.guard = take_guard();
  if (mapping.guard < 0) {
    return Error{ErrorCode::Internal, "too many files are read at the same time"};
  }
  Guard& guard = guard_of(mapping);
  mapping.address =
      mmap(nullptr, mapping.size, PROT_READ, MAP_SHARED, static_cast<int>(input.handle), 0);
  if (mapping.address == MAP_FAILED) {
    Error error = system_error("the file cannot be mapped into memory");
    guard.is_taken.store(false);
    return error;
  }
  const auto begin = reinterpret_cast<uintptr_t>(mapping.address);
  guard.is_intact.store(true);
  guard.begin.store(begin);
  guard.end.store((begin + mapping.size + g_page_bytes - 1) / g_page_bytes * g_page_bytes);
  return mapping;
}

bool is_intact(const Mapping& mapping) {
  return mapping.guard < 0 || guard_of(mapping).is_intact.load();
}

void unmap_input(const Mapping& mapping) {
  if (mapping.guard < 0) return;
  Guard& guard = guard_of(mapping);
  guard.end.store(0);
  munmap(mapping.address, mapping.size);
  guard.is_taken.store(false);
}

}  // namespace greylag::platform
