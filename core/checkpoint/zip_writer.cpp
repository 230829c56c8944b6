// SPDX-License-Identifier: Apache-2.0
// Fields in the order of the zip format; zip_directory.cpp is the reading side.
#include "core/checkpoint/zip_writer.h"

#include <zlib.h>

#include <algorithm>

#include "core/checkpoint/zip_format.h"

namespace greylag {

namespace {

constexpr uint64_t kAlignment = 64;

// Little-endian fields in a row.
class Fields {
 public:
  Fields& u16(uint64_t value) { return add(value, 2); }
  Fields& u32(uint64_t value) { return add(value, 4); }
  Fields& u64(uint64_t value) { return add(value, 8); }
  Fields& text(std::string_view value) {
    bytes_ += value;
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Fields& add(uint64_t value, int width) {
    for (int i = 0; i < width; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xFF);
    return *this;
  }
  std::string bytes_;
};

// Values that do not fit 32 bits stand in the zip64 extra, in the order size, size, offset.
std::string zip64_extra(uint64_t size_bytes, uint64_t offset) {
  Fields values;
  if (size_bytes >= zip::kInZip64) values.u64(size_bytes).u64(size_bytes);
  if (offset >= zip::kInZip64) values.u64(offset);
  if (values.bytes().empty()) return {};
  return Fields().u16(zip::kZip64Extra).u16(values.bytes().size()).text(values.bytes()).bytes();
}

uint64_t narrow(uint64_t value) { return std::min<uint64_t>(value, zip::kInZip64); }

}  // namespace

Status ZipWriter::add(const std::string& name, std::span<const std::byte> bytes) {
  if (Status status = begin(name, bytes.size()); !status) return status;
  if (Status status = file_.write(bytes); !status) return status;
  return end(static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size())));
}

Status ZipWriter::begin(const std::string& name, uint64_t size_bytes) {
  const Entry& entry =
      entries_.emplace_back(Entry{folder_ + "/" + name, file_.size_bytes(), size_bytes, 0});
  const std::string zip64 = zip64_extra(entry.size_bytes, entry.offset);
  const uint64_t unpadded = entry.offset + zip::kLocalBytes + entry.name.size() + zip64.size() + 4;
  const uint64_t padding = (kAlignment - unpadded % kAlignment) % kAlignment;
  Fields local;
  local.u32(zip::kLocalSignature).u16(0).u16(zip::kDescriptorFlag | zip::kUtf8Flag).u16(0);
  local.u32(0).u32(0).u32(0).u32(0);  // time, CRC, sizes: in the descriptor
  local.u16(entry.name.size()).u16(zip64.size() + 4 + padding).text(entry.name).text(zip64);
  local.u16(zip::kPaddingExtra).u16(padding).text(std::string(padding, 'Z'));
  return file_.write(local.bytes());
}

Status ZipWriter::end(uint32_t crc32) {
  Entry& entry = entries_.back();
  entry.crc32 = crc32;
  Fields descriptor;
  descriptor.u32(zip::kDescriptorSignature).u32(entry.crc32);
  if (zip64_extra(entry.size_bytes, entry.offset).empty()) {
    descriptor.u32(entry.size_bytes).u32(entry.size_bytes);
  } else {
    descriptor.u64(entry.size_bytes).u64(entry.size_bytes);
  }
  return file_.write(descriptor.bytes());
}

Status ZipWriter::finish() {
  const uint64_t directory_offset = file_.size_bytes();
  for (const Entry& entry : entries_) {
    const std::string zip64 = zip64_extra(entry.size_bytes, entry.offset);
    Fields record;
    record.u32(zip::kCentralSignature).u16(0).u16(0);
    record.u16(zip::kDescriptorFlag | zip::kUtf8Flag).u16(0).u32(0).u32(entry.crc32);
    record.u32(narrow(entry.size_bytes)).u32(narrow(entry.size_bytes));
    record.u16(entry.name.size()).u16(zip64.size()).u16(0).u16(0).u16(0).u32(0);
    record.u32(narrow(entry.offset)).text(entry.name).text(zip64);
    if (Status status = file_.write(record.bytes()); !status) return status;
  }
  const uint64_t end_offset = file_.size_bytes();
  const uint64_t directory_size = end_offset - directory_offset;
  const uint64_t count = entries_.size();
  Fields end;
  end.u32(zip::kZip64EndSignature).u64(zip::kZip64EndBytes - 12).u16(0x031E).u16(45);
  end.u32(0).u32(0).u64(count).u64(count).u64(directory_size).u64(directory_offset);
  end.u32(zip::kZip64LocatorSignature).u32(0).u64(end_offset).u32(1);
  const uint64_t narrow_count = std::min<uint64_t>(count, 0xFFFF);
  end.u32(zip::kEndSignature).u16(0).u16(0).u16(narrow_count).u16(narrow_count);
  end.u32(narrow(directory_size)).u32(narrow(directory_offset)).u16(0);
  return file_.write(end.bytes());
}

}  // namespace greylag
