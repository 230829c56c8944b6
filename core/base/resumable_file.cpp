// SPDX-License-Identifier: Apache-2.0
// The order that makes a crash harmless: bytes are flushed before the record counts them, and the
// record of another job is gone, durably, before the first byte of this one is written. A flush
// that failed is final: what is in the record already stays true, nothing is added to it.
#include "core/base/resumable_file.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/base/write_error.h"

namespace greylag {
namespace {

constexpr uint64_t kMostRecordBytes = 1 << 20;
constexpr uint64_t kPiece = 4 << 20;  // of a read back

std::filesystem::path hidden_beside(const std::filesystem::path& target, const char* ending) {
  std::filesystem::path name = ".";
  name += target.filename();
  name += ending;
  return target.parent_path() / name;
}

struct Record {
  std::string job;
  uint64_t safe_bytes = 0;
};

std::optional<Record> read_record(const std::filesystem::path& path) {
  const Result<std::string> text = read_text_file(path, kMostRecordBytes);
  if (!text) return std::nullopt;
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("job") || !json["job"].is_string() ||
      !json.contains("safe_bytes") || !json["safe_bytes"].is_number_unsigned()) {
    return std::nullopt;
  }
  return Record{json["job"].get<std::string>(), json["safe_bytes"].get<uint64_t>()};
}

std::filesystem::path unfinished(const std::filesystem::path& record) {
  std::filesystem::path path = record;
  path += ".new";
  return path;
}

void remove_record(const std::filesystem::path& record) {
  std::error_code ignored;
  std::filesystem::remove(record, ignored);
  std::filesystem::remove(unfinished(record), ignored);
}

}  // namespace

std::filesystem::path part_path(const std::filesystem::path& target) {
  return hidden_beside(target, ".part");
}

ResumableFile::ResumableFile(const std::filesystem::path& target)
    : target_(target), part_(part_path(target)), record_(hidden_beside(target, ".part.json")) {}

Result<std::unique_ptr<ResumableFile>> ResumableFile::open(const std::filesystem::path& target,
                                                           const std::string& job,
                                                           const ResumableOptions& options) {
  std::unique_ptr<ResumableFile> file(new ResumableFile(target));
  file->job_ = job;
  file->sync_every_bytes_ = std::max<uint64_t>(1, options.sync_every_bytes);
  if (Status begun = file->begin(options); !begun) return begun.error();
  return file;
}

Status ResumableFile::begin(const ResumableOptions& options) {
  const Result<int> fd = platform::open_exclusive(part_);
  if (!fd) return fd.error();
  fd_ = *fd;
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(part_, error);
  if (error) {
    return Error{ErrorCode::Internal,
                 "cannot read " + path_to_utf8(part_.filename()) + ": " + error.message()};
  }
  const std::optional<Record> record = read_record(record_);
  if (record && record->job == job_ && record->safe_bytes <= size && record->safe_bytes > 0 &&
      !options.is_restarting) {
    start_ = Start::Continued;
    kept_bytes_ = flushed_bytes_ = record->safe_bytes;
  } else {
    if (record && size > 0 && record->job != job_ && !options.is_restarting) {
      start_ = Start::OtherJob;
    }
    remove_record(record_);
    if (Status synced = platform::sync_folder(part_.parent_path()); !synced) return synced;
  }
  if (const int code = platform::truncate_file(fd_, kept_bytes_); code != 0) {
    return failed(code, "shorten");
  }
  return {};
}

ResumableFile::~ResumableFile() {
  if (flush_.valid()) flush_.wait();
  if (fd_ >= 0) platform::close_file(fd_);
}

Error ResumableFile::failed(int code, const char* what) const {
  return write_error(target_, code, what);
}

Status ResumableFile::write(std::span<const std::byte> bytes) {
  if (const int code = platform::write_fully(fd_, bytes.data(), bytes.size()); code != 0) {
    return failed(code, "write");
  }
  position_ += bytes.size();
  if (position_ < flushed_bytes_ + sync_every_bytes_) return {};
  if (flush_.valid()) {
    const bool is_over = flush_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    // A slow disk is waited for, so that what is not safe yet stays bounded.
    if (!is_over && position_ < flushed_bytes_ + 2 * sync_every_bytes_) return {};
    if (Status flushed = finish_flush(); !flushed) return flushed;
  }
  flushed_bytes_ = position_;
  try {
    flush_ = std::async(std::launch::async, [this, size = position_] { return flush(size); });
  } catch (const std::system_error&) {  // no thread to be had: this one
    return note_flush(flush(position_));
  }
  return {};
}

