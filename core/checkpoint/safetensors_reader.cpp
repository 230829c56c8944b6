// SPDX-License-Identifier: Apache-2.0
// A .safetensors: 8 bytes of header length, the JSON header, then the tensors without holes up to
// the end of the file. The format has no checksums; verify() has nothing to compare.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checked_size.h"
#include "core/checkpoint/file_text.h"
#include "core/checkpoint/formats.h"
#include "core/checkpoint/safetensors_header.h"

namespace greylag {

namespace {

constexpr uint64_t kMostHeaderBytes = 100'000'000;

class SafetensorsReader final : public CheckpointReader {
 public:
  SafetensorsReader(MappedFile file, uint64_t data_offset, SafetensorsHeader header)
      : file_(std::move(file)), data_offset_(data_offset), header_(std::move(header)) {}

  Status check_entries();
  std::string_view format() const override { return "safetensors"; }
  std::span<const TensorInfo> tensors() const override { return infos_; }
  const std::map<std::string, std::string>& metadata() const override { return header_.metadata; }
  Status read(const TensorInfo& info, std::span<std::byte> out) override;
  Status verify() override { return {}; }

 private:
  MappedFile file_;
  uint64_t data_offset_;
  SafetensorsHeader header_;
  std::vector<TensorInfo> infos_;
  std::unordered_map<std::string, uint64_t> begins_;  // by name, bytes into the data
};

// In data order: no holes, no overlap, no trailing bytes; names unique without their prefixes.
Status SafetensorsReader::check_entries() {
  std::ranges::stable_sort(header_.entries, [](const auto& a, const auto& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t expected = 0;
  for (SafetensorsEntry& entry : header_.entries) {
    const std::string shown = printable(entry.info.name);
    if (entry.begin != expected) {
      return bad_file(fmt::format("{}: its data overlaps another or leaves a hole", shown));
    }
    expected = entry.end;
    entry.info.name = std::string(strip_name_prefix(entry.info.name));
    if (entry.info.name.empty()) return bad_file("a name is only a prefix");
    if (!begins_.emplace(entry.info.name, entry.begin).second) {
      return bad_file(fmt::format("{}: the name occurs twice", shown));
    }
    infos_.push_back(entry.info);
  }
  if (!(CheckedSize(data_offset_) + expected).equals(file_.bytes().size())) {
    return bad_file("the data does not end where the file ends (truncated, or bytes added?)");
  }
  header_.entries.clear();
  return {};
}

Status SafetensorsReader::read(const TensorInfo& info, std::span<std::byte> out) {
  const auto found = begins_.find(info.name);
  if (found == begins_.end()) {
    return Error{ErrorCode::NotFound, fmt::format("there is no tensor {}", printable(info.name))};
  }
  const CheckedSize end = CheckedSize(found->second) + out.size();
  if (out.size() != info.size_bytes || !(end + data_offset_).at_most(file_.bytes().size())) {
    return Error{ErrorCode::InvalidArgument, "the buffer has not the tensor's size"};
  }
  if (out.empty()) return {};
  std::memcpy(out.data(), file_.bytes().data() + data_offset_ + found->second, out.size());
  return {};
}

}  // namespace

Result<std::unique_ptr<CheckpointReader>> open_safetensors(MappedFile file) {
  ByteCursor cursor(file.bytes());
  const uint64_t header_bytes = cursor.u64();
  if (!cursor.ok() || header_bytes > kMostHeaderBytes || header_bytes > cursor.remaining()) {
    return bad_file("header: its length is beyond the file or 100 MB");
  }
  Result<SafetensorsHeader> header = parse_safetensors_header(cursor.take_text(header_bytes));
  if (!header) return header.error();
  auto reader =
      std::make_unique<SafetensorsReader>(std::move(file), cursor.position(), std::move(*header));
  if (const Status status = reader->check_entries(); !status) return status.error();
  return std::unique_ptr<CheckpointReader>(std::move(reader));
}

}  // namespace greylag
