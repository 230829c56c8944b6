// SPDX-License-Identifier: Apache-2.0
// How are files read and, above all, written? A write either replaces the old file whole or leaves
// it as it was: temp file beside the target, fsync, rename, fsync of the folder. The few calls that
// differ by system are in platform.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "core/base/output_file.h"
#include "core/base/result.h"

namespace greylag {

// A path as valid UTF-8, for JSON, YAML and messages, and back to the same path. Names on POSIX are
// bytes: one that is no part of UTF-8 becomes U+EF00 + byte (U+EF80 to U+EFFF, private use; the
// mapping of MirBSD's OPTU encoding), and so does each byte of a name that holds such a character.
// The way back also takes bytes that are no UTF-8, as a command line gives them, as they are.
std::string path_to_utf8(const std::filesystem::path& path);
std::filesystem::path path_from_utf8(std::string_view utf8);

// A folder as a user may name it ("runs/first/", "./first/."): absolute, and its filename() is the
// folder's name. Links in it are followed only where ".." is.
std::filesystem::path folder_path(const std::filesystem::path& folder);

// Whole file as bytes. TooLarge beyond max_bytes, NotFound, Internal.
Result<std::string> read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

// Atomic and durable. Errors: NoSpace (nothing changed), Internal. is_private: 0600.
Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes,
                         bool is_private = false);

// Creates the folder and its parents, readable by the user alone (0700).
Status make_private_dir(const std::filesystem::path& path);

// Removes the temporary files of AtomicFile directly in `folder` whose writers are gone; returns
// their bytes.
uint64_t remove_abandoned_files(const std::filesystem::path& folder);

// A file being written under a temporary name beside its target. Destroyed without commit(): the
// temporary file is removed and the target is untouched. It is locked while it is written, which
// tells it from what a killed process left. One thread.
class AtomicFile final : public OutputFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& target, bool is_private = false);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile() override;
  using OutputFile::write;
  Status write(std::span<const std::byte> bytes) override;
  uint64_t size_bytes() const override { return size_bytes_; }
  bool keeps(uint64_t /*size*/) const override { return false; }
  Status skip(uint64_t size, const Observer& see) override;
  // fsync, rename, fsync of the folder.
  Status commit() override;

 private:
  AtomicFile() = default;
  void discard() noexcept;
  int fd_ = -1;
  uint64_t size_bytes_ = 0;
  std::filesystem::path temporary_;
  std::filesystem::path target_;
};

}  // namespace greylag
