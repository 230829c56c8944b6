// SPDX-License-Identifier: Apache-2.0
// What can a taken-over loader do? A program that is started like greylag-loader; its file holds
// three words: which walls ("open", "landlock", "locked"), what to try, and an argument of that.
// It answers "done" or "errno N", unless the walls end it.
#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <new>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/platform.h"
#include "core/base/sandbox.h"

namespace greylag {
namespace {

std::string outcome(bool is_done) { return is_done ? "done" : "errno " + std::to_string(errno); }

std::string try_open(const std::string&) { return outcome(open("/etc/passwd", O_RDONLY) >= 0); }

std::string try_create(const std::string& path) {
  return outcome(openat(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT, 0600) >= 0);
}

std::string try_socket(const std::string&) {
  return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
}

// On the socket that main put at stderr. Refused by the other end is reached.
std::string try_connect(const std::string&) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(9);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int result = connect(STDERR_FILENO, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  return outcome(result == 0 || errno == ECONNREFUSED);
}

std::string try_execute(const std::string&) {
  char name[] = "/bin/echo", word[] = "done", minus_n[] = "-n";
  char* arguments[] = {name, minus_n, word, nullptr};
  char* environment[] = {nullptr};
  execve(name, arguments, environment);
  return outcome(false);
}

std::string try_fork(const std::string&) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return outcome(child > 0);
}

std::string try_trace(const std::string&) {
  return outcome(ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0);
}

std::string try_kill(const std::string& parent) {
  return outcome(kill(std::atoi(parent.c_str()), 0) == 0);
}

std::string try_executable_memory(const std::string&) {
  return outcome(mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
                 MAP_FAILED);
}

std::string try_making_memory_executable(const std::string&) {
  void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return outcome(mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

std::string try_mapping_a_file(const std::string&) {
  return outcome(mmap(nullptr, 1, PROT_READ, MAP_SHARED, STDIN_FILENO, 0) != MAP_FAILED);
}

std::string try_writing_elsewhere(const std::string&) {
  return outcome(write(STDERR_FILENO, "x", 1) == 1 || errno == ENOTCONN || errno == EPIPE);
}

// Numbers of the calls, of all there are, that do not end a locked-in process.
std::string try_all_calls(const std::string&) {
  std::string survived;
  for (int call = 0; call < 512; ++call) {
    const pid_t child = fork();
    if (child == 0) {
      if (!sandbox::lock_down()) _exit(1);
      // An address and a size that are no good for anything.
      syscall(call, 0, 0, 0, 0, 0, 0);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
      survived += std::to_string(call) + " ";
    }
  }
  return survived;
}

// "0 1 2 " and what else is open.
std::string try_listing_descriptors(const std::string&) {
  std::map<int, int> open_ones;
  for (int fd = 0; fd < 1024; ++fd) {
    if (fcntl(fd, F_GETFD) >= 0) open_ones[fd] = 1;
  }
  std::string text;
  for (const auto& [fd, is_open] : open_ones) text += std::to_string(fd) + " ";
  return text;
}

std::string try_listing_environment(const std::string&) {
  std::string text;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    text += std::string(*variable) + "\n";
  }
  return text;
}

// MiB that it got before there was no more.
std::string try_memory(const std::string&) {
  constexpr size_t kPiece = 64u << 20;
  std::vector<std::unique_ptr<char[]>> pieces;
  pieces.reserve(1000);
  try {
    while (pieces.size() < 64) pieces.push_back(std::make_unique_for_overwrite<char[]>(kPiece));
  } catch (const std::bad_alloc&) {
    return std::to_string(pieces.size() * 64);
  }
  return "no limit";
}

std::string try_for_ever(const std::string&) {
  for (std::atomic<unsigned> turns = 0;; ++turns) {
  }
}

std::string try_flood(const std::string&) {
  const std::string piece(1 << 16, 'x');
  while (write(STDOUT_FILENO, piece.data(), piece.size()) > 0) {
  }
  return "";
}

std::string try_crash(const std::string&) {
  volatile int* volatile nothing = nullptr;
  *nothing = 1;
  return "";
}

// What a file that is cut does to who looks at its mapping.
std::string try_lost_page(const std::string&) {
  raise(SIGBUS);
  return "";
}

std::string try_nothing(const std::string&) { return "done"; }

int run(const std::string& words) {
  static const std::map<std::string, std::string (*)(const std::string&)> kAttempts = {
      {"nothing", try_nothing},
      {"open", try_open},
      {"create", try_create},
      {"socket", try_socket},
      {"connect", try_connect},
      {"execute", try_execute},
      {"fork", try_fork},
      {"trace", try_trace},
      {"kill", try_kill},
      {"executable_memory", try_executable_memory},
      {"making_memory_executable", try_making_memory_executable},
      {"mapping_a_file", try_mapping_a_file},
      {"writing_elsewhere", try_writing_elsewhere},
      {"all_calls", try_all_calls},
      {"descriptors", try_listing_descriptors},
      {"environment", try_listing_environment},
      {"memory", try_memory},
      {"for_ever", try_for_ever},
      {"flood", try_flood},
      {"crash", try_crash},
      {"lost_page", try_lost_page},
  };
  std::istringstream in(words);
  std::string walls, what, argument;
  in >> walls >> what >> argument;
  if (what == "connect") dup2(socket(AF_INET, SOCK_STREAM, 0), STDERR_FILENO);
  if (walls == "locked") {
    const sandbox::Walls promised = sandbox::available_walls();
    const auto raised = sandbox::lock_down();
    if (!raised || *raised != promised) return 3;
  }
  if (walls == "landlock" && !sandbox::raise_landlock()) return 3;
  const auto attempt = kAttempts.find(what);
  if (attempt == kAttempts.end()) return 2;
  const std::string answer = attempt->second(argument);
  return platform::write_fully(STDOUT_FILENO, answer.data(), answer.size());
}

}  // namespace
}  // namespace greylag

int main() {
  const auto file = greylag::sandbox::map_input();
  if (!file) return 1;
  const std::string words(reinterpret_cast<const char*>(file->data()), file->size());
  std::_Exit(greylag::run(words));
}
