// SPDX-License-Identifier: Apache-2.0
// What does a container let this process have? Linux control groups, version 1 and 2: the limits of
// the process's group and of all groups above it that can be seen. Sources: kernel
// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst, man 5 proc (cgroup, mountinfo).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace greylag {

struct CgroupLimits {
  // The smallest limit, and the least room below any of them: what a group uses counts, but for
  // cached files, which the kernel drops when memory is short. None where there is no limit.
  std::optional<uint64_t> memory_limit_bytes, memory_available_bytes;
  std::optional<double> cpus;  // processor seconds in a second
};

// root: "/", or a folder with the files of another machine (proc/self/cgroup, proc/self/mountinfo,
// and the groups where that says that they are). What cannot be read is no limit.
CgroupLimits read_cgroup_limits(const std::filesystem::path& root = "/");

}  // namespace greylag
