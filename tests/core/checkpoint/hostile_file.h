// SPDX-License-Identifier: Apache-2.0
// One bad file: what is wrong with it, its bytes, and words that the refusal must hold.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "core/checkpoint/reader.h"
#include "tests/support/temp_dir.h"

namespace greylag::test {

struct HostileFile {
  std::string what;
  std::string bytes;
  std::string rule;  // part of the message
};

// Without fsync, unlike write_file_atomic: there are hundreds of these files.
inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Every file must be refused with BadFile and the rule. Reads the tensors of a file that opens.
inline void expect_refused(const std::vector<HostileFile>& files) {
  const TempDir dir;
  for (const HostileFile& file : files) {
    SCOPED_TRACE(file.what);
    write_bytes(dir / "bad", file.bytes);
    Result<std::unique_ptr<CheckpointReader>> reader = open_checkpoint(dir / "bad");
    Status status = reader.ok() ? Status() : Status(reader.error());
    for (size_t i = 0; status.ok() && i < (*reader)->tensors().size(); ++i) {
      const TensorInfo& info = (*reader)->tensors()[i];
      std::vector<std::byte> bytes(info.size_bytes);
      status = (*reader)->read(info, bytes);
    }
    ASSERT_FALSE(status.ok()) << "the file was accepted";
    EXPECT_EQ(status.error().code, ErrorCode::BadFile) << status.error().message;
    EXPECT_NE(status.error().message.find(file.rule), std::string::npos) << status.error().message;
  }
}

inline Status open_bytes(const std::string& bytes) {
  const TempDir dir;
  write_bytes(dir / "file", bytes);
  const auto reader = open_checkpoint(dir / "file");
  return reader.ok() ? Status() : Status(reader.error());
}

}  // namespace greylag::test
