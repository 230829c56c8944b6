// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: this process, its signals and the programs that it starts.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <sstream>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/platform_error_posix.h"
#include "core/base/platform_spawn_posix.h"
#if defined(__APPLE__)
#include <libproc.h>
#endif

namespace greylag::platform {
namespace {

struct ProcessStart {
  uint64_t mark = 0;
  bool has_ended = false;  // and nobody has asked for its status yet
};

std::optional<ProcessStart> start_of(int64_t pid) {
#if defined(__APPLE__)
  proc_bsdinfo info{};
  if (proc_pidinfo(static_cast<int>(pid), PROC_PIDTBSDINFO, 0, &info, sizeof(info)) <= 0) return {};
  return ProcessStart{.mark = info.pbi_start_tvsec * 1000000ull + info.pbi_start_tvusec};
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
  ProcessStart start;
  for (int i = 3; i <= 22 && rest >> field; ++i) {
    if (i == 3) start.has_ended = field == "Z" || field == "X";
  }
  start.mark = std::strtoull(field.c_str(), nullptr, 10);
  return start;
#endif
}

// Programs started by spawn_detached and not known to have ended. The system keeps an entry for
// each until its parent asks; waitpid(-1) would ask for other people's children too.
class DetachedChildren {
 public:
  void add(pid_t pid) {
    const std::lock_guard lock(mutex_);
    pids_.push_back(pid);
  }
  void reap() {
    const std::lock_guard lock(mutex_);
    std::erase_if(pids_, [](pid_t pid) { return waitpid(pid, nullptr, WNOHANG) != 0; });
  }

 private:
  std::mutex mutex_;
  std::vector<pid_t> pids_;
};

DetachedChildren& detached_children() {
  static DetachedChildren children;
  return children;
}

void open_standard_streams() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // open takes the lowest free number, which is the one that is missing.
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0) return;
  }
}

}  // namespace

void prepare_process() {
  open_standard_streams();
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

void make_new_files_private() { umask(S_IRWXG | S_IRWXO); }

std::vector<int> stop_signals() {
  std::vector<int> signals{SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGUSR2};
#if defined(SIGPWR)
  signals.push_back(SIGPWR);
#endif
  std::erase_if(signals, [](int signal) {
    struct sigaction now {};
    return sigaction(signal, nullptr, &now) != 0 || now.sa_handler == SIG_IGN;
  });
  return signals;
}

void keep_descriptors_from_children() {
#if defined(SYS_close_range)
  constexpr unsigned kCloseOnExec = 1u << 2;  // CLOSE_RANGE_CLOEXEC, Linux 5.11
  if (syscall(SYS_close_range, STDERR_FILENO + 1u, ~0u, kCloseOnExec) == 0) return;
#endif
  rlimit most{};
  getrlimit(RLIMIT_NOFILE, &most);
  for (int fd = STDERR_FILENO + 1; fd < static_cast<int>(std::min<rlim_t>(most.rlim_cur, 1 << 16));
       ++fd) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
  }
}

std::optional<uint64_t> process_start_mark(int64_t pid) {
  const std::optional<ProcessStart> start = start_of(pid);
  if (!start) return {};
  if (!start->has_ended) return start->mark;
  detached_children().reap();
  return {};
}

Result<SpawnedProcess> spawn_detached(const std::filesystem::path& program,
                                      const std::vector<std::string>& arguments,
                                      const std::filesystem::path& log_file) {
  const std::string name = path_to_utf8(program.filename());
  detached_children().reap();
  Descriptor log(open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log.get() < 0) return system_error("cannot write " + path_to_utf8(log_file.filename()));
  log = Descriptor::above_stderr(log.get());
  const Descriptor nothing = Descriptor::above_stderr(Descriptor::nowhere(O_RDONLY).get());
  if (log.get() < 0 || nothing.get() < 0) return system_error("cannot start " + name);
  SpawnPlan plan;
  plan.program = program;
  plan.arguments = arguments;
  plan.input = nothing.get();
  plan.output = plan.errors = log.get();
  plan.has_own_session = true;
  pid_t pid = -1;
  if (const int code = spawn(plan, &pid); code != 0) {
    if (code == ENOENT) {
      return Error{ErrorCode::NotFound, "the program " + name + " is missing; reinstall Greylag"};
    }
    errno = code;
    return system_error("cannot start " + name);
  }
  // Nobody has asked for the status of this child yet, so it is there even if it has ended.
  const std::optional<ProcessStart> start = start_of(pid);
  detached_children().add(pid);
  return SpawnedProcess{.pid = pid, .start_mark = start ? start->mark : 0};
}

void end_process(int64_t pid, bool is_forced) {
  if (pid > 1) kill(static_cast<pid_t>(pid), is_forced ? SIGKILL : SIGTERM);
}

}  // namespace greylag::platform
