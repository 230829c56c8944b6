// SPDX-License-Identifier: Apache-2.0
// Linux and macOS.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/base/file.h"
#include "core/base/platform.h"
#if defined(__APPLE__)
#include <libproc.h>
#include <mach-o/dyld.h>
#include <mach/mach.h>
#include <sys/sysctl.h>
#endif

namespace greylag::platform {
namespace {

Error system_error(const std::string& what) {
  const ErrorCode code = is_disk_full(errno) ? ErrorCode::NoSpace : ErrorCode::Internal;
  return Error{code, what + ": " + std::strerror(errno)};
}

#if defined(__linux__)
// A value in kB of /proc/meminfo or /proc/self/status, in bytes; 0 when absent.
uint64_t proc_kilobytes(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key + ":", 0) == 0) {
      return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10) * 1024;
    }
  }
  return 0;
}
#endif

std::filesystem::path environment_path(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read at start
  return value == nullptr ? std::filesystem::path() : std::filesystem::path(value);
}

}  // namespace

std::filesystem::path default_home() {
  const auto user = environment_path("HOME");
#if defined(__APPLE__)
  return user / "Library" / "Application Support" / "Greylag";
#else
  const auto data = environment_path("XDG_DATA_HOME");
  return (data.is_absolute() ? data : user / ".local" / "share") / "Greylag";
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

int64_t process_id() { return getpid(); }

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

uint64_t memory_total_bytes() {
  return static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

uint64_t memory_available_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/meminfo", "MemAvailable");
#else
  return memory_total_bytes() / 2;
#endif
}

uint64_t memory_resident_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/self/status", "VmRSS");
#else
  mach_task_basic_info info{};
  mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
  task_info(mach_task_self(), MACH_TASK_BASIC_INFO, reinterpret_cast<task_info_t>(&info), &count);
  return info.resident_size;
#endif
}

uint64_t memory_peak_bytes() {
#if defined(__linux__)
  return proc_kilobytes("/proc/self/status", "VmHWM");
#else
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss);  // macOS counts in bytes
#endif
}

uint64_t disk_free_bytes(const std::filesystem::path& folder) {
  std::error_code error;
  const auto space = std::filesystem::space(folder, error);
  return error ? 0 : space.available;
}

unsigned cpu_count() { return std::max(1u, std::thread::hardware_concurrency()); }

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

std::vector<uint8_t> random_bytes(size_t n) {
  std::vector<uint8_t> bytes(n);
  std::ifstream in("/dev/urandom", std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(n));
  if (!in) std::abort();
  return bytes;
}

Result<int> create_file(const std::filesystem::path& path, bool is_private) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, is_private ? 0600 : 0644);
  if (fd < 0) return system_error("cannot create " + path_to_utf8(path.filename()));
  return fd;
}

int write_fully(int fd, const void* bytes, size_t size) {
  const auto* next = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t written = ::write(fd, next, std::min<size_t>(size, size_t{1} << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    next += written;
    size -= static_cast<size_t>(written);
  }
  return 0;
}

Result<int> open_exclusive(const std::filesystem::path& path) {
  const std::string name = path_to_utf8(path.filename());
  while (true) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) return system_error("cannot create " + name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const bool is_held = errno == EWOULDBLOCK;
      Error error = system_error("cannot lock " + name);
      ::close(fd);
      if (is_held) error = Error{ErrorCode::Conflict, "another process is writing " + name};
      return error;
    }
    struct stat opened {
    }, named{};
    if (fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
        opened.st_dev == named.st_dev && opened.st_ino == named.st_ino) {
      return fd;
    }
    ::close(fd);  // its owner gave it another name between the opening and the locking
  }
}

int seek_file(int fd, uint64_t offset) {
  return lseek(fd, static_cast<off_t>(offset), SEEK_SET) < 0 ? errno : 0;
}

int truncate_file(int fd, uint64_t size) {
  return ftruncate(fd, static_cast<off_t>(size)) == 0 ? 0 : errno;
}

int close_file(int fd) { return ::close(fd) == 0 ? 0 : errno; }

Status close_as(int fd, const std::filesystem::path& from, const std::filesystem::path& to) {
  Status moved;
  if (rename(from.c_str(), to.c_str()) != 0) {
    moved = system_error("cannot replace " + path_to_utf8(to.filename()));
  }
  ::close(fd);  // what the caller flushed is safe
  return moved;
}

bool is_disk_full(int errno_value) { return errno_value == ENOSPC || errno_value == EDQUOT; }

Result<Mapping> map_file(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const auto code = errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Internal;
    return Error{code,
                 "cannot open " + path_to_utf8(path.filename()) + ": " + std::strerror(errno)};
  }
  struct stat info {};
  Mapping mapping;
  const bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  if (is_file) mapping.size = static_cast<size_t>(info.st_size);
  if (is_file && mapping.size > 0) {
    mapping.address = mmap(nullptr, mapping.size, PROT_READ, MAP_SHARED, fd, 0);
  }
  if (!is_file || mapping.address == MAP_FAILED) {
    ::close(fd);
    return Error{ErrorCode::BadFile, path_to_utf8(path.filename()) + " is not a readable file"};
  }
  mapping.descriptor = fd;
  return mapping;
}

void unmap_file(const Mapping& mapping) {
  if (mapping.address != nullptr) munmap(mapping.address, mapping.size);
  if (mapping.descriptor >= 0) ::close(mapping.descriptor);
}

void release_pages(const void* address, size_t size) {
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = (reinterpret_cast<uintptr_t>(address) + page - 1) / page * page;
  const auto end = (reinterpret_cast<uintptr_t>(address) + size) / page * page;
  if (end > begin) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

Status sync_file(int fd) {
#if defined(__APPLE__)
  if (fcntl(fd, F_FULLFSYNC) == 0) return {};
#endif
  if (fsync(fd) != 0) return system_error("cannot flush the file to the disk");
  return {};
}

Status sync_folder(const std::filesystem::path& folder) {
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_error("cannot open the folder");
  Status synced;
  if (fsync(fd) != 0 && errno != EINVAL) synced = system_error("cannot flush the folder");
  ::close(fd);
  return synced;
}

Status sync_path(const std::filesystem::path& file) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return system_error("cannot open the file");
  Status synced = sync_file(fd);
  ::close(fd);
  return synced;
}

bool is_terminal(int fd) { return isatty(fd) == 1; }

}  // namespace greylag::platform
