// SPDX-License-Identifier: Apache-2.0
// The files of other machines, as they were seen there.
#include "core/base/cgroup.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace greylag {
namespace {

constexpr uint64_t kMiB = 1 << 20;

class CgroupTest : public testing::Test {
 protected:
  void file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void version_2(const std::string& group, const std::string& top = "/") {
    file("proc/self/cgroup", "0::" + group + "\n");
    file("proc/self/mountinfo",
         "22 1 0:5 / / rw - ext4 /dev/sda1 rw\n"
         "30 22 0:26 " +
             top + " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw\n");
  }
  void version_1(const std::string& group, const std::string& top = "/") {
    file("proc/self/cgroup",
         "9:name=systemd:/\n4:memory:" + group + "\n2:cpu,cpuacct:" + group + "\n0::/\n");
    file("proc/self/mountinfo",
         "34 30 0:31 " + top +
             " /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
             "31 30 0:28 " +
             top +
             " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  }

  CgroupLimits limits() { return read_cgroup_limits(root_.path()); }

  test::TempDir root_;
};

TEST_F(CgroupTest, AMachineWithoutGroupsLimitsNothing) {
  EXPECT_FALSE(limits().memory_limit_bytes);
  EXPECT_FALSE(limits().memory_available_bytes);
  EXPECT_FALSE(limits().cpus);
}

TEST_F(CgroupTest, Version2CountsWhatTheKernelCannotDrop) {
  version_2("/app");
  file("sys/fs/cgroup/app/memory.max", "209715200\n");
  file("sys/fs/cgroup/app/memory.current", "104857600\n");
  file("sys/fs/cgroup/app/memory.stat",
       "anon 1\nfile 41943040\ninactive_file 20971520\nactive_file 10485760\nshmem 5\n");
  EXPECT_EQ(limits().memory_limit_bytes, 200 * kMiB);
  EXPECT_EQ(limits().memory_available_bytes, 130 * kMiB);
}

TEST_F(CgroupTest, Version2MaxIsNoLimit) {
  version_2("/app");
  file("sys/fs/cgroup/app/memory.max", "max\n");
  file("sys/fs/cgroup/app/memory.current", "104857600\n");
  file("sys/fs/cgroup/app/cpu.max", "max 100000\n");
  EXPECT_FALSE(limits().memory_limit_bytes);
  EXPECT_FALSE(limits().cpus);
}

TEST_F(CgroupTest, AGroupAboveMayBeTheTighterOne) {
  version_2("/user/app");
  file("sys/fs/cgroup/user/app/memory.max", "1073741824\n");
  file("sys/fs/cgroup/user/app/memory.current", "1048576\n");
  file("sys/fs/cgroup/user/memory.max", "536870912\n");
  file("sys/fs/cgroup/user/memory.current", "534773760\n");
  file("sys/fs/cgroup/user/app/cpu.max", "400000 100000\n");
  file("sys/fs/cgroup/user/cpu.max", "150000 100000\n");
  EXPECT_EQ(limits().memory_limit_bytes, 512 * kMiB);
  EXPECT_EQ(limits().memory_available_bytes, 2 * kMiB);
  EXPECT_EQ(limits().cpus, 1.5);
}

TEST_F(CgroupTest, AGroupThatUsesMoreThanItsLimitHasNothingLeft) {
  version_2("/app");
  file("sys/fs/cgroup/app/memory.max", "1048576\n");
  file("sys/fs/cgroup/app/memory.current", "2097152\n");
  EXPECT_EQ(limits().memory_available_bytes, 0u);
}

// A container sees its own group as the top, whatever /proc/self/cgroup calls it.
TEST_F(CgroupTest, AGroupOutsideOfTheMountIsItsTop) {
  for (const char* top : {"/docker/f00", "/"}) {
    version_2(std::string(top) == "/" ? "/../../elsewhere" : "/docker/f00", top);
    file("sys/fs/cgroup/memory.max", "209715200\n");
    EXPECT_EQ(limits().memory_limit_bytes, 200 * kMiB) << top;
  }
}

TEST_F(CgroupTest, Version1HasItsOwnNames) {
  version_1("/docker/f00");
  file("sys/fs/cgroup/memory/docker/f00/memory.limit_in_bytes", "209715200\n");
  file("sys/fs/cgroup/memory/docker/f00/memory.usage_in_bytes", "104857600\n");
  file("sys/fs/cgroup/memory/docker/f00/memory.stat",
       "inactive_file 1\ntotal_inactive_file 20971520\ntotal_active_file 10485760\n");
  file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  file("sys/fs/cgroup/cpu,cpuacct/docker/f00/cpu.cfs_quota_us", "50000\n");
  file("sys/fs/cgroup/cpu,cpuacct/docker/f00/cpu.cfs_period_us", "100000\n");
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  file("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(limits().memory_limit_bytes, 200 * kMiB);
  EXPECT_EQ(limits().memory_available_bytes, 130 * kMiB);
  EXPECT_EQ(limits().cpus, 0.5);
}

TEST_F(CgroupTest, BrokenFilesLimitNothing) {
  version_2("/app");
  file("sys/fs/cgroup/app/memory.max", "");
  file("sys/fs/cgroup/app/cpu.max", "100000\n");
  EXPECT_FALSE(limits().memory_limit_bytes);
  EXPECT_FALSE(limits().cpus);
  file("proc/self/mountinfo", "30 - \ncgroup2\n\n");
  file("proc/self/cgroup", "0\n:\n::\n");
  EXPECT_FALSE(limits().memory_limit_bytes);
}

}  // namespace
}  // namespace greylag
