// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: how much memory and how many cores there are for this process.
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "core/base/cgroup.h"
#include "core/base/platform.h"
#if defined(__APPLE__)
#include <mach/mach.h>
#endif

namespace greylag::platform {
namespace {

#if defined(__linux__)
// A value in kB of /proc/meminfo or /proc/self/status, in bytes; 0 when absent.
uint64_t proc_kilobytes(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key + ":", 0) == 0) {
      return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10) * 1024;
    }
  }
  return 0;
}
#endif

uint64_t physical_bytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

// What nobody holds on the machine as a whole.
uint64_t physical_available_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/meminfo", "MemAvailable");
#else
  return physical_bytes() / 2;
#endif
}

std::optional<uint64_t> address_space_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return limit.rlim_cur;
}

// Cores that the scheduler may put this process on; all where the system does not say.
unsigned schedulable_cores() {
#if defined(__linux__)
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
    return static_cast<unsigned>(CPU_COUNT(&cores));
  }
#endif
  return std::thread::hardware_concurrency();
}

}  // namespace

std::optional<uint64_t> address_space_left_bytes() {
#if defined(__linux__)
  const std::optional<uint64_t> limit = address_space_limit();
  if (!limit) return {};
  return *limit - std::min(*limit, proc_kilobytes("/proc/self/status", "VmSize"));
#else
  return {};  // macOS keeps no such limit
#endif
}

uint64_t memory_total_bytes() {
  const uint64_t container = read_cgroup_limits().memory_limit_bytes.value_or(UINT64_MAX);
  return std::min({physical_bytes(), container, address_space_limit().value_or(UINT64_MAX)});
}

uint64_t memory_available_bytes() {
  const uint64_t container = read_cgroup_limits().memory_available_bytes.value_or(UINT64_MAX);
  return std::min(
      {physical_available_bytes(), container, address_space_left_bytes().value_or(UINT64_MAX)});
}

uint64_t memory_resident_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/self/status", "VmRSS");
#else
  mach_task_basic_info info{};
  mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
  task_info(mach_task_self(), MACH_TASK_BASIC_INFO, reinterpret_cast<task_info_t>(&info), &count);
  return info.resident_size;
#endif
}

uint64_t memory_peak_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/self/status", "VmHWM");
#else
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss);  // macOS counts in bytes
#endif
}

unsigned cpu_count() {
  const double quota = std::ceil(read_cgroup_limits().cpus.value_or(1e9));
  return std::max(1u, std::min(schedulable_cores(), static_cast<unsigned>(quota)));
}

}  // namespace greylag::platform
