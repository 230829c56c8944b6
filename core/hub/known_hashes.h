// SPDX-License-Identifier: Apache-2.0
// What was the SHA-256 of that file? Hashing a model takes a second per gigabyte or more, so a hash
// is kept, over restarts too, for as long as the file's size and time stay as they were.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace greylag {

// Any thread; one object per file.
class KnownHashes {
 public:
  struct Stamp {
    uintmax_t size_bytes = 0;
    std::filesystem::file_time_type written;
    bool operator==(const Stamp&) const = default;
  };
  // Reads `file`, in which the hashes are kept (HOME/hashes.json); one that is not there or damaged
  // is an empty one.
  explicit KnownHashes(std::filesystem::path file);

  std::optional<std::string> find(const std::filesystem::path& path, const Stamp& stamp) const;
  // Forgets files that are gone. That the hashes cannot be written costs time later and is logged.
  void put(const std::filesystem::path& path, const Stamp& stamp, const std::string& sha256);

 private:
  struct Known {
    Stamp stamp;
    std::string sha256;
  };
  void write() const;

  const std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards known_ and the file
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace greylag
