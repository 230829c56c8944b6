// SPDX-License-Identifier: Apache-2.0
// Bytes as a file that open_checkpoint sees.
#pragma once

#include <fstream>
#include <string>

#include "core/checkpoint/reader.h"
#include "tests/support/temp_dir.h"

namespace greylag::test {

// Without fsync, unlike write_file_atomic: there are hundreds of these files.
inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline Status open_bytes(const std::string& bytes) {
  const TempDir dir;
  write_bytes(dir / "file", bytes);
  const auto reader = open_checkpoint(dir / "file");
  return reader.ok() ? Status() : Status(reader.error());
}

}  // namespace greylag::test
