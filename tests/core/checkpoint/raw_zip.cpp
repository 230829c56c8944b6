// SPDX-License-Identifier: Apache-2.0
// Written from the zip format, apart from core/checkpoint's own writer.
#include "tests/core/checkpoint/raw_zip.h"

#include <zlib.h>

#include <cstring>

namespace greylag::test {

namespace {

uint32_t crc_of(std::string_view data) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(data.data()), data.size()));
}

std::string local_header(const RawEntry& e) {
  const bool is_described = (e.flags & 8) != 0;
  const auto size = static_cast<uint32_t>(e.data.size());
  const std::string name = e.local_name.value_or(e.name);
  const uint32_t local_size = e.local_size.value_or(is_described ? 0 : size);
  return le(e.local_signature, 4) + le(0, 2) + le(e.local_flags.value_or(e.flags), 2) +
         le(e.local_method.value_or(e.method), 2) + le(0, 4) +
         le(e.local_crc32.value_or(is_described ? 0 : e.crc32.value_or(crc_of(e.data))), 4) +
         le(e.local_compressed.value_or(local_size), 4) + le(local_size, 4) + le(name.size(), 2) +
         le(e.local_extra.size(), 2) + name + e.local_extra;
}

std::string descriptor(const RawEntry& e) {
  if ((e.flags & 8) == 0 || !e.has_descriptor) return {};
  const uint64_t size = e.descriptor_size.value_or(static_cast<uint32_t>(e.data.size()));
  const uint32_t crc = e.descriptor_crc32.value_or(e.crc32.value_or(crc_of(e.data)));
  return le(e.descriptor_signature, 4) + le(crc, 4) +
         le(e.descriptor_compressed.value_or(static_cast<uint32_t>(size)), 4) + le(size, 4);
}

std::string central_record(const RawEntry& e, uint64_t offset) {
  const auto size = static_cast<uint32_t>(e.data.size());
  const uint32_t central_size = e.central_size.value_or(size);
  return le(e.central_signature, 4) + le(0, 4) + le(e.flags, 2) + le(e.method, 2) + le(0, 4) +
         le(e.crc32.value_or(crc_of(e.data)), 4) + le(e.compressed_size.value_or(central_size), 4) +
         le(central_size, 4) + le(e.name.size(), 2) + le(e.central_extra.size(), 2) +
         le(e.comment.size(), 2) + le(e.disk, 2) + le(0, 6) +
         le(e.offset.value_or(static_cast<uint32_t>(offset)), 4) + e.name + e.central_extra +
         e.comment;
}

}  // namespace

std::string le(uint64_t value, int width) {
  std::string bytes;
  for (int i = 0; i < width; ++i) {
    bytes += i < 8 ? static_cast<char>(value >> (8 * i) & 0xFF) : '\0';
  }
  return bytes;
}

std::string zip_bytes(const RawZip& zip) {
  std::string out, directory;
  std::vector<std::string> records;
  size_t hidden = 0;
  for (const RawEntry& entry : zip.entries) {
    out += entry.gap;
    const uint64_t offset = out.size();
    if (!entry.is_ghost) out += local_header(entry) + entry.data + descriptor(entry);
    records.push_back(entry.is_hidden ? std::string() : central_record(entry, offset));
    hidden += entry.is_hidden ? 1 : 0;
  }
  for (size_t i = 0; i < records.size(); ++i) {
    directory += records[zip.directory_order.empty() ? i : zip.directory_order[i]];
  }
  out += zip.before_directory;
  const uint64_t directory_offset = out.size();
  out += directory + zip.after_directory;
  const uint64_t end_offset = out.size();
  const uint64_t count = zip.count.value_or(static_cast<uint16_t>(zip.entries.size() - hidden));
  if (zip.has_zip64_end) {
    const uint64_t wide_count = zip.zip64_count.value_or(count);
    out += le(zip.zip64_signature, 4) + le(zip.zip64_record_bytes, 8) + le(0, 4) +
           le(zip.zip64_disk, 4) + le(zip.zip64_disk, 4) +
           le(zip.zip64_count_here.value_or(wide_count), 8) + le(wide_count, 8) +
           le(zip.zip64_directory_size.value_or(directory.size()), 8) +
           le(zip.zip64_directory_offset.value_or(directory_offset), 8);
    out += le(0x07064b50, 4) + le(zip.zip64_disk, 4) +
           le(zip.zip64_end_offset.value_or(end_offset), 8) + le(zip.zip64_disks, 4);
  }
  out += le(0x06054b50, 4) + le(zip.disk, 2) + le(zip.disk, 2) +
         le(zip.count_here.value_or(static_cast<uint16_t>(count)), 2) + le(count, 2) +
         le(zip.directory_size.value_or(static_cast<uint32_t>(directory.size())), 4) +
         le(zip.directory_offset.value_or(static_cast<uint32_t>(directory_offset)), 4) +
         le(zip.comment.size(), 2) + zip.comment;
  return out + zip.trailer;
}

RawZip valid_zip() {
  const float values[] = {1, 2, 3, 4};
  std::string data(16, '\0');
  std::memcpy(data.data(), values, 16);
  RawZip zip;
  zip.entries.resize(3);
  zip.entries[0].data = pickle_of(text("w") + tensor());
  zip.entries[1].name = "a/data/0";
  zip.entries[1].data = data;
  zip.entries[2].name = "a/version";
  zip.entries[2].data = "3\n";
  return zip;
}

std::string pth_with(std::string_view pickle) {
  RawZip zip = valid_zip();
  zip.entries[0].data = pickle;
  return zip_bytes(zip);
}

std::string text(std::string_view value) { return "X" + le(value.size(), 4) + std::string(value); }

std::string integer(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  if (value >= INT32_MIN && value <= INT32_MAX) return "J" + le(bits, 4);
  return "\x8a\x08" + le(bits, 8);
}

std::string tuple(std::string_view items) { return "(" + std::string(items) + "t"; }

std::string tensor(const RawTensor& raw) {
  const std::string id = tuple(raw.storage + raw.type + raw.key + raw.device + raw.elements) + "Q";
  return "ctorch._utils\n_rebuild_tensor_v2\n" +
         tuple(id + raw.offset + raw.size + raw.stride + raw.flag + raw.hooks + raw.more) + "R";
}

std::string pickle_of(std::string_view items) { return "\x80\x02}(" + std::string(items) + "u."; }

}  // namespace greylag::test
