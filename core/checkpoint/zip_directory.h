// SPDX-License-Identifier: Apache-2.0
// Which entries does a torch zip hold, and where are their bytes? Accepts only what torch.save
// writes: stored entries, one after the other without gaps, one directory at the end, local headers
// and descriptors that agree with it. Everything else that a zip may do is refused, by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"
#include "core/checkpoint/file_region.h"

namespace greylag {

class ZipDirectory {
 public:
  // Reads the directory and the headers, not the data. BadFile names the rule.
  static Result<ZipDirectory> parse(std::span<const std::byte> file);

  // Named without the top folder: "data.pkl", "data/12"; each with its CRC-32.
  std::span<const FileRegion> entries() const { return entries_; }
  // Index into entries(), or -1.
  int64_t index_of(std::string_view name) const;

 private:
  std::vector<FileRegion> entries_;
  std::unordered_map<std::string, int64_t> index_;
};

}  // namespace greylag
