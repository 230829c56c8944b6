// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: how much memory and how many cores there are.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

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

}  // namespace

uint64_t memory_total_bytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t memory_available_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/meminfo", "MemAvailable");
#else
  return memory_total_bytes() / 2;
#endif
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

unsigned cpu_count() { return std::max(1u, std::thread::hardware_concurrency()); }

}  // namespace greylag::platform
