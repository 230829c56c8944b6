// SPDX-License-Identifier: Apache-2.0
// Zips and pickles for tests, with a knob for every field that a hostile file may bend. Left alone,
// the result is a valid .pth with one tensor "w" of four floats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace greylag::test {

// Little-endian bytes.
std::string le(uint64_t value, int width);

struct RawEntry {
  std::string name = "a/data.pkl";
  std::string data;
  uint16_t flags = 0x0808;
  uint16_t method = 0;
  std::optional<uint16_t> local_flags, local_method;
  std::optional<std::string> local_name;
  std::optional<uint32_t> crc32;                                      // in directory and descriptor
  std::optional<uint32_t> central_size, compressed_size;              // in the directory
  std::optional<uint32_t> local_size, local_compressed, local_crc32;  // in the local header
  std::optional<uint32_t> descriptor_size, descriptor_compressed, descriptor_crc32;
  uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50;
  uint32_t descriptor_signature = 0x08074b50;
  std::optional<uint32_t> offset;  // in the directory
  std::string local_extra, central_extra, comment;
  std::string gap;  // bytes in front of the local header
  uint16_t disk = 0;
  bool has_descriptor = true;
  bool is_hidden = false;  // in the file, but not in the directory
  bool is_ghost = false;   // in the directory, but not in the file
};

struct RawZip {
  std::vector<RawEntry> entries;
  std::string comment;  // of the end record
  std::string before_directory, after_directory, trailer;
  std::vector<size_t> directory_order;  // of entries; empty: as they are
  std::optional<uint16_t> count, count_here;
  uint16_t disk = 0;
  std::optional<uint32_t> directory_offset, directory_size;
  bool has_zip64_end = false;
  uint32_t zip64_signature = 0x06064b50, zip64_disk = 0, zip64_disks = 1;
  uint64_t zip64_record_bytes = 44;
  std::optional<uint64_t> zip64_count, zip64_count_here, zip64_directory_size;
  std::optional<uint64_t> zip64_directory_offset, zip64_end_offset;
};

std::string zip_bytes(const RawZip& zip);

// data.pkl, data/0 (16 bytes: 1, 2, 3, 4), version.
RawZip valid_zip();
// The same with another data.pkl.
std::string pth_with(std::string_view pickle);

// Pieces of a pickle.
std::string text(std::string_view value);   // BINUNICODE
std::string integer(int64_t value);         // BININT or LONG1
std::string tuple(std::string_view items);  // MARK items TUPLE
struct RawTensor {
  std::string storage = text("storage");
  std::string type = "ctorch\nFloatStorage\n";
  std::string key = text("0");
  std::string device = text("cpu");
  std::string elements = integer(4);
  std::string offset = integer(0);
  std::string size = tuple("K\x04");
  std::string stride = tuple("K\x01");
  std::string flag = "\x89";
  std::string hooks = "ccollections\nOrderedDict\n)R";
  std::string more = {};  // further arguments
};
std::string tensor(const RawTensor& raw = {});
// PROTO 2, a dict with the given items (keys and values), STOP.
std::string pickle_of(std::string_view items);

}  // namespace greylag::test
