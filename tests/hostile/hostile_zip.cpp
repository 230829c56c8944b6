// SPDX-License-Identifier: Apache-2.0
// Zips with names that leave the folder or hide code, with more than one end, or with none.
#include <functional>
#include <set>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

using namespace std::string_literals;

using Bend = std::function<void(RawZip&)>;

std::string bent(const Bend& bend) {
  RawZip zip = valid_zip();
  bend(zip);
  return zip_bytes(zip);
}

// The same with zip64 end records.
std::string bent64(const Bend& bend) {
  return bent([&](RawZip& zip) {
    zip.has_zip64_end = true;
    bend(zip);
  });
}

std::string with_name(const std::string& name) {
  return bent([&](RawZip& zip) { zip.entries[1].name = name; });
}

}  // namespace

std::vector<HostileFile> hostile_zip_names() {
  std::vector<HostileFile> files;
  for (const auto& name : {"a/../evil"s,
                           "../data/0"s,
                           "../../../../../../etc/passwd"s,
                           "a/data/../../../x"s,
                           "/data/0"s,
                           "/etc/passwd"s,
                           "//server/share/0"s,
                           "a//data/0"s,
                           "a/data//0"s,
                           "a/data/../0"s,
                           "a/./data/0"s,
                           "./data/0"s,
                           "../a/data/0"s,
                           "a/data/0 "s,
                           "a/ data/0"s,
                           "a/data/0."s,
                           "a/data/x"s,
                           "a/data/0x1"s,
                           "a/data/-1"s,
                           "a/data/+1"s,
                           "a/data/1e3"s,
                           "a/data/\xD9\xA1"s,
                           "a\\data\\0"s,
                           "a/data\\0"s,
                           "a\\..\\..\\evil/data/0"s,
                           "C:/data/0"s,
                           "C:\\Windows\\win.ini"s,
                           "\\\\server\\share"s,
                           "a:b/data/0"s,
                           "data/0"s,
                           "data.pkl"s,
                           "b/data/0"s,
                           "A/data/0"s,
                           "a/DATA/0"s,
                           "a/data/0\0.pkl"s,
                           "a\0b/data/0"s,
                           "a/data.pkl\0"s,
                           "a/setup.py"s,
                           "a/__init__.py"s,
                           "a/.bashrc"s,
                           "a/data.pkl.bak"s,
                           "a/data.pkl/0"s,
                           "a/Data.pkl"s,
                           "a/version/"s,
                           "a/byteorder.txt"s,
                           "a/.data/0"s,
                           "a/archive/data.pkl"s,
                           "a/tensors/0"s,
                           "a/extra/0"s,
                           "CON/data/0"s,
                           "\xFF\xFE/data/0"s,
                           "a/data/\xC0\xAF"s,
                           "a/data/999999999999999999999"s,
                           ""s,
                           "/"s,
                           "a"s,
                           "a/" + std::string(600, '1'),
                           std::string(506, 'a') + "/data/0"}) {
    files.push_back({"name " + name, with_name(name), "zip entry"});
  }
  // The one top folder itself.
  for (const std::string& folder :
       {std::string(), "."s, ".."s, "\xFF"s, "a\\b"s, "C:"s, "a\0"s, std::string(507, 'a')}) {
    files.push_back({"top folder " + folder, bent([&](RawZip& zip) {
                       for (RawEntry& entry : zip.entries) entry.name.replace(0, 1, folder);
                     }),
                     "the name is not allowed"});
  }
  for (const char* name : {"a/", "a/data/", "a/data.pkl/", "a/.data/"}) {
    files.push_back({std::string("directory entry ") + name, bent([&](RawZip& zip) {
                       RawEntry entry;
                       entry.name = name;
                       zip.entries.push_back(entry);
                     }),
                     "zip entry"});
  }
  for (const char* name : {"a/constants.pkl", "a/code/__torch__.py", "a/code/x.py.debug_pkl",
                           "a/constants/0", "a/code/"}) {
    files.push_back({std::string("TorchScript entry ") + name, with_name(name), "TorchScript"});
  }
  files.push_back(
      {"no data.pkl", bent([](RawZip& z) { z.entries[0].name = "a/data/1"; }), "no data.pkl"});
  files.push_back({"only version", bent([](RawZip& z) {
                     z.entries.erase(z.entries.begin(), z.entries.begin() + 2);
                   }),
                   "no data.pkl"});
  for (const char* order : {"big", "Little", "little\n", ""}) {
    files.push_back({std::string("byte order ") + order, bent([&](RawZip& z) {
                       z.entries[2].name = "a/byteorder";
                       z.entries[2].data = order;
                     }),
                     "little-endian"});
  }
  for (const char* name : {"a/version", "a/byteorder", "a/.data/serialization_id"}) {
    files.push_back({std::string("large ") + name, bent([&](RawZip& z) {
                       z.entries[2].name = name;
                       z.entries[2].data.assign(1025, '3');
                     }),
                     "1 KiB"});
  }
  return files;
}

