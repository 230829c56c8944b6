// SPDX-License-Identifier: Apache-2.0
// Part of greylag-train alone: functions in .preinit_array run when everything is linked and
// before any constructor of a library (System V gABI, "Initialization and Termination Functions").
// Nothing is initialised there, so that they use system calls and the stack and no more.
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "core/base/address_space.h"

namespace greylag {
namespace {

// OpenBLAS 0.3, common_x86_64.h: BUFFER_SIZE; one for each thread and one for who calls. The others
// are no larger.
constexpr uint64_t kBufferBytes = uint64_t{128} << 20;
// Of a thread else: its stack (the usual 8 MiB) and its arena of malloc.
constexpr uint64_t kThreadBytes = (uint64_t{8} << 20) + (uint64_t{64} << 20);
// For the program itself: its constructors and a model of a few MB. A larger one that does not fit
// is an error of an allocation, in words.
constexpr uint64_t kLeastBytes = uint64_t{128} << 20;

constexpr std::string_view kThreadsVariable = "OMP_NUM_THREADS=";

// Constant initialisation: no constructor overwrites it later.
constinit unsigned g_threads = 0;

uint64_t number_in(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// 0 when it cannot be read.
uint64_t address_space_bytes() {
  std::array<char, 128> text{};
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  if (size <= 0) return 0;
  const uint64_t pages = number_in({text.data(), static_cast<size_t>(size)});
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

unsigned cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return static_cast<unsigned>(CPU_COUNT(&set));
}

// The whole environment, but for this one variable.
void start_again_with(unsigned threads, char** argv, char** environment) {
  constexpr size_t kMostVariables = 4096;
  static std::array<char*, kMostVariables + 2> variables;
  static std::array<char, 64> ours;
  char* end = std::copy(kThreadsVariable.begin(), kThreadsVariable.end(), ours.data());
  std::to_chars(end, ours.data() + ours.size() - 1, threads);
  size_t count = 0;
  variables[count++] = ours.data();
  for (char** variable = environment; *variable != nullptr; ++variable) {
    if (std::string_view(*variable).starts_with(kThreadsVariable)) continue;
    if (count > kMostVariables) return;
    variables[count++] = *variable;
  }
  execve("/proc/self/exe", argv, variables.data());
}

[[noreturn]] void refuse() {
  constexpr std::string_view kWords =
      "greylag-train: there is not enough memory for training within this limit of address space "
      "(ulimit -v); raise it\n";
  const ssize_t ignored = write(STDERR_FILENO, kWords.data(), kWords.size());
  _exit(ignored == 0 ? 2 : 1);
}

void look(int /*argc*/, char** argv, char** environment) {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
  const uint64_t taken = address_space_bytes();
  constexpr uint64_t kFixed = kLeastBytes + kBufferBytes, kEach = kBufferBytes + kThreadBytes;
  if (taken == 0) return;
  if (limit.rlim_cur < taken + kFixed + kEach) refuse();
  g_threads = static_cast<unsigned>(
      std::min<uint64_t>((limit.rlim_cur - taken - kFixed) / kEach, INT32_MAX));
  uint64_t wanted = cores();
  for (char** variable = environment; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (!text.starts_with(kThreadsVariable)) continue;
    wanted = number_in(text.substr(kThreadsVariable.size()));
  }
  if (wanted == 0 || wanted > g_threads) start_again_with(g_threads, argv, environment);
}

using Preinit = void (*)(int, char**, char**);
[[gnu::section(".preinit_array"), gnu::used]] const Preinit kLook = look;

}  // namespace

unsigned threads_in_address_space() { return g_threads; }

}  // namespace greylag
