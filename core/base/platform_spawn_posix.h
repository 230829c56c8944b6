// SPDX-License-Identifier: Apache-2.0
// How is a program started so that it gets what it is given and nothing else? For
// platform_process_posix.cpp and sandbox_run_linux.cpp alone. posix_spawn and not fork: this
// process has threads and may be large, and a program that cannot be run is an error here.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace greylag::platform {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~Descriptor() { reset(); }
  void reset();
  // A duplicate above the standard streams, so that setting those never overwrites it; none of
  // none. errno says why there is none.
  static Descriptor above_stderr(int fd);
  static Descriptor nowhere(int mode);  // /dev/null
  int get() const { return fd_; }

 private:
  int fd_;
};

struct SpawnPlan {
  std::filesystem::path program;
  std::vector<std::string> arguments;    // without the program's name
  std::vector<std::string> environment;  // "NAME=value"; unless it inherits this process's
  bool has_own_environment = false;
  int input = -1, output = -1, errors = -1;  // become 0, 1 and 2; all above 2
  // A session of its own (no terminal's signals reach it); else a process group of its own (a
  // Ctrl-C in the terminal does not).
  bool has_own_session = false;
};

// The child has the three streams, no other descriptor, no blocked or ignored signal. 0 or an errno
// value, also when the program cannot be executed. Any thread.
int spawn(const SpawnPlan& plan, pid_t* pid);

}  // namespace greylag::platform
