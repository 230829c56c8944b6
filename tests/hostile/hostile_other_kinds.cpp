// SPDX-License-Identifier: Apache-2.0
// Files that are no checkpoint of a known format; each is named as what it is, and none is tried
// with another reader.
#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {

std::vector<HostileFile> hostile_other_kinds() {
  using namespace std::string_literals;
  return {
      {"empty", "", "empty"},
      {"7z", "7z\xBC\xAF\x27\x1C\0\x04"s, "7z"},
      {"RAR", "Rar!\x1A\x07\x01\0"s, "RAR"},
      {"gzip", "\x1f\x8b\x08\0\0\0\0\0"s, "gzip"},
      {"xz",
       "\xFD"
       "7zXZ\0\0\4"s,
       "xz"},
      {"bzip2", "BZh91AY&SY", "bzip2"},
      {"zstd", "\x28\xB5\x2F\xFD\x04\0\0\0\0"s, "zstd"},
      {"old ggml", "lmgg\x01\0\0\0\0"s, "ggml"},
      {"old ggjt", "tjgg\x03\0\0\0\0"s, "ggml"},
      {"tar", "data.pkl" + std::string(249, '\0') + "ustar\0"s + std::string(300, '\0'), "tar"},
      {"legacy pickle", "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s, "legacy"},
      {"bare pickle of protocol 2",
       "\x80\x02"
       "cos\nsystem\nX\x02\0\0\0id\x85R."s,
       "pickle"},
      {"bare pickle of protocol 3", "\x80\x03}q\0."s, "pickle"},
      {"bare pickle of protocol 4", "\x80\x04\x95\x10\0\0\0\0\0\0\0}."s, "pickle"},
      {"bare pickle of protocol 5", "\x80\x05\x95\x10\0\0\0\0\0\0\0}."s, "pickle"},
      {"bare pickle of protocol 0", "cos\nsystem\n(S'id'\ntR.", "text"},
      {"text", "Once upon a time\nthere was a goose.\n", "text"},
      {"JSON", "{\"a\": 1}\n", "text"},
      {"HTML", "\n<!DOCTYPE html>\n<html>404</html>", "HTML"},
      {"Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "LFS"},
      {"ELF",
       "\x7f"
       "ELF\x02\x01\x01\0"s,
       "program"},
      {"PDF", "%PDF-1.7\n", "PDF"},
      {"PNG", "\x89PNG\r\n\x1a\n\0"s, "picture"},
      {"HDF5", "\x89HDF\r\n\x1a\n\0"s, "HDF5"},
      {"SQLite", "SQLite format 3\0"s, "database"},
      {"empty zip", "PK\5\6" + std::string(18, '\0'), "empty zip"},
      {"noise", "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0b\x0c\x0e"s, "not a model file"},
      {"one byte", "\x01"s, "not a model file"},
      {"nothing but NUL", std::string(4096, '\0'), "not a model file"},
  };
}

}  // namespace greylag::test
