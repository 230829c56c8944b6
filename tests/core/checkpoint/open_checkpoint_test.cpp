// SPDX-License-Identifier: Apache-2.0
// Are files of other kinds named as what they are?
#include <gtest/gtest.h>

#include "tests/core/checkpoint/hostile_file.h"

namespace greylag {
namespace {

using namespace std::string_literals;

TEST(OpenCheckpoint, NamesFilesOfOtherKinds) {
  test::expect_refused({
      {"empty", "", "empty"},
      {"cut gguf", "GGUF\x03\0\0\0"s, "GGUF"},
      {"cut rwkv.cpp", "fmgg\x65\0\0\0"s, "rwkv.cpp"},
      {"old ggml", "lmgg\x01\0\0\0"s, "GGUF"},
      {"7z", "7z\xBC\xAF\x27\x1C\0\x04"s, "7z"},
      {"tar", "data.pkl" + std::string(249, '\0') + "ustar\0"s + std::string(300, '\0'), "tar"},
      {"legacy pickle", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s, "legacy"},
      {"bare pickle", "\x80\x04\x95\x10\0\0\0\0\0\0\0}."s, "pickle"},
      {"gzip", "\x1f\x8b\x08\0\0\0\0\0"s, "gzip"},
      {"text", "Once upon a time\nthere was a goose.\n", "text"},
      {"json", "{\"a\": 1}\n", "text"},
      {"html", "\n<!DOCTYPE html>\n<html>404</html>", "HTML"},
      {"git lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "LFS"},
      {"elf",
       "\x7f"
       "ELF\x02\x01\x01\0"s,
       "program"},
      {"noise", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0b\x0c\x0e"s, "not a model file"},
      {"one byte", "\x01"s, "not a model file"},
  });
}

TEST(OpenCheckpoint, RefusesFoldersAndMissingFiles) {
  const test::TempDir dir;
  EXPECT_EQ(open_checkpoint(dir.path()).error().code, ErrorCode::BadFile);
  EXPECT_EQ(open_checkpoint(dir / "absent.pth").error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace greylag
