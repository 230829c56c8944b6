// SPDX-License-Identifier: Apache-2.0
// The walls around a Linux process. Three layers, each of which holds without the others: limits
// (setrlimit), Landlock (no path, no TCP port) and seccomp (a list of system calls). Sources:
// kernel Documentation/userspace-api/{landlock,seccomp_filter}.rst, include/uapi/linux/landlock.h.
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <vector>

#include "core/base/sandbox.h"

namespace greylag::sandbox {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
constexpr uint32_t kArchitecture = 0;  // the list below was made for the two above
#endif

// The sanitizers' runtimes reserve terabytes and open files at any time.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kHasSanitizer = true;
#else
constexpr bool kHasSanitizer = false;
#endif

// The largest legal safetensors header (100 MB, 1 million tensors) and its answer take 620 MiB.
constexpr rlim_t kMostMemory = rlim_t{1} << 30;
constexpr rlim_t kMostSeconds = 30;

Error failed(const std::string& what) {
  return Error{ErrorCode::Internal, "cannot lock the loader in: " + what + ": " +
                                        std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

// --- Landlock -----------------------------------------------------------------------------------

// landlock_ruleset_attr of Linux 6.12; kernel headers of the build machine may be older.
struct LandlockRules {
  uint64_t files = 0, network = 0, scopes = 0;
};

// The same numbers on every architecture.
constexpr long kCreateRuleset = 444, kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;

// 0 where the kernel has no Landlock, was started without it, or an outer sandbox hides it.
long landlock_version() {
  const long version = syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  return version < 0 ? 0 : version;
}

// All rights that this version knows. A right that is handled and not granted is refused.
LandlockRules everything_handled(long version) {
  LandlockRules rules;
  int file_rights = 13;                // version 1: execute to make_sym
  if (version >= 2) file_rights = 14;  // + refer
  if (version >= 3) file_rights = 15;  // + truncate
  if (version >= 5) file_rights = 16;  // + ioctl_dev
  rules.files = (uint64_t{1} << file_rights) - 1;
  if (version >= 4) rules.network = 3;  // bind and connect of TCP
  if (version >= 6) rules.scopes = 3;   // abstract UNIX sockets and signals
  return rules;
}

size_t rules_size(long version) {
  if (version >= 6) return sizeof(LandlockRules);
  return version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
}

// --- Limits -------------------------------------------------------------------------------------

Status set_limits() {
  struct Limit {
    decltype(RLIMIT_CORE) what;
    rlim_t soft, hard;
    const char* name;
  };
  static constexpr Limit kLimits[] = {
      {RLIMIT_CORE, 0, 0, "core dumps"},
      {RLIMIT_FSIZE, 0, 0, "file size"},
      {RLIMIT_NOFILE, 0, 0, "open files"},
      {RLIMIT_NPROC, 0, 0, "processes"},
      {RLIMIT_MEMLOCK, 0, 0, "locked memory"},
      {RLIMIT_DATA, kMostMemory, kMostMemory, "memory"},
      {RLIMIT_CPU, kMostSeconds, kMostSeconds + 1, "processor time"},
  };
  for (const Limit& limit : kLimits) {
    rlimit now{};
    if (getrlimit(limit.what, &now) != 0) return failed(limit.name);
    // A limit that is stricter already stays.
    const rlimit wanted{std::min(limit.soft, now.rlim_cur), std::min(limit.hard, now.rlim_max)};
    if (setrlimit(limit.what, &wanted) != 0) return failed(limit.name);
  }
  return {};
}

// All descriptors from 3 on, and stdin, whose file is mapped by now.
Status close_descriptors() {
  close(STDIN_FILENO);
  constexpr unsigned kFirst = STDERR_FILENO + 1;
#if defined(SYS_close_range)
  if (syscall(SYS_close_range, kFirst, ~0u, 0) == 0) return {};
  if (errno != ENOSYS) return failed("open files");
#endif
  rlimit most{};
  if (getrlimit(RLIMIT_NOFILE, &most) != 0) return failed("open files");
  for (rlim_t fd = kFirst; fd < std::min<rlim_t>(most.rlim_cur, 1 << 20); ++fd) {
    close(static_cast<int>(fd));
  }
  return {};
}

// --- seccomp ------------------------------------------------------------------------------------

// A classic BPF program over seccomp_data, built from blocks: each looks at one system call and
// decides, or leaves the accumulator (the call's number) as it was.
class Filter {
 public:
  Filter() {
    load(offsetof(seccomp_data, arch));
    jump(BPF_JEQ, kArchitecture, 1, 0);
    decide(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
  }

  void allow(uint32_t call) {
    jump(BPF_JEQ, call, 0, 1);
    decide(SECCOMP_RET_ALLOW);
  }

  // Only when the argument has this value.
  void allow_when_equal(uint32_t call, int argument, uint32_t value) {
    jump(BPF_JEQ, call, 0, 4);
    load(argument_offset(argument));
    jump(BPF_JEQ, value, 0, 1);
    decide(SECCOMP_RET_ALLOW);
    decide(SECCOMP_RET_KILL_PROCESS);
  }

  // Only when the argument has none of these bits.
  void allow_without(uint32_t call, int argument, uint32_t bits) {
    jump(BPF_JEQ, call, 0, 4);
    load(argument_offset(argument));
    jump(BPF_JSET, bits, 1, 0);
    decide(SECCOMP_RET_ALLOW);
    decide(SECCOMP_RET_KILL_PROCESS);
  }

  // mmap: memory of its own that cannot be executed.
  void allow_plain_memory(uint32_t call) {
    constexpr int kProtection = 2, kFlags = 3;
    jump(BPF_JEQ, call, 0, 6);
    load(argument_offset(kProtection));
    jump(BPF_JSET, PROT_EXEC, 3, 0);
    load(argument_offset(kFlags));
    jump(BPF_JSET, MAP_ANONYMOUS, 0, 1);
    decide(SECCOMP_RET_ALLOW);
    decide(SECCOMP_RET_KILL_PROCESS);
  }

  // Everything else ends the process. 0 or an errno value.
  int install() {
    decide(SECCOMP_RET_KILL_PROCESS);
    const sock_fprog program{static_cast<unsigned short>(code_.size()), code_.data()};
    const long result =
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    return result == 0 ? 0 : errno;
  }

 private:
  // The low half: both architectures are little-endian, and the flags and descriptors that are
  // looked at are 32 bits wide in the kernel too.
  static uint32_t argument_offset(int argument) {
    return static_cast<uint32_t>(offsetof(seccomp_data, args) +
                                 static_cast<size_t>(argument) * sizeof(uint64_t));
  }
  void load(uint32_t offset) { code_.push_back({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}); }
  void jump(uint16_t test, uint32_t value, uint8_t if_true, uint8_t if_false) {
    const auto code = static_cast<uint16_t>(BPF_JMP | test | BPF_K);
    code_.push_back({code, if_true, if_false, value});
  }
  void decide(uint32_t action) { code_.push_back({BPF_RET | BPF_K, 0, 0, action}); }

  std::vector<sock_filter> code_;
};

Status raise_seccomp() {
  Filter filter;
  filter.allow_when_equal(SYS_write, 0, STDOUT_FILENO);
  filter.allow_plain_memory(SYS_mmap);
  filter.allow_without(SYS_mprotect, 2, PROT_EXEC);
  for (const long call :
       {SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_futex, SYS_clock_gettime, SYS_getrandom,
        SYS_rt_sigreturn, SYS_exit, SYS_exit_group}) {
    filter.allow(static_cast<uint32_t>(call));
  }
  if (const int code = filter.install(); code != 0) {
    errno = code;
    return failed("seccomp");
  }
  return {};
}

}  // namespace

Walls available_walls() {
  if (kHasSanitizer || kArchitecture == 0) return {};
  const uint32_t action = SECCOMP_RET_KILL_PROCESS;
  return {.has_seccomp = syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0,
          .has_landlock = landlock_version() > 0};
}

std::string walls_text(const Walls& walls) {
  if (walls.has_seccomp) return walls.has_landlock ? "seccomp and Landlock" : "seccomp";
  if (kHasSanitizer) return "none: this build has a sanitizer, which needs the whole system";
  if (kArchitecture == 0) return "none: the list of system calls is for x86-64 and aarch64";
  return "none: this kernel has no seccomp filters";
}

Result<std::span<const std::byte>> map_input() {
  struct stat info {};
  if (fstat(STDIN_FILENO, &info) != 0 || !S_ISREG(info.st_mode)) {
    return Error{ErrorCode::BadFile, "the loader reads one regular file from its stdin"};
  }
  const auto size = static_cast<size_t>(info.st_size);
  if (size == 0) return std::span<const std::byte>();
  const void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, STDIN_FILENO, 0);
  if (address == MAP_FAILED) return Error{ErrorCode::BadFile, "the file cannot be mapped"};
  return std::span(static_cast<const std::byte*>(address), size);
}

Result<bool> raise_landlock() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  const long version = landlock_version();
  if (version == 0) return false;
  const LandlockRules rules = everything_handled(version);
  const long ruleset = syscall(kCreateRuleset, &rules, rules_size(version), 0);
  if (ruleset < 0) return failed("Landlock");
  const long restricted = syscall(kRestrictSelf, ruleset, 0);
  const int code = errno;
  close(static_cast<int>(ruleset));
  errno = code;
  if (restricted != 0) return failed("Landlock");
  return true;
}

Result<Walls> lock_down() {
  // Nobody reads the memory of this process, and it does not outlive who asked.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("parent");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return failed("memory");
  if (const Status closed = close_descriptors(); !closed) return closed.error();
  const Result<bool> has_landlock = raise_landlock();
  if (!has_landlock) return has_landlock.error();
  if (const Status limited = set_limits(); !limited) return limited.error();
  if (const Status filtered = raise_seccomp(); !filtered) return filtered.error();
  return Walls{.has_seccomp = true, .has_landlock = *has_landlock};
}

}  // namespace greylag::sandbox
