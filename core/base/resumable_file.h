// SPDX-License-Identifier: Apache-2.0
// How does a long write go on after a crash, a kill or a full disk? The bytes go to `.NAME.part`
// beside the target; every so many of them are flushed, and `.NAME.part.json` then says how many
// are safe and of which job. A run of the same job keeps the safe bytes and overwrites the rest:
// its writer must produce the same bytes for the same job.
#pragma once

#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include "core/base/output_file.h"

namespace greylag {

struct ResumableOptions {
  bool is_restarting = false;  // forget what an earlier run left
  // Flushed after so many, beside the writing; twice that much can be lost.
  uint64_t sync_every_bytes = 64u << 20;
};

// One thread; flushing runs beside it. Destroyed without commit(): the part and its record stay.
class ResumableFile final : public OutputFile {
 public:
  enum class Start {
    New,        // nothing was there
    Continued,  // kept_bytes() are
    OtherJob,   // a part of another job was there and is gone
  };

  // job: a text that is equal exactly when the bytes will be. Errors: Conflict (another process
  // writes this target), NoSpace, Internal.
  static Result<std::unique_ptr<ResumableFile>> open(const std::filesystem::path& target,
                                                     const std::string& job,
                                                     const ResumableOptions& options = {});
  ResumableFile(const ResumableFile&) = delete;
  ResumableFile& operator=(const ResumableFile&) = delete;
  ~ResumableFile() override;

  Start start() const { return start_; }
  // Bytes from the beginning that an earlier run made safe.
  uint64_t kept_bytes() const { return kept_bytes_; }

  using OutputFile::write;
  Status write(std::span<const std::byte> bytes) override;
  uint64_t size_bytes() const override { return position_; }
  bool keeps(uint64_t size) const override;
  Status skip(uint64_t size, const Observer& see) override;
  // Flush, rename, flush of the folder; then the record goes.
  Status commit() override;

  // Makes all that was written so far safe for a later run. Nothing may follow.
  Status keep();
  // Removes the part and its record: what was written is of no use. Nothing may follow.
  void discard();

 private:
  explicit ResumableFile(const std::filesystem::path& target);
  Status begin(const ResumableOptions& options);
  Status flush(uint64_t size);
  Status write_record(uint64_t safe_bytes) const;
  Status finish_flush();
  Status note_flush(Status flushed);
  Error failed(int code, const char* what) const;

  std::filesystem::path target_, part_, record_;
  std::string job_;
  uint64_t sync_every_bytes_ = 0;
  Start start_ = Start::New;
  uint64_t kept_bytes_ = 0;
  int fd_ = -1;
  uint64_t position_ = 0;       // where the next bytes go
  uint64_t flushed_bytes_ = 0;  // up to here a flush was begun
  std::future<Status> flush_;   // the one that runs, if any
  bool has_flush_failed_ = false;
};

// `.NAME.part` of a target: for a check that no input of the job lies there.
std::filesystem::path part_path(const std::filesystem::path& target);

}  // namespace greylag
