// SPDX-License-Identifier: Apache-2.0
// What a zip entry can do that torch.save never does: compression, encryption, headers that say one
// thing and directories that say another, data in more than one place.
#include <functional>

#include "tests/core/checkpoint/raw_zip.h"
#include "tests/hostile/hostile_files.h"

namespace greylag::test {
namespace {

std::string bent(const std::function<void(RawZip&)>& bend) {
  RawZip zip = valid_zip();
  bend(zip);
  return zip_bytes(zip);
}

// Bends the entry data/0.
std::string bent_entry(const std::function<void(RawEntry&)>& bend) {
  return bent([&](RawZip& zip) { bend(zip.entries[1]); });
}

// The same for a zip whose sizes stand in the local headers.
std::string bent_plain(const std::function<void(RawEntry&)>& bend) {
  return bent([&](RawZip& zip) {
    for (RawEntry& entry : zip.entries) entry.flags = 0;
    bend(zip.entries[1]);
  });
}

std::string extra(uint64_t id, const std::string& field) {
  return le(id, 2) + le(field.size(), 2) + field;
}

void add_methods_and_flags(std::vector<HostileFile>& files) {
  struct Method {
    uint16_t number;
    const char* name;
  };
  for (const Method& method : {Method{1, "shrink"},
                               {6, "implode"},
                               {8, "deflate"},
                               {9, "deflate64"},
                               {12, "bzip2"},
                               {14, "LZMA"},
                               {20, "old zstd"},
                               {93, "zstd"},
                               {95, "xz"},
                               {99, "AES"},
                               {65535, "65535"}}) {
    files.push_back({std::string("method ") + method.name,
                     bent_entry([&](RawEntry& e) { e.method = method.number; }),
                     "compression method " + std::to_string(method.number)});
  }
  files.push_back({"deflate in the local header only",
                   bent_entry([](RawEntry& e) { e.local_method = 8; }), "disagree"});
  files.push_back({"deflate in the directory only", bent_entry([](RawEntry& e) {
                     e.method = 8;
                     e.local_method = 0;
                   }),
                   "compression method 8"});
  files.push_back({"deflated data.pkl", bent([](RawZip& z) { z.entries[0].method = 8; }),
                   "compression method 8"});
  for (int bit = 0; bit < 16; ++bit) {
    if (bit == 3 || bit == 11) continue;
    const auto flag = static_cast<uint16_t>(1 << bit);
    const std::string what = "flag bit " + std::to_string(bit);
    files.push_back({what, bent_entry([&](RawEntry& e) { e.flags |= flag; }), "are not allowed"});
    if (bit > 6 && bit != 13) continue;  // encryption, compression, patches, masked headers
    files.push_back({what + " in the local header only",
                     bent_entry([&](RawEntry& e) { e.local_flags = e.flags | flag; }), "disagree"});
  }
  files.push_back({"a local header that leaves nothing open",
                   bent_entry([](RawEntry& e) { e.local_flags = 0x0800; }), "disagree"});
  files.push_back({"a directory that leaves nothing open",
                   bent_plain([](RawEntry& e) { e.local_flags = 0x0008; }), "disagree"});
}

std::vector<HostileFile> mismatches() {
  return {
      {"another local name", bent_entry([](RawEntry& e) { e.local_name = "a/data/1"; }),
       "disagree"},
      {"a longer local name", bent_entry([](RawEntry& e) { e.local_name = "a/data/01"; }),
       "disagree"},
      {"an empty local name", bent_entry([](RawEntry& e) { e.local_name = ""; }), "disagree"},
      {"a local name that runs off",
       bent_entry([](RawEntry& e) { e.local_name = "a/../../../etc/cron.d/x"; }), "disagree"},
      {"another local name of data.pkl",
       bent([](RawZip& z) { z.entries[0].local_name = "a/data.pk1"; }), "disagree"},
      {"stored size differs", bent_entry([](RawEntry& e) { e.compressed_size = 15; }),
       "size and size"},
      {"a bomb's size", bent_entry([](RawEntry& e) { e.compressed_size = 0xFFFFFFF0; }),
       "size and size"},
      {"size too large", bent_entry([](RawEntry& e) { e.central_size = 4000; }), "past"},
      {"size of 4 GiB less 16", bent_entry([](RawEntry& e) { e.central_size = 0xFFFFFFF0; }),
       "past"},
      {"size too small", bent_entry([](RawEntry& e) { e.central_size = 8; }), "disagree"},
      {"size zero", bent_entry([](RawEntry& e) { e.central_size = 0; }), "disagree"},
      {"zip64 size without its field", bent_entry([](RawEntry& e) { e.central_size = 0xFFFFFFFF; }),
       "past"},
      {"zip64 size of 2^63", bent_entry([](RawEntry& e) {
         e.central_size = 0xFFFFFFFF;
         e.central_extra = extra(1, le(uint64_t{1} << 63, 8) + le(uint64_t{1} << 63, 8));
       }),
       "past"},
      {"zip64 size of 2^64 - 1", bent_entry([](RawEntry& e) {
         e.central_size = 0xFFFFFFFF;
         e.central_extra = extra(1, le(UINT64_MAX, 8) + le(UINT64_MAX, 8));
       }),
       "past"},
      {"zip64 sizes that differ", bent_entry([](RawEntry& e) {
         e.central_size = 0xFFFFFFFF;
         e.central_extra = extra(1, le(16, 8) + le(17, 8));
       }),
       "size and size"},
      {"zip64 offset of another entry", bent_entry([](RawEntry& e) {
         e.offset = 0xFFFFFFFF;
         e.central_extra = extra(1, le(0, 8));
       }),
       "overlap"},
      {"local size not left open", bent_entry([](RawEntry& e) { e.local_size = 16; }), "disagree"},
      {"local stored size not left open", bent_entry([](RawEntry& e) { e.local_compressed = 16; }),
       "disagree"},
      {"local CRC not left open", bent_entry([](RawEntry& e) { e.local_crc32 = 1; }), "disagree"},
      {"plain entry with another local size", bent_plain([](RawEntry& e) { e.local_size = 15; }),
       "disagree"},
      {"plain entry with another stored size",
       bent_plain([](RawEntry& e) { e.local_compressed = 15; }), "disagree"},
      {"plain entry with another local CRC", bent_plain([](RawEntry& e) { e.local_crc32 = 1; }),
       "disagree"},
      {"plain entry that leaves its size open", bent_plain([](RawEntry& e) { e.local_size = 0; }),
       "disagree"},
      {"descriptor with another size", bent_entry([](RawEntry& e) { e.descriptor_size = 15; }),
       "descriptor"},
      {"descriptor with another size only", bent_entry([](RawEntry& e) {
         e.descriptor_size = 15;
         e.descriptor_compressed = 16;
       }),
       "descriptor"},
      {"descriptor with another stored size",
       bent_entry([](RawEntry& e) { e.descriptor_compressed = 15; }), "descriptor"},
      {"descriptor with another CRC", bent_entry([](RawEntry& e) { e.descriptor_crc32 = 1; }),
       "descriptor"},
      {"descriptor without signature",
       bent_entry([](RawEntry& e) { e.descriptor_signature = 0x08074b51; }), "descriptor"},
      {"no descriptor", bent_entry([](RawEntry& e) { e.has_descriptor = false; }), "descriptor"},
      {"no descriptor of the last entry",
       bent([](RawZip& z) { z.entries[2].has_descriptor = false; }), "descriptor"},
      {"descriptor narrower than its zip64 field",
       bent_entry([](RawEntry& e) { e.local_extra = extra(1, le(0, 8) + le(0, 8)); }),
       "descriptor"},
      {"wrong CRC", bent_entry([](RawEntry& e) { e.crc32 = 1; }), "damaged"},
      {"CRC switched off", bent_entry([](RawEntry& e) { e.crc32 = 0; }), "re-save"},
      {"wrong CRC of data.pkl", bent([](RawZip& z) { z.entries[0].crc32 = 1; }), "damaged"},
      {"CRC of data.pkl switched off", bent([](RawZip& z) { z.entries[0].crc32 = 0; }), "re-save"},
      {"wrong CRC of version", bent([](RawZip& z) { z.entries[2].crc32 = 1; }), "damaged"},
      {"one changed bit of the data", bent_entry([](RawEntry& e) {
         e.crc32 = 0xd3e3c0e6;  // not that of the data
         e.data[5] = static_cast<char>(e.data[5] ^ 1);
       }),
       "damaged"},
  };
}

std::vector<HostileFile> fields() {
  const std::string padding = extra(0x4246, "ZZZZ");
  return {
      {"a comment", bent_entry([](RawEntry& e) { e.comment = "hi"; }), "comment"},
      {"another disk", bent_entry([](RawEntry& e) { e.disk = 1; }), "disk"},
      {"no local signature", bent_entry([](RawEntry& e) { e.local_signature = 0x04034b51; }),
       "local header"},
      {"no directory signature", bent_entry([](RawEntry& e) { e.central_signature = 0x02014b51; }),
       "directory record"},
      {"a Unicode path field",
       bent_entry([](RawEntry& e) { e.central_extra = extra(0x7075, "\1    a/data/1"); }),
       "extra field 0x7075"},
      {"a time field", bent_entry([](RawEntry& e) { e.local_extra = extra(0x5455, ""); }),
       "extra field 0x5455"},
      {"an AES field", bent_entry([](RawEntry& e) { e.central_extra = extra(0x9901, "\2 AE"); }),
       "extra field 0x9901"},
      {"a Unix owner field", bent_entry([](RawEntry& e) { e.local_extra = extra(0x7875, "\1"); }),
       "extra field 0x7875"},
      {"an unknown field behind padding",
       bent_entry([&](RawEntry& e) { e.local_extra = padding + extra(0xCAFE, ""); }),
       "extra field 0xcafe"},
      {"extra past its header",
       bent_entry([](RawEntry& e) { e.central_extra = le(0x4246, 2) + le(9, 2); }), "extra field"},
      {"local extra past its header",
       bent_entry([](RawEntry& e) { e.local_extra = le(0x4246, 2) + le(0xFFFF, 2); }),
       "extra field"},
      {"half an extra field", bent_entry([](RawEntry& e) { e.local_extra = "FB\1"; }),
       "extra field"},
      {"needless zip64", bent_entry([](RawEntry& e) { e.central_extra = extra(1, le(16, 8)); }),
       "zip64"},
      {"needless zip64 in the local header",
       bent_plain([](RawEntry& e) { e.local_extra = extra(1, le(16, 8) + le(16, 8)); }), "zip64"},
      {"zip64 too short", bent_entry([](RawEntry& e) {
         e.central_size = 0xFFFFFFFF;
         e.central_extra = extra(1, le(16, 4));
       }),
       "zip64"},
      {"zip64 too long", bent_entry([](RawEntry& e) {
         e.central_size = 0xFFFFFFFF;
         e.central_extra = extra(1, le(16, 8) + le(16, 8) + le(0, 8));
       }),
       "zip64"},
      {"two zip64 fields",
       bent_entry([](RawEntry& e) { e.central_extra = extra(1, "") + extra(1, ""); }), "zip64"},
      {"two local zip64 fields",
       bent_entry([](RawEntry& e) { e.local_extra = extra(1, "") + extra(1, ""); }), "zip64"},
  };
}

std::vector<HostileFile> places() {
  // A whole entry inside the data of another: the directory names the inner one.
  const auto nested = [](RawZip& zip) {
    RawEntry inner = zip.entries[1];
    RawZip alone;
    alone.entries = {inner};
    const std::string whole = zip_bytes(alone);
    zip.entries[0].name = "a/data/5";
    zip.entries[0].data = whole.substr(0, whole.find("PK\1\2"));
    zip.entries[1].is_ghost = true;
    zip.entries[1].offset = 30 + 8;
  };
  return {
      {"wrong offset", bent_entry([](RawEntry& e) { e.offset = 7; }), "overlap"},
      {"offset beyond the file", bent_entry([](RawEntry& e) { e.offset = 0xFFFFFFF0; }), "overlap"},
      {"offset of another entry", bent_entry([](RawEntry& e) { e.offset = 0; }), "overlap"},
      {"first entry not at the start", bent([](RawZip& z) { z.entries[0].offset = 4; }), "overlap"},
      {"an entry inside another's data", bent(nested), "overlap"},
      {"a directory out of order", bent([](RawZip& z) {
         z.directory_order = {1, 0, 2};
       }),
       "out of order"},
      {"a reversed directory", bent([](RawZip& z) {
         z.directory_order = {2, 1, 0};
       }),
       "out of order"},
      {"bytes between entries", bent_entry([](RawEntry& e) { e.gap = "hidden"; }), "between"},
      {"one byte between entries", bent_entry([](RawEntry& e) { e.gap.assign(1, '\0'); }),
       "between"},
      {"an entry that the directory hides", bent_entry([](RawEntry& e) { e.is_hidden = true; }),
       "between"},
      {"a hidden last entry", bent([](RawZip& z) { z.entries[2].is_hidden = true; }), "between"},
      {"a second data.pkl that the directory hides", bent([](RawZip& z) {
         RawEntry evil = z.entries[0];
         evil.data = pickle_of("cos\nsystem\n");
         evil.is_hidden = true;
         z.entries.insert(z.entries.begin(), evil);
       }),
       "between"},
      {"an entry that is not there", bent([](RawZip& z) { z.entries[2].is_ghost = true; }),
       "local header"},
      {"the same entry twice in the directory", bent([](RawZip& z) {
         z.directory_order = {0, 1, 1};
       }),
       "overlap"},
      {"a name twice", bent_entry([](RawEntry& e) { e.name = "a/data.pkl"; }), "twice"},
      {"a storage twice", bent([](RawZip& z) { z.entries.push_back(z.entries[1]); }), "twice"},
  };
}

}  // namespace

std::vector<HostileFile> hostile_zip_entries() {
  std::vector<HostileFile> files;
  add_methods_and_flags(files);
  for (auto& more : {mismatches(), fields(), places()}) {
    files.insert(files.end(), more.begin(), more.end());
  }
  return files;
}

}  // namespace greylag::test
