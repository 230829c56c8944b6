// SPDX-License-Identifier: Apache-2.0
// posix_spawn, by system: who closes the descriptors above the streams differs.
#include "core/base/platform_spawn_posix.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

extern char** environ;

namespace greylag::platform {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Owns the two objects of posix_spawn. Functions return 0 or an errno value.
class SpawnObjects {
 public:
  SpawnObjects() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnObjects(const SpawnObjects&) = delete;
  SpawnObjects& operator=(const SpawnObjects&) = delete;
  ~SpawnObjects() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  int prepare(const SpawnPlan& plan) {
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    for (const int code : {posix_spawn_file_actions_adddup2(&actions_, plan.input, STDIN_FILENO),
                           posix_spawn_file_actions_adddup2(&actions_, plan.output, STDOUT_FILENO),
                           posix_spawn_file_actions_adddup2(&actions_, plan.errors, STDERR_FILENO),
                           close_others(), posix_spawnattr_setflags(&attributes_, flags(plan)),
                           posix_spawnattr_setsigmask(&attributes_, &none),
                           posix_spawnattr_setsigdefault(&attributes_, &all),
                           posix_spawnattr_setpgroup(&attributes_, 0)}) {
      if (code != 0) return code;
    }
    return 0;
  }

  int spawn(const std::string& program, char* const* arguments, char* const* environment,
            pid_t* pid) const {
    return posix_spawn(pid, program.c_str(), &actions_, &attributes_, arguments, environment);
  }

 private:
  static short flags(const SpawnPlan& plan) {
    int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    flags |= plan.has_own_session ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP;
#if defined(__APPLE__)
    flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;
#endif
    return static_cast<short>(flags);
  }

  // Sockets of a library are not close-on-exec, so closing ours would not be enough.
  int close_others() {
#if defined(__APPLE__)
    return 0;  // POSIX_SPAWN_CLOEXEC_DEFAULT
#elif defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    return posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
#else
    // What is open now. Closing what is not open any more is no error.
    std::error_code failure;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", failure)) {
      const int fd = std::atoi(entry.path().filename().c_str());
      if (fd <= STDERR_FILENO) continue;
      if (const int code = posix_spawn_file_actions_addclose(&actions_, fd); code != 0) return code;
    }
    return failure.value();
#endif
  }

  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

void Descriptor::reset() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

Descriptor Descriptor::above_stderr(int fd) {
  return Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Descriptor Descriptor::nowhere(int mode) { return Descriptor(open("/dev/null", mode | O_CLOEXEC)); }

int spawn(const SpawnPlan& plan, pid_t* pid) {
  SpawnObjects objects;
  if (const int code = objects.prepare(plan); code != 0) return code;
  std::vector<std::string> words{plan.program.string()};
  words.insert(words.end(), plan.arguments.begin(), plan.arguments.end());
  std::vector<std::string> variables = plan.environment;
  const std::vector<char*> own_environment = pointers_to(variables);
  return objects.spawn(plan.program.string(), pointers_to(words).data(),
                       plan.has_own_environment ? own_environment.data() : environ, pid);
}

}  // namespace greylag::platform
