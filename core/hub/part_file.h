// SPDX-License-Identifier: Apache-2.0
// The growing file of a download and the SHA-256 of what is in it. It takes its final name only
// when the hash is the wanted one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <span>
#include <string>

#include "core/base/result.h"
#include "core/base/sha256.h"

namespace greylag {

// Used by one thread.
class PartFile {
 public:
  // Opens or creates `part` for appending and hashes what is there. should_stop ends the hashing
  // (Cancelled).
  static Result<PartFile> open(const std::filesystem::path& part,
                               const std::function<bool()>& should_stop);

  uint64_t size() const { return size_; }
  // False when a write failed, or another program cut, replaced or removed the file.
  bool is_as_left();
  Status append(std::span<const std::byte> bytes);  // NoSpace, Internal
  // Back to no bytes.
  Status restart();
  // Ends the file: BadFile (and the part is removed) unless its hash is sha256; else flush, rename
  // to target, flush the folder. Not usable afterwards.
  Status commit(const std::filesystem::path& target, const std::string& sha256);

 private:
  explicit PartFile(std::filesystem::path part) : part_(std::move(part)) {}
  std::filesystem::path part_;
  std::ofstream out_;
  Sha256 hash_;
  uint64_t size_ = 0;
};

}  // namespace greylag
