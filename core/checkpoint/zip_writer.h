// SPDX-License-Identifier: Apache-2.0
// How is a torch zip laid out? Stored entries with data at 64-byte borders, CRC and sizes in a
// descriptor after the data, zip64 where sizes or offsets need it: byte for byte as torch.save.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/file.h"

namespace greylag {

// Writes into a file that outlives it. One thread.
class ZipWriter {
 public:
  ZipWriter(AtomicFile& file, std::string folder) : file_(file), folder_(std::move(folder)) {}
  Status add(const std::string& name, std::span<const std::byte> bytes);
  // The directory and the end records; nothing may follow.
  Status finish();

 private:
  struct Entry {
    std::string name;  // with the folder
    uint64_t offset;   // of the local header
    uint64_t size_bytes;
    uint32_t crc32;
  };
  AtomicFile& file_;
  std::string folder_;
  std::vector<Entry> entries_;
};

}  // namespace greylag