std::vector<HostileFile> hostile_zip_ends() {
  const std::string valid = zip_bytes(valid_zip());
  const std::string end = valid.substr(valid.find("PK\5\6"));
  return {
      {"a comment", bent([](RawZip& z) { z.comment = "hello"; }), "end record"},
      {"a comment of 65535 bytes", bent([](RawZip& z) { z.comment.assign(65535, 'c'); }),
       "end record"},
      {"an end record as comment", bent([&](RawZip& z) { z.comment = end; }),
       "directory does not end"},
      {"a comment that is announced only", valid.substr(0, valid.size() - 2) + le(1, 2), "comment"},
      {"trailing byte", valid + "x", "end record"},
      {"trailing NUL", valid + "\0"s, "end record"},
      {"trailing script", valid + "\n#!/bin/sh\nid\n", "end record"},
      {"a second end record", valid + end, "directory does not end"},
      {"a second zip behind", valid + valid, "directory does not end"},
      {"a second zip in front", bent([&](RawZip& z) { z.entries[0].gap = valid; }), "overlap"},
      {"bytes before the directory", bent([](RawZip& z) { z.before_directory = "x"; }), "between"},
      {"bytes after the directory", bent([](RawZip& z) { z.after_directory = "x"; }),
       "directory does not end"},
      {"bytes in the directory", bent([](RawZip& z) {
         z.after_directory = "x";
         z.directory_size = static_cast<uint32_t>(zip_bytes(valid_zip()).find("PK\5\6") -
                                                  zip_bytes(valid_zip()).find("PK\1\2") + 1);
       }),
       "more than its records"},
      {"directory offset too large", bent([](RawZip& z) { z.directory_offset = 0xFFFFFF00; }),
       "directory"},
      {"directory offset zero", bent([](RawZip& z) { z.directory_offset = 0; }), "directory"},
      {"directory size one", bent([](RawZip& z) { z.directory_size = 1; }), "directory"},
      {"directory size of 4 GiB", bent([](RawZip& z) { z.directory_size = 0xFFFFFFFF; }),
       "directory"},
      {"count too large", bent([](RawZip& z) { z.count = 4; }), "directory record"},
      {"count of 65535", bent([](RawZip& z) { z.count = 0xFFFF; }), "directory record"},
      {"count too small", bent([](RawZip& z) { z.count = 2; }), "directory"},
      {"count zero", bent([](RawZip& z) { z.count = 0; }), "directory"},
      {"other counts here and in all", bent([](RawZip& z) { z.count_here = 2; }), "disks"},
      {"another disk", bent([](RawZip& z) { z.disk = 1; }), "disks"},
      {"no entries", bent([](RawZip& z) { z.entries.clear(); }), "empty zip"},
      {"no entries behind a local header", bent([](RawZip& z) {
         for (RawEntry& entry : z.entries) entry.is_hidden = true;
       }),
       "between"},
      {"a program in front", "MZ" + valid, "not a model file"},
      {"a script in front", "#!/bin/sh\nexit\n" + valid, "not a model file"},
      {"a local header in front", bent([](RawZip& z) { z.entries[0].gap = "PK\3\4xxxx"; }),
       "overlap"},
      {"zip64 offset", bent64([](RawZip& z) { z.zip64_directory_offset = UINT64_MAX; }),
       "disagree"},
      {"zip64 offset that wraps", bent64([](RawZip& z) {
         z.directory_offset = 0xFFFFFFFF;
         z.zip64_directory_offset = UINT64_MAX - 3;
       }),
       "directory does not end"},
      {"zip64 size", bent64([](RawZip& z) { z.zip64_directory_size = 1; }), "disagree"},
      {"zip64 size that wraps", bent64([](RawZip& z) {
         z.directory_size = 0xFFFFFFFF;
         z.zip64_directory_size = UINT64_MAX;
       }),
       "directory does not end"},
      {"zip64 count", bent64([](RawZip& z) { z.zip64_count = 2; }), "disagree"},
      {"zip64 count of 2^40", bent64([](RawZip& z) {
         z.count = 0xFFFF;
         z.zip64_count = uint64_t{1} << 40;
       }),
       "200000"},
      {"zip64 count of 200001", bent64([](RawZip& z) {
         z.count = 0xFFFF;
         z.zip64_count = 200'001;
       }),
       "200000"},
      {"other zip64 counts here and in all", bent64([](RawZip& z) { z.zip64_count_here = 2; }),
       "disks"},
      {"zip64 on another disk", bent64([](RawZip& z) { z.zip64_disk = 1; }), "disks"},
      {"zip64 on two disks", bent64([](RawZip& z) { z.zip64_disks = 2; }), "disks"},
      {"zip64 record of another length", bent64([](RawZip& z) { z.zip64_record_bytes = 45; }),
       "zip64 end record is broken"},
      {"zip64 record without signature", bent64([](RawZip& z) { z.zip64_signature = 0x06064b51; }),
       "zip64 end record is broken"},
      {"zip64 end elsewhere", bent64([](RawZip& z) { z.zip64_end_offset = 3; }),
       "not right before its locator"},
      {"zip64 end beyond the file", bent64([](RawZip& z) { z.zip64_end_offset = 1 << 20; }),
       "not right before its locator"},
      {"zip64 end that wraps", bent64([](RawZip& z) { z.zip64_end_offset = UINT64_MAX - 20; }),
       "not right before its locator"},
      {"a zip64 locator alone", bent([](RawZip& z) {
         z.after_directory = le(0x07064b50, 4) + le(0, 4) + le(0, 8) + le(1, 4);
       }),
       "not right before its locator"},
  };
}

// Cut before, inside and behind each header, name, body, descriptor and record.
std::vector<HostileFile> hostile_zip_truncations() {
  std::vector<HostileFile> files;
  for (const bool has_zip64_end : {false, true}) {
    RawZip zip = valid_zip();
    zip.has_zip64_end = has_zip64_end;
    const std::string whole = zip_bytes(zip);
    std::set<size_t> borders = {1, 3};
    for (size_t at = whole.find("PK"); at != std::string::npos; at = whole.find("PK", at + 1)) {
      for (const size_t inside : {0, 2, 4, 12, 16, 20, 26, 30, 40, 46}) {
        borders.insert(at + inside);
      }
    }
    for (const size_t border : borders) {
      if (border >= whole.size()) continue;
      files.push_back({"cut at " + std::to_string(border) + " of " + std::to_string(whole.size()),
                       whole.substr(0, border), ""});
    }
  }
  return files;
}

}  // namespace greylag::test
