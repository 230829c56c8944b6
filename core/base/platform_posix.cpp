// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: folders, locks, the machine's name.
#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/platform_error_posix.h"
#if defined(__APPLE__)
#include <mach-o/dyld.h>
#include <sys/sysctl.h>
#endif

namespace greylag::platform {
namespace {

// Empty unless it is absolute: a folder below wherever the program happens to start is none of the
// user's.
std::filesystem::path environment_folder(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read at start
  std::filesystem::path folder(value == nullptr ? "" : value);
  return folder.is_absolute() ? folder : std::filesystem::path();
}

// Of the account: cron, systemd and containers start programs without HOME.
std::filesystem::path account_folder() {
  std::vector<char> text(16384);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(getuid(), &entry, text.data(), text.size(), &found) != 0 || found == nullptr) {
    return {};
  }
  std::filesystem::path folder(found->pw_dir == nullptr ? "" : found->pw_dir);
  return folder.is_absolute() ? folder : std::filesystem::path();
}

std::filesystem::path user_folder() {
  std::filesystem::path folder = environment_folder("HOME");
  return folder.empty() ? account_folder() : folder;
}

}  // namespace

std::filesystem::path default_home() {
#if !defined(__APPLE__)
  if (const auto data = environment_folder("XDG_DATA_HOME"); !data.empty()) return data / "Greylag";
#endif
  const std::filesystem::path user = user_folder();
  if (user.empty()) return {};
#if defined(__APPLE__)
  return user / "Library" / "Application Support" / "Greylag";
#else
  return user / ".local" / "share" / "Greylag";
#endif
}

namespace {
std::filesystem::path executable_path() {
#if defined(__APPLE__)
  std::string buffer(4096, '\0');
  auto size = static_cast<uint32_t>(buffer.size());
  if (_NSGetExecutablePath(buffer.data(), &size) != 0) return {};
  return std::filesystem::weakly_canonical(buffer.c_str());
#else
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored);
#endif
}
}  // namespace

std::filesystem::path executable_dir() { return executable_path().parent_path(); }

void ensure_environment(const char* name, const char* value, char** argv) {
  if (std::getenv(name) != nullptr || setenv(name, value, 1) != 0) return;
  execv(executable_path().c_str(), argv);
  // Only a failed execv gets here: the program goes on without.
}

Result<int64_t> acquire_lock(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return system_error("cannot open " + path_to_utf8(path.filename()));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const bool is_held = errno == EWOULDBLOCK;
    Error error = system_error("cannot lock " + path_to_utf8(path.filename()));
    ::close(fd);
    if (is_held) error = Error{ErrorCode::Conflict, "another process is using it"};
    return error;
  }
  return static_cast<int64_t>(fd);
}

void release_lock(int64_t handle) {
  if (handle >= 0) ::close(static_cast<int>(handle));
}

uint64_t disk_free_bytes(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? 0 : space.available;
}

std::string cpu_name() {
#if defined(__APPLE__)
  char name[256] = {};
  size_t size = sizeof(name);
  sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0);
  return name;
#else
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
      return line.substr(colon + 2);
    }
  }
  return "CPU";
#endif
}

bool is_terminal(int fd) { return isatty(fd) == 1; }

}  // namespace greylag::platform
