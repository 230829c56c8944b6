// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: files, and the random names of new ones. greylag-loader is linked with this file
// and no other of the platform.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/platform_error_posix.h"

namespace greylag::platform {
namespace {

// Is the open file the one of that name?
bool is_named(int fd, const std::filesystem::path& path) {
  struct stat opened {
  }, named{};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

Error system_error(const std::string& what) {
  const ErrorCode code = is_disk_full(errno) ? ErrorCode::NoSpace : ErrorCode::Internal;
  return Error{code, what + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

int64_t process_id() { return getpid(); }

std::vector<uint8_t> random_bytes(size_t n) {
  std::vector<uint8_t> bytes(n);
  std::ifstream in("/dev/urandom", std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(n));
  if (!in) std::abort();
  return bytes;
}

Result<int> create_file(const std::filesystem::path& path, bool is_private) {
  while (true) {
    const int fd =
        open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, is_private ? 0600 : 0644);
    if (fd < 0) return system_error("cannot create " + path_to_utf8(path.filename()));
    // Where the file system knows no locks, it is written without one.
    const bool is_held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!is_held && is_named(fd, path)) return fd;
    ::close(fd);  // taken for an abandoned one between the creating and the locking
  }
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
    if (is_named(fd, path)) return fd;
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

bool is_file_too_large(int errno_value) { return errno_value == EFBIG; }

Result<Input> open_input(const std::filesystem::path& path) {
  const std::string name = path_to_utf8(path.filename());
  // Opening a pipe without a writer would wait; on a regular file the flag means nothing.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const bool is_missing = errno == ENOENT;
    Error error = system_error("cannot open " + name);
    if (is_missing) error.code = ErrorCode::NotFound;
    return error;
  }
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    return Error{ErrorCode::BadFile, name + " is not a readable file"};
  }
  return Input{.handle = fd, .size = static_cast<uint64_t>(info.st_size)};
}

void close_input(int64_t handle) {
  if (handle >= 0) ::close(static_cast<int>(handle));
}

Status read_at(int64_t handle, uint64_t offset, std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got =
        pread(static_cast<int>(handle), out.data(), std::min<size_t>(out.size(), size_t{1} << 30),
              static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("the file cannot be read");
    if (got == 0) return Error{ErrorCode::BadFile, "the file was cut while it was read"};
    out = out.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

Result<Privacy> make_private(const std::filesystem::path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) {
    const bool is_missing = errno == ENOENT;
    Error error = system_error("cannot look at " + path_to_utf8(path.filename()));
    if (is_missing) error.code = ErrorCode::NotFound;
    return error;
  }
  if (info.st_uid != geteuid()) return Privacy::Foreign;
  constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
  if ((info.st_mode & kOthers) == 0) return Privacy::Private;
  if (chmod(path.c_str(), info.st_mode & (S_IRWXU | S_ISVTX)) != 0) return Privacy::Open;
  const bool is_kept = stat(path.c_str(), &info) == 0 && (info.st_mode & kOthers) == 0;
  return is_kept ? Privacy::MadePrivate : Privacy::Open;
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

}  // namespace greylag::platform
