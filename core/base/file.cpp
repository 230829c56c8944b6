// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/platform.h"
#include "core/base/write_error.h"

namespace greylag {
namespace {

constexpr std::string_view kTemporary = ".tmp-";
constexpr size_t kTemporaryBytes = 8;  // random, in hex behind kTemporary
constexpr std::string_view kHex = "0123456789abcdef";

// ".NAME.tmp-0123456789abcdef". Not by process id: in a container a restarted program often has the
// same one.
std::filesystem::path temporary_beside(const std::filesystem::path& target) {
  std::string ending(kTemporary);
  for (const uint8_t byte : platform::random_bytes(kTemporaryBytes)) {
    ending += {kHex[byte >> 4], kHex[byte & 15]};
  }
  std::filesystem::path name = ".";
  name += target.filename();
  name += ending;
  return target.parent_path() / name;
}

bool is_temporary_name(std::string_view name) {
  const size_t at = name.rfind(kTemporary);
  if (!name.starts_with('.') || at == std::string_view::npos || at == 0) return false;
  const std::string_view number = name.substr(at + kTemporary.size());
  return number.size() == 2 * kTemporaryBytes &&
         number.find_first_not_of(kHex) == std::string_view::npos;
}

#if !defined(_WIN32)
constexpr uint32_t kEscaped = 0xEF00;  // + byte

// Bytes of the UTF-8 sequence that `text` begins with, 0 when it begins with none (the table of
// well-formed sequences, Unicode 15, 3.9).
size_t sequence_bytes(std::string_view text, uint32_t& code_point) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  code_point = lead;
  if (lead < 0x80) return 1;
  const size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return 0;
  code_point = lead & (0x7F >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code_point = code_point << 6 | (byte(i) & 0x3F);
  }
  const bool is_overlong = code_point < (bytes == 4 ? 0x10000u : bytes == 3 ? 0x800u : 0x80u);
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  return is_overlong || is_surrogate || code_point > 0x10FFFF ? 0 : bytes;
}

bool is_escape(uint32_t code_point) {
  return code_point >= kEscaped + 0x80 && code_point <= kEscaped + 0xFF;
}

void append_escaped(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    const uint32_t code_point = kEscaped + static_cast<uint8_t>(c);
    out += {static_cast<char>(0xE0 | code_point >> 12),
            static_cast<char>(0x80 | (code_point >> 6 & 0x3F)),
            static_cast<char>(0x80 | (code_point & 0x3F))};
  }
}
#endif

}  // namespace

Error write_error(const std::filesystem::path& path, int code, const char* what) {
  const std::string name = path_to_utf8(path.filename());
  if (platform::is_disk_full(code)) {
    return Error{ErrorCode::NoSpace,
                 "the disk is full: cannot write " + name + "; free some space and try again"};
  }
  if (platform::is_file_too_large(code)) {
    return Error{ErrorCode::NoSpace, "cannot write " + name +
                                         ": it would be larger than a file may be here (ulimit -f, "
                                         "or the file system's limit)"};
  }
  return Error{ErrorCode::Internal,
               std::string("cannot ") + what + " " + name + ": " + std::strerror(code)};
}

#if defined(_WIN32)
std::string path_to_utf8(const std::filesystem::path& path) {
  const std::u8string text = path.u8string();
  return {text.begin(), text.end()};
}

std::filesystem::path path_from_utf8(std::string_view utf8) {
  return std::filesystem::path(std::u8string(utf8.begin(), utf8.end()));
}
#else
std::string path_to_utf8(const std::filesystem::path& path) {
  std::string out;
  for (std::string_view rest = path.native(); !rest.empty();) {
    uint32_t code_point = 0;
    const size_t bytes = sequence_bytes(rest, code_point);
    const std::string_view next = rest.substr(0, std::max<size_t>(bytes, 1));
    if (bytes == 0 || is_escape(code_point)) {
      append_escaped(next, out);
    } else {
      out += next;
    }
    rest.remove_prefix(next.size());
  }
  return out;
}