bool ResumableFile::keeps(uint64_t size) const {
  return position_ <= kept_bytes_ && size <= kept_bytes_ - position_;
}

Status ResumableFile::skip(uint64_t size, const Observer& see) {
  if (!keeps(size)) {
    return Error{ErrorCode::Internal, path_to_utf8(part_.filename()) + " is shorter than that"};
  }
  if (see && size > 0) {
    std::ifstream in(part_, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(position_));
    std::vector<std::byte> piece(static_cast<size_t>(std::min(kPiece, size)));
    for (uint64_t done = 0; done < size; done += piece.size()) {
      piece.resize(static_cast<size_t>(std::min(kPiece, size - done)));
      in.read(reinterpret_cast<char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
      if (!in) {
        return Error{ErrorCode::Internal, "cannot read back " + path_to_utf8(part_.filename())};
      }
      see(piece);
    }
  }
  position_ += size;
  if (const int code = platform::seek_file(fd_, position_); code != 0) return failed(code, "seek");
  return {};
}

// Runs beside the writing thread: uses nothing that it changes.
Status ResumableFile::flush(uint64_t size) {
  if (Status synced = platform::sync_file(fd_); !synced) return synced;
  return write_record(size);
}

Status ResumableFile::finish_flush() {
  return flush_.valid() ? note_flush(flush_.get()) : Status();
}

Status ResumableFile::note_flush(Status flushed) {
  has_flush_failed_ = has_flush_failed_ || !flushed;
  return flushed;
}

Status ResumableFile::write_record(uint64_t safe_bytes) const {
  const std::filesystem::path draft = unfinished(record_);
  const Result<int> fd = platform::open_exclusive(draft);
  if (!fd) return fd.error();
  const std::string text = nlohmann::json{{"job", job_}, {"safe_bytes", safe_bytes}}.dump(
                               -1, ' ', false, nlohmann::json::error_handler_t::replace) +
                           "\n";
  int code = platform::truncate_file(*fd, 0);
  if (code == 0) code = platform::write_fully(*fd, text.data(), text.size());
  Status synced = code == 0 ? platform::sync_file(*fd) : Status(failed(code, "write"));
  if (!synced) {
    platform::close_file(*fd);
    return synced;
  }
  if (Status moved = platform::close_as(*fd, draft, record_); !moved) return moved;
  return platform::sync_folder(record_.parent_path());
}

Status ResumableFile::keep() {
  Status kept = finish_flush();
  if (fd_ < 0 || has_flush_failed_) {
    return kept ? Error{ErrorCode::Internal, "nothing more could be made safe"} : kept;
  }
  // What lies before kept_bytes_ is safe already; it was written again at most in part.
  const uint64_t safe = std::max(position_, kept_bytes_);
  // Half a write may lie behind it, and on a full disk the record needs the room.
  if (const int code = platform::truncate_file(fd_, safe); kept && code != 0) {
    kept = failed(code, "shorten");
  }
  if (kept && safe > 0) kept = flush(safe);
  platform::close_file(std::exchange(fd_, -1));
  if (safe == 0) discard();
  return kept;
}

void ResumableFile::discard() {
  const Status ignored = finish_flush();
  std::error_code failure;
  remove_record(record_);
  std::filesystem::remove(part_, failure);
  if (fd_ >= 0) platform::close_file(std::exchange(fd_, -1));
  std::filesystem::remove(part_, failure);  // where an open file cannot be removed
}

Status ResumableFile::commit() {
  if (Status flushed = finish_flush(); !flushed) return flushed;
  if (const int code = platform::truncate_file(fd_, position_); code != 0) {
    return failed(code, "shorten");
  }
  if (Status synced = note_flush(platform::sync_file(fd_)); !synced) return synced;
  if (Status moved = platform::close_as(std::exchange(fd_, -1), part_, target_); !moved) {
    return moved;
  }
  const Status synced = platform::sync_folder(target_.parent_path());
  remove_record(record_);
  return synced;
}

}  // namespace greylag
