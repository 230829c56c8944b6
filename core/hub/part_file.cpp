// SPDX-License-Identifier: Apache-2.0
#include "core/hub/part_file.h"

#include <system_error>
#include <vector>

#include "core/base/file.h"
#include "core/base/platform.h"

namespace greylag {
namespace {

constexpr size_t kPiece = 1 << 20;
constexpr uint64_t kLittleSpace = 1 << 20;

Error write_error(const std::filesystem::path& part) {
  if (platform::disk_free_bytes(part.parent_path()) < kLittleSpace) {
    return Error{ErrorCode::NoSpace, "the disk is full"};
  }
  return Error{ErrorCode::Internal, "cannot write " + path_to_utf8(part.filename())};
}

}  // namespace

Result<PartFile> PartFile::open(const std::filesystem::path& part,
                                const std::function<bool()>& should_stop) {
  PartFile file(part);
  std::ifstream in(part, std::ios::binary);
  std::vector<std::byte> piece(kPiece);
  while (in) {
    in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
    const auto count = static_cast<size_t>(in.gcount());
    file.hash_.update(std::span(piece).first(count));
    file.size_ += count;
    if (should_stop()) return Error{ErrorCode::Cancelled, "stopped"};
  }
  file.out_.open(part, std::ios::binary | std::ios::app);
  if (!file.out_) return write_error(part);
  return file;
}

bool PartFile::is_as_left() {
  out_.flush();
  std::error_code absent;
  return out_ && std::filesystem::file_size(part_, absent) == size_ && !absent;
}

Status PartFile::append(std::span<const std::byte> bytes) {
  out_.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!out_) return write_error(part_);
  hash_.update(bytes);
  size_ += bytes.size();
  return {};
}

Status PartFile::restart() {
  out_.close();
  out_.open(part_, std::ios::binary | std::ios::trunc);
  hash_ = Sha256();
  size_ = 0;
  if (!out_) return write_error(part_);
  return {};
}

Status PartFile::commit(const std::filesystem::path& target, const std::string& sha256) {
  out_.close();
  if (out_.fail()) return write_error(part_);
  std::error_code failed;
  if (const std::string found = hash_.hex(); found != sha256) {
    std::filesystem::remove(part_, failed);
    return Error{ErrorCode::BadFile, "the bytes that came are not the expected file (SHA-256 " +
                                         found + "); they were deleted"};
  }
  if (Status synced = platform::sync_path(part_); !synced) return synced;
  std::filesystem::rename(part_, target, failed);
  if (failed)
    return Error{ErrorCode::Internal, "cannot name the finished file: " + failed.message()};
  return platform::sync_folder(target.parent_path());
}

}  // namespace greylag