std::filesystem::path path_from_utf8(std::string_view utf8) {
  std::string out;
  while (!utf8.empty()) {
    uint32_t code_point = 0;
    const size_t bytes = std::max<size_t>(sequence_bytes(utf8, code_point), 1);
    if (is_escape(code_point) && bytes > 1) {
      out += static_cast<char>(code_point - kEscaped);
    } else {
      out += utf8.substr(0, bytes);
    }
    utf8.remove_prefix(bytes);
  }
  return std::filesystem::path(std::move(out));
}
#endif

std::filesystem::path folder_path(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::path path = std::filesystem::absolute(folder, failed);
  if (failed) path = folder;
  if (std::ranges::find(path, "..") != path.end()) {
    path = std::filesystem::weakly_canonical(path, failed);
  }
  path = path.lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

Result<std::string> read_text_file(const std::filesystem::path& path, uint64_t max_bytes) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  const std::string name = path_to_utf8(path.filename());
  if (error) return Error{ErrorCode::NotFound, "there is no file " + name};
  if (size > max_bytes) {
    return Error{ErrorCode::TooLarge,
                 name + " is larger than the allowed " + std::to_string(max_bytes) + " bytes"};
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  if (!in && size > 0) return Error{ErrorCode::Internal, "cannot read " + name};
  return text;
}

Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes,
                         bool is_private) {
  auto file = AtomicFile::create(path, is_private);
  if (!file) return file.error();
  if (auto written = file->write(bytes); !written) return written;
  return file->commit();
}

Status make_private_dir(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) return {};
  std::filesystem::create_directories(path, error);
  if (error) {
    return Error{ErrorCode::Internal,
                 "cannot create the folder " + path_to_utf8(path) + ": " + error.message()};
  }
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return {};
}

uint64_t remove_abandoned_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  std::error_code failed;
  for (std::filesystem::directory_iterator it(folder, failed), end; !failed && it != end;
       it.increment(failed)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !it->is_symlink(ignored) &&
        is_temporary_name(path_to_utf8(it->path().filename()))) {
      found.push_back(it->path());
    }
  }
  uint64_t bytes = 0;
  for (const auto& path : found) {
    const auto size = std::filesystem::file_size(path, failed);
    const Result<int> fd = platform::open_exclusive(path);
    if (!fd) continue;  // its writer lives
    std::filesystem::remove(path, failed);
    platform::close_file(*fd);
    std::filesystem::remove(path, failed);  // where an open file cannot be removed
    if (!std::filesystem::exists(path, failed) && size != static_cast<uintmax_t>(-1)) bytes += size;
  }
  return bytes;
}

Result<AtomicFile> AtomicFile::create(const std::filesystem::path& target, bool is_private) {
  AtomicFile file;
  file.target_ = target;
  file.temporary_ = temporary_beside(target);
  auto fd = platform::create_file(file.temporary_, is_private);
  if (!fd) return fd.error();
  file.fd_ = *fd;
  return file;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      size_bytes_(other.size_bytes_),
      temporary_(std::move(other.temporary_)),
      target_(std::move(other.target_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this != &other) {
    discard();
    fd_ = std::exchange(other.fd_, -1);
    size_bytes_ = other.size_bytes_;
    temporary_ = std::move(other.temporary_);
    target_ = std::move(other.target_);
  }
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (fd_ < 0) return;
  platform::close_file(std::exchange(fd_, -1));
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  if (const int code = platform::write_fully(fd_, bytes.data(), bytes.size()); code != 0) {
    return write_error(target_, code, "write");
  }
  size_bytes_ += bytes.size();
  return {};
}

Status AtomicFile::skip(uint64_t /*size*/, const Observer& /*see*/) {
  return Error{ErrorCode::Internal, "nothing is kept of " + path_to_utf8(target_.filename())};
}

Status AtomicFile::commit() {
  // A failed flush is final: the pages may be gone, so the temporary file is discarded.
  if (auto synced = platform::sync_file(fd_); !synced) {
    discard();
    return synced;
  }
  if (auto moved = platform::close_as(std::exchange(fd_, -1), temporary_, target_); !moved) {
    std::error_code ignored;
    std::filesystem::remove(temporary_, ignored);
    return moved;
  }
  return platform::sync_folder(target_.parent_path());
}

}  // namespace greylag
