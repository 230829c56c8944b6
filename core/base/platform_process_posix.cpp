// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: processes.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/platform_error_posix.h"
#if defined(__APPLE__)
#include <libproc.h>
#endif

namespace greylag::platform {

std::optional<uint64_t> process_start_mark(int64_t pid) {
#if defined(__APPLE__)
  proc_bsdinfo info{};
  if (proc_pidinfo(static_cast<int>(pid), PROC_PIDTBSDINFO, 0, &info, sizeof(info)) <= 0) return {};
  return info.pbi_start_tvsec * 1000000ull + info.pbi_start_tvusec;
#else
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(in, text)) return {};
  // Field 2 is the name in parentheses and may hold spaces; field 3 is the state, field 22 the
  // start time in clock ticks since boot.
  const size_t close = text.rfind(')');
  if (close == std::string::npos) return {};
  std::istringstream rest(text.substr(close + 2));
  std::string field;
  for (int i = 3; i <= 22 && rest >> field; ++i) {
    if (i == 3 && (field == "Z" || field == "X")) return {};
  }
  return std::strtoull(field.c_str(), nullptr, 10);
#endif
}

Result<int64_t> spawn_detached(const std::filesystem::path& program,
                               const std::vector<std::string>& arguments,
                               const std::filesystem::path& log_file) {
  if (access(program.c_str(), X_OK) != 0) {
    return Error{ErrorCode::NotFound, "the program " + path_to_utf8(program.filename()) +
                                          " is missing; reinstall Greylag"};
  }
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return system_error("pipe");
  const int log_fd = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  // Two forks: the grandchild has its own session and is reaped by init, so no zombie is left.
  const pid_t child = fork();
  if (child == 0) {
    setsid();
    const pid_t grandchild = fork();
    if (grandchild == 0) {
      dup2(null_fd, STDIN_FILENO);
      dup2(log_fd, STDOUT_FILENO);
      dup2(log_fd, STDERR_FILENO);
      execv(program.c_str(), argv.data());
      _exit(127);
    }
    const auto pid = static_cast<int64_t>(grandchild);
    const ssize_t sent = ::write(report[1], &pid, sizeof(pid));
    _exit(sent == sizeof(pid) ? 0 : 1);
  }
  if (log_fd >= 0) ::close(log_fd);
  if (null_fd >= 0) ::close(null_fd);
  ::close(report[1]);
  int64_t pid = -1;
  if (child < 0 || ::read(report[0], &pid, sizeof(pid)) != sizeof(pid)) pid = -1;
  ::close(report[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  if (pid <= 0) return system_error("cannot start " + path_to_utf8(program.filename()));
  return pid;
}

void end_process(int64_t pid, bool is_forced) {
  if (pid > 1) kill(static_cast<pid_t>(pid), is_forced ? SIGKILL : SIGTERM);
}

}  // namespace greylag::platform
