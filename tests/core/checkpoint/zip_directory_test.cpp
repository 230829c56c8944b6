// SPDX-License-Identifier: Apache-2.0
// Is every zip refused that torch.save would not have written?
#include "core/checkpoint/zip_directory.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/core/checkpoint/hostile_file.h"
#include "tests/core/checkpoint/raw_zip.h"

namespace greylag {
namespace {

using namespace std::string_literals;
using test::HostileFile;
using test::le;
using test::RawEntry;
using test::RawZip;

using Bend = std::function<void(RawZip&)>;

std::string bent(const Bend& bend) {
  RawZip zip = test::valid_zip();
  bend(zip);
  return test::zip_bytes(zip);
}

// Bends the entry data/0.
std::string bent_entry(const std::function<void(RawEntry&)>& bend) {
  return bent([&](RawZip& zip) { bend(zip.entries[1]); });
}

TEST(ZipDirectory, AcceptsWhatTorchWrites) {
  const std::string padding = le(0x4246, 2) + le(5, 2) + "ZZZZZ";
  const auto plain = [](RawZip& zip) {
    for (RawEntry& entry : zip.entries) entry.flags = 0;
  };
  const auto side_entries = [](RawZip& zip) {
    for (const char* name : {"a/byteorder", "a/.format_version", "a/.data/serialization_id"}) {
      RawEntry entry;
      entry.name = name;
      entry.data = "little";
      zip.entries.push_back(entry);
    }
  };
  for (const Bend& bend :
       {Bend([](RawZip&) {}), Bend([](RawZip& z) { z.has_zip64_end = true; }), Bend(plain),
        Bend([&](RawZip& z) { z.entries[1].local_extra = padding; }), Bend(side_entries)}) {
    const Status status = test::open_bytes(bent(bend));
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
}

TEST(ZipDirectory, RefusesBentEntries) {
  test::expect_refused({
      {"deflate", bent_entry([](RawEntry& e) { e.method = 8; }), "method 8"},
      {"deflate in the local header only", bent_entry([](RawEntry& e) { e.local_method = 8; }),
       "disagree"},
      {"encrypted", bent_entry([](RawEntry& e) { e.flags |= 0x1; }), "flags"},
      {"patch data", bent_entry([](RawEntry& e) { e.flags |= 0x20; }), "flags"},
      {"strong encryption", bent_entry([](RawEntry& e) { e.flags |= 0x40; }), "flags"},
      {"masked headers", bent_entry([](RawEntry& e) { e.flags |= 0x2000; }), "flags"},
      {"local flags differ", bent_entry([](RawEntry& e) { e.local_flags = 0; }), "disagree"},
      {"local name differs", bent_entry([](RawEntry& e) { e.local_name = "a/data/1"; }),
       "disagree"},
      {"stored size differs", bent_entry([](RawEntry& e) { e.compressed_size = 15; }),
       "size and size"},
      {"size too large", bent_entry([](RawEntry& e) { e.central_size = 4000; }), "past"},
      {"size too small", bent_entry([](RawEntry& e) { e.central_size = 8; }), "disagree"},
      {"zip64 size without field", bent_entry([](RawEntry& e) { e.central_size = 0xFFFFFFFF; }),
       "past"},
      {"local size not left open", bent_entry([](RawEntry& e) { e.local_size = 16; }), "disagree"},
      {"local CRC not left open", bent_entry([](RawEntry& e) { e.local_crc32 = 1; }), "disagree"},
      {"descriptor size", bent_entry([](RawEntry& e) { e.descriptor_size = 15; }), "descriptor"},
      {"descriptor CRC", bent_entry([](RawEntry& e) { e.descriptor_crc32 = 1; }), "descriptor"},
      {"no descriptor", bent_entry([](RawEntry& e) { e.has_descriptor = false; }), "descriptor"},
      {"wrong CRC", bent_entry([](RawEntry& e) { e.crc32 = 1; }), "damaged"},
      {"CRC switched off", bent_entry([](RawEntry& e) { e.crc32 = 0; }), "re-save"},
      {"wrong CRC of data.pkl", bent([](RawZip& z) { z.entries[0].crc32 = 1; }), "damaged"},
      {"wrong CRC of version", bent([](RawZip& z) { z.entries[2].crc32 = 1; }), "damaged"},
      {"comment", bent_entry([](RawEntry& e) { e.comment = "hi"; }), "comment"},
      {"another disk", bent_entry([](RawEntry& e) { e.disk = 1; }), "disk"},
      {"unknown extra", bent_entry([](RawEntry& e) { e.central_extra = le(0x7075, 2) + le(0, 2); }),
       "extra field"},
      {"unknown local extra",
       bent_entry([](RawEntry& e) { e.local_extra = le(0x5455, 2) + le(0, 2); }), "extra field"},
      {"extra past its header",
       bent_entry([](RawEntry& e) { e.central_extra = le(0x4246, 2) + le(9, 2); }), "extra field"},
      {"needless zip64",
       bent_entry([](RawEntry& e) { e.central_extra = le(1, 2) + le(8, 2) + le(16, 8); }), "zip64"},
      {"two zip64",
       bent_entry([](RawEntry& e) { e.central_extra = le(1, 2) + le(0, 2) + le(1, 2) + le(0, 2); }),
       "zip64"},
      {"wrong offset", bent_entry([](RawEntry& e) { e.offset = 7; }), "overlap"},
      {"bytes between entries", bent_entry([](RawEntry& e) { e.gap = "hidden"; }), "between"},
      {"offset of another entry", bent_entry([](RawEntry& e) { e.offset = 0; }), "overlap"},
  });
}

TEST(ZipDirectory, RefusesForeignNames) {
  std::vector<HostileFile> files;
  for (const auto& name : {"a/../evil"s,
                           "../data/0"s,
                           "/data/0"s,
                           "/etc/passwd"s,
                           "a//data/0"s,
                           "a/data/../0"s,
                           "a/data/0 "s,
                           "a/data/"s,
                           "a/data/x"s,
                           "a/data/0x1"s,
                           "a\\data\\0"s,
                           "C:/data/0"s,
                           "data/0"s,
                           "data.pkl"s,
                           "b/data/0"s,
                           "a/DATA/0"s,
                           "a/data/0\0.pkl"s,
                           "a/setup.py"s,
                           "a/data.pkl.bak"s,
                           "./data/0"s,
                           "\xFF\xFE/data/0"s,
                           "a/data/999999999999999999999"s,
                           ""s,
                           "a/"s + std::string(600, '1')}) {
    files.push_back({name, bent_entry([&](RawEntry& e) { e.name = name; }), "zip entry"});
  }
  for (const char* name : {"a/constants.pkl", "a/code/__torch__.py", "a/constants/0"}) {
    files.push_back({name, bent_entry([&](RawEntry& e) { e.name = name; }), "TorchScript"});
  }
  files.push_back(
      {"a name twice", bent_entry([](RawEntry& e) { e.name = "a/data.pkl"; }), "twice"});
  files.push_back(
      {"no data.pkl", bent([](RawZip& z) { z.entries[0].name = "a/data/1"; }), "no data.pkl"});
  files.push_back({"big endian", bent([](RawZip& z) {
                     z.entries[2].name = "a/byteorder";
                     z.entries[2].data = "big";
                   }),
                   "little-endian"});
  files.push_back(
      {"large version", bent([](RawZip& z) { z.entries[2].data.assign(5000, '3'); }), "1 KiB"});
  test::expect_refused(files);
}

TEST(ZipDirectory, RefusesBentEndRecords) {
  const auto zip64 = [](const Bend& bend) {
    return bent([&](RawZip& z) {
      z.has_zip64_end = true;
      bend(z);
    });
  };
  test::expect_refused({
      {"comment", bent([](RawZip& z) { z.comment = "hello"; }), "end record"},
      {"trailing bytes", bent([](RawZip& z) { z.trailer = "x"; }), "end record"},
      {"second zip behind", bent([](RawZip& z) { z.trailer = test::zip_bytes(test::valid_zip()); }),
       "directory does not end"},
      {"bytes before the directory", bent([](RawZip& z) { z.before_directory = "x"; }), "between"},
      {"bytes after the directory", bent([](RawZip& z) { z.after_directory = "x"; }),
       "directory does not end"},
      {"directory offset", bent([](RawZip& z) { z.directory_offset = 0xFFFFFF00; }), "directory"},
      {"directory size", bent([](RawZip& z) { z.directory_size = 1; }), "directory"},
      {"count too large", bent([](RawZip& z) { z.count = 4; }), "directory record"},
      {"count too small", bent([](RawZip& z) { z.count = 2; }), "directory"},
      {"no entries", bent([](RawZip& z) { z.entries.clear(); }), "empty zip"},
      {"prefix", "MZ" + test::zip_bytes(test::valid_zip()), "not a model file"},
      {"entry prefix", bent([](RawZip& z) { z.entries[0].gap = "PK\x03\x04xxxx"; }), "overlap"},
      {"zip64 offset", zip64([](RawZip& z) { z.zip64_directory_offset = UINT64_MAX; }), "disagree"},
      {"zip64 end elsewhere", zip64([](RawZip& z) { z.zip64_end_offset = 3; }), "zip64"},
      {"zip64 end overflow", zip64([](RawZip& z) { z.zip64_end_offset = UINT64_MAX - 20; }),
       "zip64"},
  });
}

TEST(ZipDirectory, RefusesEveryTruncation) {
  const std::string whole = test::zip_bytes(test::valid_zip());
  std::vector<HostileFile> files;
  for (size_t i = 0; i < 60; ++i) {
    const size_t length = whole.size() * i / 60;
    files.push_back({"cut at " + std::to_string(length), whole.substr(0, length), ""});
  }
  test::expect_refused(files);
}

TEST(ZipDirectory, RefusesOrSurvivesEveryFlippedByte) {
  const std::string whole = test::zip_bytes(test::valid_zip());
  const test::TempDir dir;
  for (size_t i = 0; i < whole.size(); i += 3) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x55);
    test::write_bytes(dir / "flipped", flipped);
    const auto reader = open_checkpoint(dir / "flipped");
    if (!reader.ok()) {
      EXPECT_EQ(reader.error().code, ErrorCode::BadFile);
    }
  }
}

}  // namespace
}  // namespace greylag
