// SPDX-License-Identifier: Apache-2.0
// Order of the checks: end records, then all directory records, then per entry its local header,
// data and descriptor, which must begin where the entry before ended and end where the next begins.
#include "core/checkpoint/zip_directory.h"

#include <fmt/format.h>
#include <zlib.h>

#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/zip_format.h"

namespace greylag {

namespace {

using Bytes = std::span<const std::byte>;

constexpr uint64_t kMostEntries = 200'000;
constexpr size_t kLongestName = 512;

struct End {
  uint64_t directory_offset = 0;
  uint64_t directory_size = 0;
  uint64_t entries = 0;
};

// One record of the central directory, or one local header.
struct Record {
  uint16_t flags = 0;
  uint16_t method = 0;
  uint32_t crc32 = 0;
  uint64_t compressed = 0;
  uint64_t size = 0;
  uint64_t offset = 0;  // of the local header
  std::string_view name;
  bool has_zip64 = false;
};

Error bad_zip(std::string_view rule) { return bad_file(fmt::format("zip: {}", rule)); }

Error bad_entry(std::string_view name, std::string_view rule) {
  return bad_file(fmt::format("zip entry {}: {}", printable(name), rule));
}

// The zip64 end record and its locator stand right before the end record when they exist.
Result<End> read_zip64_end(Bytes file, const End& small, uint64_t locator_offset) {
  ByteCursor locator(file, locator_offset + 4);
  const uint32_t disk = locator.u32();
  const uint64_t offset = locator.u64();
  const uint32_t disks = locator.u32();
  if (disk != 0 || disks > 1) return bad_zip("parts on several disks are not allowed");
  if (!(CheckedSize(offset) + zip::kZip64EndBytes).equals(locator_offset)) {
    return bad_zip("the zip64 end record is not right before its locator");
  }
  ByteCursor end(file, offset);
  if (end.u32() != zip::kZip64EndSignature || end.u64() != zip::kZip64EndBytes - 12) {
    return bad_zip("the zip64 end record is broken");
  }
  end.u32();  // versions
  const uint64_t disk_numbers = end.u64();
  End big;
  const uint64_t entries_here = end.u64();
  big.entries = end.u64();
  big.directory_size = end.u64();
  big.directory_offset = end.u64();
  if (disk_numbers != 0 || entries_here != big.entries) {
    return bad_zip("parts on several disks are not allowed");
  }
  const auto agrees = [](uint64_t narrow, uint64_t wide, uint64_t all_ones) {
    return narrow == wide || narrow == all_ones;
  };
  if (!agrees(small.entries, big.entries, 0xFFFF) ||
      !agrees(small.directory_size, big.directory_size, zip::kInZip64) ||
      !agrees(small.directory_offset, big.directory_offset, zip::kInZip64)) {
    return bad_zip("the two end records disagree");
  }
  if (!(CheckedSize(big.directory_offset) + big.directory_size).equals(offset)) {
    return bad_zip("the directory does not end at the end record");
  }
  return big;
}

Result<End> read_end(Bytes file) {
  if (file.size() < zip::kEndBytes) return bad_zip("the file is too short");
  const uint64_t end_offset = file.size() - zip::kEndBytes;
  ByteCursor cursor(file, end_offset);
  if (cursor.u32() != zip::kEndSignature) {
    return bad_zip("no end record at the end of the file (truncated, or bytes added?)");
  }
  const uint32_t disks = cursor.u32();
  End end;
  const uint16_t entries_here = cursor.u16();
  end.entries = cursor.u16();
  end.directory_size = cursor.u32();
  end.directory_offset = cursor.u32();
  if (disks != 0 || entries_here != end.entries) {
    return bad_zip("parts on several disks are not allowed");
  }
  if (cursor.u16() != 0) return bad_zip("a comment is not allowed");
  if (end_offset >= zip::kZip64LocatorBytes) {
    const uint64_t locator_offset = end_offset - zip::kZip64LocatorBytes;
    if (ByteCursor(file, locator_offset).u32() == zip::kZip64LocatorSignature) {
      return read_zip64_end(file, end, locator_offset);
    }
  }
  if (!(CheckedSize(end.directory_offset) + end.directory_size).equals(end_offset)) {
    return bad_zip("the directory does not end at the end record");
  }
  return end;
}

// Walks the extra fields: only zip64 (once, filled in where the narrow field is all ones) and
// torch's padding. is_local: sizes come in the descriptor, so the zip64 field is only noted.
Status read_extras(Bytes extras, bool is_local, Record& record) {
  ByteCursor cursor(extras);
  while (cursor.remaining() > 0) {
    const uint16_t id = cursor.u16();
    const uint16_t length = cursor.u16();
    ByteCursor field(cursor.take(length));
    if (!cursor.ok()) return bad_entry(record.name, "an extra field runs past its header");
    if (id == zip::kPaddingExtra) continue;
    if (id != zip::kZip64Extra) {
      return bad_entry(record.name, fmt::format("extra field {:#06x} is not allowed", id));
    }
    if (record.has_zip64) return bad_entry(record.name, "two zip64 fields");
    record.has_zip64 = true;
    if (is_local) continue;
    if (record.size == zip::kInZip64) record.size = field.u64();
    if (record.compressed == zip::kInZip64) record.compressed = field.u64();
    if (record.offset == zip::kInZip64) record.offset = field.u64();
    if (!field.ok() || field.remaining() > 0) {
      return bad_entry(record.name, "the zip64 field has the wrong length");
    }
  }
  return {};
}

Status check_flags(const Record& record) {
  if ((record.flags & ~(zip::kDescriptorFlag | zip::kUtf8Flag)) != 0) {
    return bad_entry(
        record.name,
        fmt::format("flags {:#06x} are not allowed (encrypted, patched or masked)", record.flags));
  }
  if (record.method != 0) {
    return bad_entry(record.name, fmt::format("compression method {} is not allowed; a checkpoint "
                                              "holds stored entries only",
                                              record.method));
  }
  return {};
}

Result<Record> read_central(ByteCursor& cursor) {
  Record record;
  if (cursor.u32() != zip::kCentralSignature) return bad_zip("a directory record is broken");
  cursor.u32();  // versions
  record.flags = cursor.u16();
  record.method = cursor.u16();
  cursor.u32();  // time, date
  record.crc32 = cursor.u32();
  record.compressed = cursor.u32();
  record.size = cursor.u32();
  const uint16_t name_length = cursor.u16();
  const uint16_t extra_length = cursor.u16();
  const uint16_t comment_length = cursor.u16();
  const uint16_t disk = cursor.u16();
  cursor.take(6);  // attributes
  record.offset = cursor.u32();
  record.name = cursor.take_text(name_length);
  const Bytes extras = cursor.take(extra_length);
  if (!cursor.ok()) return bad_zip("a directory record runs past the directory");
  if (disk != 0) return bad_entry(record.name, "parts on several disks are not allowed");
  if (comment_length != 0) return bad_entry(record.name, "a comment is not allowed");
  if (const Status status = read_extras(extras, false, record); !status) return status.error();
  if (const Status status = check_flags(record); !status) return status.error();
  if (record.compressed != record.size) {
    return bad_entry(record.name, "stored size and size differ");
  }
  return record;
}

// The local header, data and descriptor at record.offset. Returns where they end.
Result<uint64_t> check_local(Bytes file, const Record& record, uint64_t limit, FileRegion& entry) {
  ByteCursor cursor(file.first(static_cast<size_t>(limit)), static_cast<size_t>(record.offset));
  Record local;
  const uint32_t signature = cursor.u32();
  cursor.u16();  // version
  local.flags = cursor.u16();
  local.method = cursor.u16();
  cursor.u32();  // time, date
  local.crc32 = cursor.u32();
  local.compressed = cursor.u32();
  local.size = cursor.u32();
  const uint16_t name_length = cursor.u16();
  const uint16_t extra_length = cursor.u16();
  local.name = cursor.take_text(name_length);
  const Bytes extras = cursor.take(extra_length);
  if (!cursor.ok() || signature != zip::kLocalSignature) {
    return bad_entry(record.name, "its local header is broken");
  }
  if (local.name != record.name || local.method != record.method || local.flags != record.flags) {
    return bad_entry(record.name, "local header and directory disagree");
  }
  const bool is_described = (record.flags & zip::kDescriptorFlag) != 0;
  if (const Status status = read_extras(extras, is_described, local); !status) {
    return status.error();
  }
  const auto is_left_open = [](uint64_t n) { return n == 0 || n == zip::kInZip64; };
  const bool agrees =
      is_described ? local.crc32 == 0 && is_left_open(local.size) && is_left_open(local.compressed)
                   : local.crc32 == record.crc32 && local.size == record.size &&
                         local.compressed == record.compressed;
  if (!agrees) return bad_entry(record.name, "sizes in local header and directory disagree");
  entry.offset = cursor.position();
  cursor.take(record.size);
  if (!cursor.ok()) return bad_entry(record.name, "its data runs past the next part of the file");
  if (is_described) {
    const bool has_signature = cursor.u32() == zip::kDescriptorSignature;
    const uint32_t crc32 = cursor.u32();
    const uint64_t compressed = local.has_zip64 ? cursor.u64() : cursor.u32();
    const uint64_t size = local.has_zip64 ? cursor.u64() : cursor.u32();
    if (!cursor.ok() || !has_signature || crc32 != record.crc32 || size != record.size ||
        compressed != record.size) {
      return bad_entry(record.name, "its data descriptor and the directory disagree");
    }
  }
  return cursor.position();
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_allowed_name(std::string_view name) {
  for (const std::string_view allowed : {"data.pkl", "version", "byteorder", ".format_version",
                                         ".storage_alignment", ".data/serialization_id"}) {
    if (name == allowed) return true;
  }
  return name.starts_with("data/") && is_digits(name.substr(5));
}

// Splits "folder/data.pkl"; all entries share one folder.
Result<std::string> name_below_folder(std::string_view full, std::string_view& folder) {
  const size_t slash = full.find('/');
  if (full.size() > kLongestName || slash == std::string_view::npos || !is_valid_utf8(full)) {
    return bad_entry(full, "the name is not allowed");
  }
  const std::string_view top = full.substr(0, slash);
  const std::string_view rest = full.substr(slash + 1);
  if (top.empty() || top == "." || top == ".." ||
      top.find_first_of(std::string_view("\\:\0", 3)) != std::string_view::npos) {
    return bad_entry(full, "the name is not allowed");
  }
  if (folder.empty()) folder = top;
  if (top != folder) return bad_entry(full, "entries are in several top folders");
  if (rest == "constants.pkl" || rest.starts_with("code/") || rest.starts_with("constants/")) {
    return bad_entry(full, "this is a TorchScript archive with code, not a checkpoint");
  }
  if (!is_allowed_name(rest)) return bad_entry(full, "the name is not allowed in a checkpoint");
  return std::string(rest);
}

}  // namespace

Result<ZipDirectory> ZipDirectory::parse(Bytes file) {
  const Result<End> end = read_end(file);
  if (!end) return end.error();
  if (end->entries > kMostEntries) return bad_zip("more than 200000 entries");
  const Bytes records = file.subspan(static_cast<size_t>(end->directory_offset),
                                     static_cast<size_t>(end->directory_size));
  ByteCursor cursor(records);
  ZipDirectory directory;
  std::string_view folder;
  uint64_t expected_offset = 0;
  for (uint64_t i = 0; i < end->entries; ++i) {
    const Result<Record> record = read_central(cursor);
    if (!record) return record.error();
    Result<std::string> name = name_below_folder(record->name, folder);
    if (!name) return name.error();
    if (record->offset != expected_offset) {
      return bad_entry(record->name,
                       "entries overlap, are out of order or have bytes between them");
    }
    FileRegion entry{
        .name = *name, .offset = 0, .size_bytes = record->size, .crc32 = record->crc32};
    const Result<uint64_t> next = check_local(file, *record, end->directory_offset, entry);
    if (!next) return next.error();
    expected_offset = *next;
    if (!directory.index_.emplace(entry.name, static_cast<int64_t>(i)).second) {
      return bad_entry(record->name, "the name occurs twice");
    }
    directory.entries_.push_back(std::move(entry));
  }
  if (cursor.remaining() != 0) return bad_zip("the directory holds more than its records");
  if (expected_offset != end->directory_offset) {
    return bad_zip("there are bytes between the last entry and the directory");
  }
  return directory;
}

int64_t ZipDirectory::index_of(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? -1 : found->second;
}

}  // namespace greylag
