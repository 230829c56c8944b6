// SPDX-License-Identifier: Apache-2.0
// Linux and macOS: files. greylag-loader is linked with this file and no other of the platform.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/platform_error_posix.h"

namespace greylag::platform {

Error system_error(const std::string& what) {
  const ErrorCode code = is_disk_full(errno) ? ErrorCode::NoSpace : ErrorCode::Internal;
  return Error{code, what + ": " + std::strerror(errno)};  // NOLINT(concurrency-mt-unsafe)
}

int64_t process_id() { return getpid(); }

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

bool is_file_too_large(int errno_value) { return errno_value == EFBIG; }

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

}  // namespace greylag::platform
