// SPDX-License-Identifier: Apache-2.0
// How is a torch zip laid out? Stored entries with data at 64-byte borders, CRC and sizes in a
// descriptor after the data, zip64 where sizes or offsets need it: byte for byte as torch.save.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/output_file.h"

namespace greylag {

// Writes into a file that outlives it. One thread.
class ZipWriter {
 public:
  ZipWriter(OutputFile& file, std::string folder) : file_(file), folder_(std::move(folder)) {}
  Status add(const std::string& name, std::span<const std::byte> bytes);
  // An entry whose size_bytes the caller puts into the file between the two calls.
  Status begin(const std::string& name, uint64_t size_bytes);
  Status end(uint32_t crc32);
  // The directory and the end records; nothing may follow.
  Status finish();

 private:
  struct Entry {
    std::string name;  // with the folder
    uint64_t offset;   // of the local header
    uint64_t size_bytes;
    uint32_t crc32;
  };
  OutputFile& file_;
  std::string folder_;
  std::vector<Entry> entries_;
};

}  // namespace greylag
