// SPDX-License-Identifier: Apache-2.0
// The parent of a sandboxed program: start, read, judge the end.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>

#include "core/base/input_file.h"
#include "core/base/platform_spawn_posix.h"
#include "core/base/sandbox.h"

namespace greylag::sandbox {
namespace {

using platform::Descriptor;
using Clock = std::chrono::steady_clock;

constexpr int kGraceMs = 2000;  // between the end of the answer and that of the process

Error cannot_start(int code) {
  if (code == EAGAIN) {
    return Error{ErrorCode::Unavailable,
                 "this machine lets the program start no more processes, and a file from outside "
                 "is read in one; raise their limit (ulimit -u, or that of the container)"};
  }
  return Error{ErrorCode::Internal, std::string("cannot start the loader process: ") +
                                        std::strerror(code)};  // NOLINT(concurrency-mt-unsafe)
}

// With an empty environment, but for where the program's libraries are.
platform::SpawnPlan plan_of(const std::filesystem::path& program) {
  platform::SpawnPlan plan;
  plan.program = program;
  plan.has_own_environment = true;
  const char* folders = std::getenv("LD_LIBRARY_PATH");  // NOLINT(concurrency-mt-unsafe)
  if (folders != nullptr) plan.environment.push_back(std::string("LD_LIBRARY_PATH=") + folders);
  return plan;
}

enum class Ending { EndOfAnswer, TooLong, TooLate, ReadError };

Ending read_answer(int fd, const RunLimits& limits, std::string& answer) {
  const auto deadline = Clock::now() + std::chrono::milliseconds(limits.timeout_ms);
  std::array<char, 65536> piece{};
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return Ending::TooLate;
    pollfd wait{fd, POLLIN, 0};
    const int ready = poll(&wait, 1, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return Ending::ReadError;
    if (ready <= 0) continue;
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Ending::ReadError;
    if (got == 0) return Ending::EndOfAnswer;
    if (static_cast<uint64_t>(got) > limits.answer_bytes - answer.size()) return Ending::TooLong;
    answer.append(piece.data(), static_cast<size_t>(got));
  }
}

// Waits for the end of the process, where the kernel can say it without a signal (5.3).
void await_end(pid_t pid, int timeout_ms) {
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (process.get() < 0) return;
  pollfd wait{process.get(), POLLIN, 0};
  while (poll(&wait, 1, timeout_ms) < 0 && errno == EINTR) {
  }
}

// The status of waitpid; 0 ("exit 0") where this process lets the system reap its children. A
// process that is still there is killed. One that is ending already has its status: the kernel
// sets it before it closes descriptors, so a kill that comes between changes nothing.
int reap(pid_t pid) {
  int status = 0;
  pid_t ended = waitpid(pid, &status, WNOHANG);
  if (ended == 0) {
    kill(pid, SIGKILL);
    do {
      ended = waitpid(pid, &status, 0);
    } while (ended < 0 && errno == EINTR);
  }
  return ended == pid ? status : 0;
}

Error file_made_it_fail(const std::string& how) {
  return Error{ErrorCode::BadFile,
               "the file made the loader fail (" + how + "); it is damaged or hostile"};
}

std::string signal_text(int signal) {
  switch (signal) {
    case SIGSYS:
      return "a forbidden system call";
    case SIGSEGV:
    case SIGILL:
    case SIGFPE:
    case SIGTRAP:
      return "a fault, signal " + std::to_string(signal);
    case SIGXCPU:
      return "it took more than 30 seconds of processor time";
    default:
      return "signal " + std::to_string(signal);
  }
}

}  // namespace

Result<std::string> run_sandboxed(const std::filesystem::path& program, const InputFile& file,
                                  const RunLimits& limits) {
  const Descriptor input = Descriptor::above_stderr(static_cast<int>(file.input().handle));
  if (input.get() < 0) return cannot_start(errno);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return cannot_start(errno);
  const Descriptor from(ends[0]);
  Descriptor to(ends[1]);
  to = Descriptor::above_stderr(to.get());
  const Descriptor nowhere = Descriptor::above_stderr(Descriptor::nowhere(O_WRONLY).get());
  if (to.get() < 0 || nowhere.get() < 0) return cannot_start(errno);

  platform::SpawnPlan plan = plan_of(program);
  plan.input = input.get();
  plan.output = to.get();
  plan.errors = nowhere.get();
  pid_t pid = -1;
  if (const int code = platform::spawn(plan, &pid); code != 0) return cannot_start(code);
  to.reset();  // the child's is the last one: its end is the end of the answer

  std::string answer;
  const Ending ending = read_answer(from.get(), limits, answer);
  // A program may close its stdout before it exits; the loader itself cannot.
  if (ending == Ending::EndOfAnswer) await_end(pid, kGraceMs);
  const int status = reap(pid);
  if (ending == Ending::TooLate) {
    return Error{ErrorCode::BadFile,
                 fmt::format("the loader gave no answer within {} s; the file is damaged or "
                             "hostile, or this machine is very busy",
                             (limits.timeout_ms + 999) / 1000)};
  }
  if (ending == Ending::TooLong) return file_made_it_fail("an answer without end");
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS) {
    // It maps nothing but the file.
    return Error{ErrorCode::BadFile, "the file was cut while it was read, or its disk failed"};
  }
  if (WIFSIGNALED(status)) return file_made_it_fail(signal_text(WTERMSIG(status)));
  if (ending == Ending::ReadError || WEXITSTATUS(status) != 0) {
    return Error{ErrorCode::Internal,
                 fmt::format("the loader process could not work (exit code {}); reinstall Greylag",
                             WEXITSTATUS(status))};
  }
  return answer;
}

}  // namespace greylag::sandbox
